package autotask

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json/jsontext"
)

// What stands for a company or a type that an item does not have (null on the wire). No real id is negative.
const (
	NoCompany int64 = math.MinInt64
	NoType    int64 = math.MinInt64
)

// TypeCustomer is the company type of customers. The id is Autotask's own in every tenant; its label may be edited.
const TypeCustomer int64 = 1

// span is a range of ids: those above after, up to and including upTo.
type span struct{ after, upTo int64 }

// everything is every id there is: ids begin at 0.
var everything = span{after: -1, upTo: math.MaxInt64}

func (s span) String() string {
	if s.upTo == math.MaxInt64 {
		return fmt.Sprintf("%d and above", s.after+1)
	}
	return fmt.Sprintf("%d to %d", s.after+1, s.upTo)
}

// itemRow is all that is kept of an item, until its page has been read whole.
type itemRow struct{ id, company, typ int64 }

// itemPage is one page of items; it is used over and over.
type itemPage struct {
	pageInfo
	rows   []itemRow // shadows the mere number of them
	reader pageReader
}

// ended tells whether the page is the last one of its span.
func (p *itemPage) ended(within span) bool {
	return p.last() || p.rows[len(p.rows)-1].id == within.upTo
}

// The fields that a row must have, each once.
const (
	hasID = 1 << iota
	hasCompany
	hasType
	hasActive
	hasTwice
	hasAll = hasID | hasCompany | hasType | hasActive
)

// read reads a page of active items within a span. The filter is checked on every row: a vendor that ignored it in
// silence would have us count what is retired.
func (p *itemPage) read(body io.Reader, within span) error {
	p.rows = p.rows[:0]
	var seen int
	last := within.after
	endRow := func() error {
		if len(p.rows) == 0 {
			return nil
		}
		r := p.rows[len(p.rows)-1]
		if seen != hasAll {
			return fmt.Errorf("an item lacks one of id, companyID, configurationItemType, isActive, or has it twice (after id %d)", last)
		}
		if err := inOrder(r.id, last, within); err != nil {
			return err
		}
		last, seen = r.id, 0
		return nil
	}
	mark := func(what int) {
		if seen&what != 0 {
			what |= hasTwice
		}
		seen |= what
	}
	row := func() error {
		if err := endRow(); err != nil {
			return err
		}
		if len(p.rows) >= pageSize {
			return fmt.Errorf("more than %d rows on a page", pageSize)
		}
		p.rows = append(p.rows, itemRow{})
		return nil
	}
	field := func(dec *jsontext.Decoder, name []byte) (err error) {
		r := &p.rows[len(p.rows)-1]
		var ok bool
		switch {
		case is(name, fieldID):
			mark(hasID)
			if r.id, ok, err = readInt(dec); err == nil && !ok {
				err = errors.New("an item's id is null")
			}
		case is(name, fieldCompanyID):
			mark(hasCompany)
			if r.company, ok, err = readInt(dec); !ok {
				r.company = NoCompany
			}
		case is(name, fieldItemType):
			mark(hasType)
			if r.typ, ok, err = readInt(dec); !ok {
				r.typ = NoType
			}
		case is(name, fieldActive):
			mark(hasActive)
			var active bool
			if active, _, err = readBool(dec); err == nil && !active {
				err = errors.New("an item that is not active stands among the active ones: the filter was not applied")
			}
		default:
			err = dec.SkipValue()
		}
		return err
	}
	var err error
	if p.pageInfo, err = p.reader.read(body, row, field); err == nil {
		err = endRow()
	}
	return err
}

// inOrder sees to it that a row stands where the query asks for it.
func inOrder(id, last int64, within span) error {
	switch {
	case id <= within.after || id > within.upTo:
		return fmt.Errorf("id %d stands on a page of %s: the filter was not applied", id, within)
	case id <= last:
		return fmt.Errorf("id %d follows id %d: the rows are out of order", id, last)
	}
	return nil
}
