package ledger

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// TransferFormat is the version of what Export writes.
const TransferFormat = 1

// kinds are all families of documents, in the order in which they are moved.
var kinds = []Kind{kindState, kindAccount, kindRun, kindTally, kindRelease, kindLetter, kindAct}

// stays are documents that mean nothing elsewhere: refusals are about the secrets of their place, and one rebuild or
// message under way is its own.
var stays = map[Key]bool{refusalKey(Autotask): true, refusalKey(Synthesize): true}

// TransferHeader is the first line of an export.
type TransferHeader struct {
	Synthsync string    `json:"synthsync"` // "ledger"
	Format    int       `json:"format"`
	Ledger    int       `json:"ledger"` // the format of the documents
	At        time.Time `json:"at"`
	From      string    `json:"from"`    // the place, as a command names it
	Program   string    `json:"program"` // its version
	Tenant    Tenant    `json:"tenant"`
}

// transferred is one document of an export.
type transferred struct {
	Kind    Kind            `json:"kind"`
	ID      string          `json:"id"`
	Body    json.RawMessage `json:"body"`
	Expires time.Time       `json:"expires,omitzero"`
}

// transferEnd is the last line: what was cut off or changed on the way does not agree with it.
type transferEnd struct {
	End       bool   `json:"end"`
	Documents int    `json:"documents"`
	SHA256    string `json:"sha256"` // of all lines before
}

// BusyError says that a run is under way.
type BusyError struct{ RunID string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("run %s is under way, or was cut off; wait until it has ended (a run that was cut off ends with its lease, 16 minutes later)", e.RunID)
}

// Export writes the whole ledger as JSON lines: a header, one line for each document, and an end that says how many there
// are and what they add up to. No run may be under way. Every document is as it stood at some moment of the export; what
// workers change meanwhile is healed by Import, which believes no count to be told.
func (l *Ledger) Export(ctx context.Context, to io.Writer, from, program string) (documents int, err error) {
	before, err := l.idle(ctx)
	if err != nil {
		return 0, err
	}
	tenant, err := l.Tenant(ctx)
	if err != nil {
		return 0, err
	}
	out := lineWriter{w: bufio.NewWriter(to), sum: sha256.New()}
	out.line(TransferHeader{"ledger", TransferFormat, Format, l.now().UTC(), from, program, tenant})
	for _, kind := range kinds {
		for doc, err := range l.store.List(ctx, kind) {
			if err != nil {
				return 0, fmt.Errorf("read the ledger's documents of kind %s: %w", kind, err)
			}
			if stays[doc.Key] || doc.Key == headKey {
				continue
			}
			documents++
			out.line(transferred{doc.Kind, doc.ID, doc.Body, doc.Expires})
		}
	}
	// The head goes last, without its lease: how far observation times had got when all else had been read.
	after, err := l.idle(ctx)
	if err != nil {
		return 0, err
	}
	if !after.Issued.Equal(before.Issued) {
		return 0, errors.New("a run began while the ledger was exported; export it again")
	}
	body, err := json.Marshal(head{Format: after.Format, Issued: after.Issued})
	if err != nil {
		return 0, err
	}
	documents++
	out.line(transferred{Kind: headKey.Kind, ID: headKey.ID, Body: body})
	out.line(transferEnd{true, documents, hex.EncodeToString(out.sum.Sum(nil))})
	return documents, errors.Join(out.err, out.w.Flush())
}

// idle is the head of a ledger on which no run is under way.
func (l *Ledger) idle(ctx context.Context) (head, error) {
	if err := l.Check(ctx); err != nil {
		return head{}, err
	}
	var h head
	version, err := l.load(ctx, headKey, &h)
	switch {
	case err != nil:
		return h, err
	case version == 0:
		return h, errors.New("the ledger is empty: no run has used it yet")
	case h.Lease != nil && l.now().Before(h.Lease.Until):
		return h, &BusyError{h.Lease.RunID}
	}
	return h, nil
}

// lineWriter writes JSON lines and adds them up.
type lineWriter struct {
	w   *bufio.Writer
	sum hash.Hash
	err error
}

func (l *lineWriter) line(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		l.err = errors.Join(l.err, err)
		return
	}
	body = append(body, '\n')
	_, _ = l.sum.Write(body) // never fails
	if _, err := l.w.Write(body); err != nil && l.err == nil {
		l.err = err
	}
}
