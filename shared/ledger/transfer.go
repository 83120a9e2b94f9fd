package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Transfer is an export that was read and checked as a whole.
type Transfer struct {
	TransferHeader
	documents []transferred
	issued    time.Time
}

// TransferError says on which line an export is wrong.
type TransferError struct {
	Line   int
	Reason string
}

func (e *TransferError) Error() string {
	return fmt.Sprintf("line %d: %s; the ledger is left as it is: export it again", e.Line, e.Reason)
}

// maxTransferLine is the longest document that any place can hold, with room for its key.
const maxTransferLine = 1 << 20

// ReadTransfer reads an export and checks it whole: every line, the number of documents and what they add up to.
func ReadTransfer(from io.Reader) (*Transfer, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxTransferLine)
	t, sum, n := &Transfer{}, sha256.New(), 0
	seen := map[Key]bool{}
	fail := func(format string, args ...any) error { return &TransferError{n, fmt.Sprintf(format, args...)} }
	for lines.Scan() {
		n++
		line := lines.Bytes()
		if n == 1 {
			if err := json.Unmarshal(line, &t.TransferHeader); err != nil || t.Synthsync != "ledger" {
				return nil, fail("this is no export of a ledger")
			}
			if t.Format > TransferFormat || t.Ledger > Format {
				return nil, fail("it was written by a newer program (%s): formats %d and %d, this one knows up to %d and %d", t.Program, t.Format, t.Ledger, TransferFormat, Format)
			}
		} else if bytes.HasPrefix(line, []byte(`{"end":`)) {
			var end transferEnd
			if err := strictly(line, &end); err != nil || !end.End {
				return nil, fail("this is no end: %v", err)
			}
			if end.Documents != len(t.documents) || end.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
				return nil, fail("the %d documents before it are not those that were exported (%d)", len(t.documents), end.Documents)
			}
			if lines.Scan() {
				n++
				return nil, fail("something follows the end")
			}
			return t, errors.Join(lines.Err(), t.check())
		} else if err := t.add(line, seen); err != nil {
			return nil, fail("%v", err)
		}
		_, _ = sum.Write(line)
		_, _ = sum.Write([]byte{'\n'})
	}
	n++
	if err := lines.Err(); err != nil {
		return nil, fail("%v", err)
	}
	return nil, fail("the end is missing: the export was cut off")
}

func strictly(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func (t *Transfer) add(line []byte, seen map[Key]bool) error {
	var doc transferred
	if err := strictly(line, &doc); err != nil {
		return fmt.Errorf("not a document: %w", err)
	}
	key := Key{doc.Kind, doc.ID}
	switch {
	case !slices.Contains(kinds, doc.Kind):
		return fmt.Errorf("%.40q is no kind of document that this program knows", doc.Kind)
	case doc.ID == "":
		return errors.New("a document without an id")
	case seen[key]:
		return fmt.Errorf("%s comes twice", key)
	case len(doc.Body) == 0 || doc.Body[0] != '{' && doc.Body[0] != '"': // "last" is a time
		return fmt.Errorf("%s has no body", key)
	}
	if err := CheckWrites([]Write{{Key: key, Body: doc.Body}}); err != nil {
		return err
	}
	seen[key] = true
	t.documents = append(t.documents, doc)
	return nil
}

// check reads every document, as those who use the ledger will.
func (t *Transfer) check() error {
	for _, doc := range t.documents {
		key := Key{doc.Kind, doc.ID}
		into := readAs(key)
		if into == nil {
			continue // of no use to anybody
		}
		if err := json.Unmarshal(doc.Body, into); err != nil {
			return fmt.Errorf("read %s of the export: %w", key, err)
		}
		if h, is := into.(*head); is {
			t.issued = h.Issued
		}
	}
	if t.issued.IsZero() {
		return errors.New("the export has no head: it says not how far observation times had got")
	}
	return nil
}

// readAs is what a document is read into.
func readAs(key Key) any {
	switch key.Kind {
	case kindAccount:
		return &Account{}
	case kindRun:
		return &Run{}
	case kindTally:
		return &tally{}
	case kindRelease:
		return &Release{}
	case kindLetter:
		return &Letter{}
	case kindAct:
		return &Act{}
	}
	switch key {
	case headKey:
		return &head{}
	case lastKey, goodKey:
		return &time.Time{}
	case servicesKey:
		return &Services{}
	case baselineKey:
		return &Baseline{}
	case heldKey:
		return &Held{}
	case handKey:
		return &Hand{}
	case historyKey:
		return &History{}
	case incidentsKey:
		return &Incidents{}
	case rebuildKey:
		return &rebuild{}
	case tenantKey:
		return &Tenant{}
	case rulesKey:
		return &rulesWord{}
	}
	return nil
}
