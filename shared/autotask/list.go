package autotask

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// Type is a configuration item type, by which items are billed. Names are the tenant's own, in its language, and may
// repeat.
type Type struct {
	ID     int64
	Name   string
	Active bool
}

// Company is an Autotask company. Id 0 is the MSP itself.
type Company struct {
	ID     int64
	Name   string
	Active bool  // also if Autotask does not say: only a clear no may take a client's units off the bill
	Type   int64 // customer, lead, vendor ...: a picklist that tenants edit; NoType if it has none
}

// Types reads the tenant's configuration item types, those that are not active included, by id.
func (c *Client) Types(ctx context.Context) ([]Type, error) {
	return readAll(ctx, c, listing[Type]{
		entity: ConfigurationItemTypes,
		fields: []string{fieldID, fieldName, fieldActive},
		id:     func(t *Type) *int64 { return &t.ID },
		field: func(dec *jsontext.Decoder, name []byte, t *Type) (err error) {
			switch {
			case is(name, fieldName):
				t.Name, err = readName(dec)
			case is(name, fieldActive):
				t.Active, _, err = readBool(dec)
			default:
				err = dec.SkipValue()
			}
			return err
		},
	})
}

// Companies reads the companies that the user may see, those that are not active included, by id.
func (c *Client) Companies(ctx context.Context) ([]Company, error) {
	return readAll(ctx, c, c.companies())
}

func (c *Client) companies() listing[Company] {
	var named, marked bool // of the row being read
	return listing[Company]{
		entity: Companies,
		fields: []string{fieldID, fieldCompanyName, fieldActive, fieldCompanyType},
		id:     func(c *Company) *int64 { return &c.ID },
		begin:  func(c *Company) { c.Type, named, marked = NoType, false, false },
		whole: func() error {
			if !named || !marked {
				return errors.New("a company lacks companyName or isActive")
			}
			return nil
		},
		field: func(dec *jsontext.Decoder, name []byte, c *Company) (err error) {
			switch {
			case is(name, fieldCompanyName):
				named = true
				c.Name, err = readName(dec)
			case is(name, fieldActive):
				marked = true
				var said bool
				c.Active, said, err = readBool(dec)
				c.Active = c.Active || !said
			case is(name, fieldCompanyType):
				var ok bool
				if c.Type, ok, err = readInt(dec); !ok {
					c.Type = NoType
				}
			default:
				err = dec.SkipValue()
			}
			return err
		},
	}
}

// OwnCompany is company 0, the MSP itself; its name tells one tenant from another. Its name is empty if the user may not
// see it.
func (c *Client) OwnCompany(ctx context.Context) (Company, error) {
	var rows []Company
	_, err := readPage(ctx, c, c.companies(), span{-1, 0}, &rows)
	if err != nil || len(rows) == 0 {
		return Company{}, err
	}
	return rows[0], nil
}

// listing says how to read all rows of a small entity.
type listing[T any] struct {
	entity Entity
	fields []string
	id     func(*T) *int64
	begin  func(*T)     // optional
	whole  func() error // optional: whether the row that was read last had all that it must have
	field  func(dec *jsontext.Decoder, name []byte, row *T) error
}

// attemptsToAgree is how often a list is read at most: changes between the counts are rare, and a list is short.
const attemptsToAgree = 3

// readAll reads every row of an entity, and again if the vendor's counts before and after do not bear it out.
func readAll[T any](ctx context.Context, c *Client, l listing[T]) ([]T, error) {
	before, err := c.count(ctx, l.entity, everything.ids()...)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		rows := make([]T, 0, min(before, 100_000))
		for at := everything; ; {
			info, err := readPage(ctx, c, l, at, &rows)
			if err != nil {
				return nil, err
			}
			c.config.Progress(l.entity, int64(len(rows)), max(before, int64(len(rows))))
			if info.last() {
				break
			}
			at.after = *l.id(&rows[len(rows)-1])
		}
		after, err := c.count(ctx, l.entity, everything.ids()...)
		if err != nil {
			return nil, err
		}
		read := int64(len(rows))
		if agrees(read, before, after) {
			return rows, nil
		}
		if attempt == attemptsToAgree {
			return nil, &IncompleteReadError{Entity: l.entity, Before: before, After: after, Read: read}
		}
		before = after
	}
}

// agrees tells whether the rows read equal one of the counts before and after, or lie between.
func agrees(read, before, after int64) bool {
	return read >= min(before, after) && read <= max(before, after)
}

// readPage adds the first page of a span to the rows.
func readPage[T any](ctx context.Context, c *Client, l listing[T], within span, rows *[]T) (pageInfo, error) {
	var info pageInfo
	begun := len(*rows)
	err := c.do(ctx, call{
		operation: "read " + string(l.entity),
		key:       l.entity,
		path:      string(l.entity) + "/query",
		query:     &query{MaxRecords: pageSize, IncludeFields: l.fields, Filter: within.ids()},
		decode: func(body io.Reader) (err error) {
			*rows = (*rows)[:begun]
			var reader pageReader
			last, named := within.after, true
			endRow := func() error {
				if len(*rows) == begun {
					return nil
				}
				if !named {
					return fmt.Errorf("a row without id (after id %d)", last)
				}
				if l.whole != nil {
					if err := l.whole(); err != nil {
						return fmt.Errorf("%w (after id %d)", err, last)
					}
				}
				id := *l.id(&(*rows)[len(*rows)-1])
				if err := inOrder(id, last, within); err != nil {
					return err
				}
				last = id
				return nil
			}
			info, err = reader.read(body, func() error {
				if err := endRow(); err != nil {
					return err
				}
				if len(*rows)-begun >= pageSize {
					return fmt.Errorf("more than %d rows on a page", pageSize)
				}
				var row T
				if l.begin != nil {
					l.begin(&row)
				}
				*rows, named = append(*rows, row), false
				return nil
			}, func(dec *jsontext.Decoder, name []byte) (err error) {
				row := &(*rows)[len(*rows)-1]
				if !is(name, fieldID) {
					return l.field(dec, name, row)
				}
				if named {
					return errors.New("a row with two ids")
				}
				*l.id(row), named, err = readInt(dec)
				return err
			})
			if err == nil {
				err = endRow()
			}
			return err
		},
	})
	return info, err
}

func readName(dec *jsontext.Decoder) (string, error) {
	text, err := readText(dec)
	return clean(text), err
}

// clean makes a line of a name: tenants hold some with NULs, line ends and blanks around them.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(name)
}
