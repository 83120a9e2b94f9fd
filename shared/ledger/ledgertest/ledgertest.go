// Package ledgertest says as tests what every ledger.Store promises, wherever the ledger lives.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Open makes an empty store for one test and closes it when the test ends.
type Open func(t *testing.T) ledger.Store

// Run holds a store to its promises. Each promise gets a store of its own.
func Run(t *testing.T, open Open) {
	for _, promise := range slices.Concat(reading, writing, refusing, listing, racing, expiring) {
		t.Run(promise.name, func(t *testing.T) {
			promise.holds(t, store{t, open(t)})
		})
	}
}

type promise struct {
	name  string
	holds func(t *testing.T, s store)
}

// store is a ledger.Store whose calls end the test when they fail.
type store struct {
	t *testing.T
	ledger.Store
}

const kind ledger.Kind = "account"

func key(id string) ledger.Key { return ledger.Key{Kind: kind, ID: id} }

func put(id string, ifVersion int64, body string) ledger.Write {
	return ledger.Write{Key: key(id), IfVersion: ifVersion, Body: []byte(body)}
}

func (s store) get(keys ...ledger.Key) []ledger.Document {
	s.t.Helper()
	docs, err := s.Get(s.t.Context(), keys...)
	if err != nil {
		s.t.Fatalf("Get(%v): %v", keys, err)
	}
	if len(docs) != len(keys) {
		s.t.Fatalf("Get of %d keys returned %d documents", len(keys), len(docs))
	}
	return docs
}

func (s store) write(writes ...ledger.Write) {
	s.t.Helper()
	if err := s.Write(s.t.Context(), writes...); err != nil {
		s.t.Fatalf("Write: %v", err)
	}
}

// conflict expects a write to be refused, and exactly those keys to be named.
func (s store) conflict(want []string, writes ...ledger.Write) {
	s.t.Helper()
	err := s.Write(s.t.Context(), writes...)
	var conflict *ledger.Conflict
	if !errors.As(err, &conflict) {
		s.t.Fatalf("Write: got %v, want a *ledger.Conflict", err)
	}
	var got []string
	for _, k := range conflict.Keys {
		got = append(got, k.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.t.Fatalf("the conflict names %v, want %v", got, want)
	}
}

// refused expects a write to fail, and not as something that a second try could mend.
func (s store) refused(ctx context.Context, writes ...ledger.Write) {
	s.t.Helper()
	err := s.Write(ctx, writes...)
	var conflict *ledger.Conflict
	if err == nil || errors.As(err, &conflict) {
		s.t.Fatalf("Write: got %v, want an error that is no conflict", err)
	}
}

// stands expects a document to have a version and a body.
func (s store) stands(id string, version int64, body string) {
	s.t.Helper()
	doc := s.get(key(id))[0]
	if doc.Key != key(id) || doc.Version != version || !bytes.Equal(doc.Body, []byte(body)) {
		s.t.Fatalf("%s is version %d, %q; want version %d, %q", doc.Key, doc.Version, doc.Body, version, body)
	}
}

// missing expects that there is no such document.
func (s store) missing(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		doc := s.get(key(id))[0]
		if doc.Key != key(id) || doc.Version != 0 || doc.Body != nil || !doc.Expires.IsZero() {
			s.t.Fatalf("%s is version %d, %q, expires %v; want nothing but the key", key(id), doc.Version, doc.Body, doc.Expires)
		}
	}
}

func (s store) list(kind ledger.Kind) []ledger.Document {
	s.t.Helper()
	var docs []ledger.Document
	for doc, err := range s.List(s.t.Context(), kind) {
		if err != nil {
			s.t.Fatalf("List(%s): %v", kind, err)
		}
		docs = append(docs, doc)
	}
	return docs
}

// listed expects List to yield exactly these ids in this order.
func (s store) listed(want ...string) {
	s.t.Helper()
	var got []string
	for _, doc := range s.list(kind) {
		got = append(got, doc.ID)
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("List yields %q, want %q", got, want)
	}
}

func past() time.Time   { return time.Now().Add(-time.Hour) }
func future() time.Time { return time.Now().Add(time.Hour) }
