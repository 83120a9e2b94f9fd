package autotask

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// pageReader reads the answers to queries as they arrive, row by row, into whatever the caller keeps: no tree, no slice
// of rows of its own, and its buffer serves page after page.
//
// It is built on jsontext because that was the fastest of the well-kept decoders that stay right here: names in any
// case, fields nobody knows, fields in any order (BenchmarkDecode: a third of the time of the next best, or less, and next to
// no memory).
type pageReader struct{ dec *jsontext.Decoder }

// pageInfo is what an answer says beside its rows.
type pageInfo struct {
	rows  int
	count int64 // the rows on this page according to the vendor; -1 if it does not say
	more  bool  // it offers a next page
}

// last tells whether nothing follows the page. A full page may be the last one although another is offered, and a short
// one not the last if one is, so only an empty page, or a short one that offers none, ends a walk.
func (p pageInfo) last() bool { return p.rows == 0 || p.rows < pageSize && !p.more }

// contradictory tells whether the vendor's own count of the page differs from its rows, or a page that is not full offers
// another: rows may be missing from it.
func (p pageInfo) contradictory() bool {
	return p.count >= 0 && p.count != int64(p.rows) || p.rows < pageSize && p.more
}

// read reads one answer to its end. It calls row at every item, before its fields, and field with each of the item's
// names; field must read or skip the value. When it returns an error, whatever the callbacks gathered is void.
func (p *pageReader) read(body io.Reader, row func() error, field func(dec *jsontext.Decoder, name []byte) error) (pageInfo, error) {
	// A name that stands twice is looked for among the fields that matter (see fields), which is cheaper than all of them.
	// Broken UTF-8 in a name is no reason to bill nobody; it reads as U+FFFD.
	options := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	if p.dec == nil {
		p.dec = jsontext.NewDecoder(body, options...)
	} else {
		p.dec.Reset(body, options...)
	}
	dec := p.dec
	info := pageInfo{count: -1}
	var items, details bool
	var refusal []string
	inRow := func(name []byte) error { return field(dec, name) }
	err := readObject(dec, func(name []byte) (err error) {
		switch {
		case is(name, "items") && items, is(name, "pageDetails") && details:
			return fmt.Errorf("%w: %q stands twice", errNotAnAnswer, name)
		case is(name, "items"):
			items = true
			return readArray(dec, func() error {
				info.rows++
				if err := row(); err != nil {
					return err
				}
				return readObject(dec, inRow)
			})
		case is(name, "pageDetails"):
			details = true
			return readObject(dec, func(name []byte) (err error) {
				switch {
				case is(name, "count"):
					info.count, _, err = readInt(dec)
				case is(name, "nextPageUrl"):
					var url string
					url, err = readText(dec)
					info.more = url != ""
				default:
					err = dec.SkipValue()
				}
				return err
			})
		case is(name, "errors"):
			refusal, err = readErrors(dec)
			return err
		}
		return dec.SkipValue()
	})
	if len(refusal) > 0 {
		return info, &refusalError{refusal}
	}
	if err == nil {
		err = readEnd(dec)
	}
	switch {
	case err != nil:
		return info, err
	case !items:
		return info, fmt.Errorf("%w: no \"items\"", errNotAnAnswer)
	case !details:
		return info, fmt.Errorf("%w: no \"pageDetails\"", errNotAnAnswer)
	}
	return info, nil
}

// is compares a field's name as the vendor does: without case.
func is(name []byte, want string) bool {
	return len(name) == len(want) && (string(name) == want || bytes.EqualFold(name, []byte(want)))
}

// readObject calls field for every name of the object that comes next. The name is good until the next read.
func readObject(dec *jsontext.Decoder, field func(name []byte) error) error {
	if err := expect(dec, jsontext.KindBeginObject, "an object"); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndObject {
		quoted, err := dec.ReadValue()
		if err != nil {
			return noEOF(err)
		}
		name := quoted[1 : len(quoted)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			if name, err = jsontext.AppendUnquote(nil, quoted); err != nil {
				return err
			}
		}
		if err := field(name); err != nil {
			return noEOF(err)
		}
	}
	_, err := dec.ReadToken()
	return noEOF(err)
}

func readArray(dec *jsontext.Decoder, element func() error) error {
	if err := expect(dec, jsontext.KindBeginArray, "an array"); err != nil {
		return err
	}
	for dec.PeekKind() != jsontext.KindEndArray {
		if err := element(); err != nil {
			return noEOF(err)
		}
	}
	_, err := dec.ReadToken()
	return noEOF(err)
}

func expect(dec *jsontext.Decoder, kind jsontext.Kind, what string) error {
	token, err := dec.ReadToken()
	switch {
	case err != nil:
		return noEOF(err)
	case token.Kind() != kind:
		return fmt.Errorf("%s stands where %s is expected (%s)", token.Kind(), what, dec.StackPointer())
	}
	return nil
}

// readInt reads a whole number; null is ok=false.
func readInt(dec *jsontext.Decoder) (n int64, ok bool, err error) {
	value, err := dec.ReadValue()
	if err != nil {
		return 0, false, noEOF(err)
	}
	if value.Kind() == jsontext.KindNull {
		return 0, false, nil
	}
	n, ok = parseInt(value)
	if !ok {
		return 0, false, fmt.Errorf("%.40q is no whole number (%s)", value, dec.StackPointer())
	}
	return n, true, nil
}

// parseInt takes digits with at most one minus before them, within int64.
func parseInt(text []byte) (int64, bool) {
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > 1<<63-1 {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}

// readBool reads true or false; null is ok=false.
func readBool(dec *jsontext.Decoder) (b, ok bool, err error) {
	token, err := dec.ReadToken()
	if err != nil {
		return false, false, noEOF(err)
	}
	switch token.Kind() {
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), true, nil
	case jsontext.KindNull:
		return false, false, nil
	}
	return false, false, fmt.Errorf("%s is neither true nor false (%s)", token.Kind(), dec.StackPointer())
}

// readText reads a string; null is empty.
func readText(dec *jsontext.Decoder) (string, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return "", noEOF(err)
	}
	switch token.Kind() {
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNull:
		return "", nil
	}
	return "", fmt.Errorf("%s is no text (%s)", token.Kind(), dec.StackPointer())
}

// readErrors reads what an answer's "errors" says, whatever its shape; null and an empty list say nothing.
func readErrors(dec *jsontext.Decoder) ([]string, error) {
	switch dec.PeekKind() {
	case jsontext.KindNull:
		return nil, dec.SkipValue()
	case jsontext.KindBeginArray:
		var texts []string
		err := readArray(dec, func() error {
			text, err := readAny(dec)
			texts = append(texts, text)
			return err
		})
		return texts, err
	}
	text, err := readAny(dec)
	return []string{text}, err
}

func readAny(dec *jsontext.Decoder) (string, error) {
	if dec.PeekKind() == jsontext.KindString {
		return readText(dec)
	}
	value, err := dec.ReadValue()
	return string(value), noEOF(err)
}

// readEnd sees to it that nothing follows: an answer that was cut and continued is no answer.
func readEnd(dec *jsontext.Decoder) error {
	switch _, err := dec.ReadToken(); {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the JSON object")
}

// noEOF calls an end in the middle by its name.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
