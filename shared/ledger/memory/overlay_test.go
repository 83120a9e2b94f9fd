package memory_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

func account(id string) ledger.Key { return ledger.Key{Kind: "account", ID: id} }

func write(t *testing.T, s ledger.Store, writes ...ledger.Write) {
	t.Helper()
	if err := s.Write(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
}

// contents is everything in a store, as "id@version=body".
func contents(t *testing.T, s ledger.Store) []string {
	t.Helper()
	var all []string
	for doc, err := range s.List(t.Context(), "account") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, doc.ID+"@"+string('0'+rune(doc.Version))+"="+string(doc.Body))
	}
	return all
}

func base(t *testing.T) *memory.Store {
	s := memory.New()
	for _, id := range []string{"b", "d", "f", "h"} {
		write(t, s, ledger.Write{Key: account(id), Body: []byte(`1`)})
		write(t, s, ledger.Write{Key: account(id), IfVersion: 1, Body: []byte(`2`)})
	}
	return s
}

// readOnly fails the test when anything is written to it.
type readOnly struct {
	ledger.Store
	t *testing.T
}

func (r readOnly) Write(context.Context, ...ledger.Write) error {
	r.t.Error("the base was written to")
	return nil
}

func (r readOnly) Close() error {
	r.t.Error("the base was closed")
	return nil
}

func TestOverlay_WritesNeverReachTheBase(t *testing.T) {
	below := base(t)
	before := contents(t, below)
	layer := memory.Overlay(readOnly{below, t})

	write(t, layer, ledger.Write{Key: account("a"), Body: []byte(`"new"`)})
	write(t, layer,
		ledger.Write{Key: account("b"), IfVersion: 2, Body: []byte(`"changed"`)},
		ledger.Write{Key: account("d"), IfVersion: 2, Delete: true},
		ledger.Write{Key: account("f"), IfVersion: 2, Check: true},
		ledger.Write{Key: account("h"), IfVersion: 2, Body: []byte(`"gone"`), Expires: time.Now().Add(-time.Hour)},
		ledger.Write{Key: account("z"), Body: []byte(`"last"`)})
	if err := layer.Close(); err != nil {
		t.Fatal(err)
	}

	if want := []string{`a@1="new"`, `b@3="changed"`, `f@2=2`, `z@1="last"`}; !slices.Equal(contents(t, layer), want) {
		t.Errorf("the layer shows %q, want %q", contents(t, layer), want)
	}
	if after := contents(t, below); !slices.Equal(after, before) {
		t.Errorf("the base was %q and is %q", before, after)
	}
}

func TestOverlay_GetMixesOwnAndBaseInTheOrderOfTheKeys(t *testing.T) {
	layer := memory.Overlay(base(t))
	write(t, layer, ledger.Write{Key: account("d"), IfVersion: 2, Body: []byte(`"own"`)})
	docs, err := layer.Get(t.Context(), account("h"), account("d"), account("x"), account("b"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []ledger.Document{
		{Key: account("h"), Version: 2, Body: []byte(`2`)}, {Key: account("d"), Version: 3, Body: []byte(`"own"`)},
		{Key: account("x")}, {Key: account("b"), Version: 2, Body: []byte(`2`)},
	} {
		if docs[i].Key != want.Key || docs[i].Version != want.Version || string(docs[i].Body) != string(want.Body) {
			t.Errorf("document %d is %v, want %v", i, docs[i], want)
		}
	}
}

func TestOverlay_ConditionsHoldAgainstTheBaseUntilTheLayerHasWritten(t *testing.T) {
	below := base(t)
	layer := memory.Overlay(below)
	write(t, below, ledger.Write{Key: account("b"), IfVersion: 2, Body: []byte(`3`)})
	var conflict *ledger.Conflict
	if err := layer.Write(t.Context(), ledger.Write{Key: account("b"), IfVersion: 2, Body: []byte(`"stale"`)}); !errors.As(err, &conflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	write(t, layer, ledger.Write{Key: account("b"), IfVersion: 3, Body: []byte(`"own"`)})
	write(t, below, ledger.Write{Key: account("b"), IfVersion: 3, Body: []byte(`4`)})
	write(t, layer, ledger.Write{Key: account("b"), IfVersion: 4, Body: []byte(`"own again"`)})
}

func TestOverlay_DocumentDeletedHereIsWrittenAnewAsTheFirst(t *testing.T) {
	layer := memory.Overlay(base(t))
	write(t, layer, ledger.Write{Key: account("b"), IfVersion: 2, Delete: true})
	write(t, layer, ledger.Write{Key: account("b"), Body: []byte(`"again"`)})
	if got := contents(t, layer)[0]; got != `b@1="again"` {
		t.Errorf("got %s", got)
	}
}

// broken is a base whose reads fail.
type broken struct{ ledger.Store }

var errBroken = errors.New("the base cannot be read")

func (broken) Get(context.Context, ...ledger.Key) ([]ledger.Document, error) { return nil, errBroken }

func (broken) List(context.Context, ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) { yield(ledger.Document{}, errBroken) }
}

func TestOverlay_BaseThatCannotBeReadEndsTheCall(t *testing.T) {
	layer := memory.Overlay(broken{memory.New()})
	if _, err := layer.Get(t.Context(), account("a")); !errors.Is(err, errBroken) {
		t.Errorf("Get: %v", err)
	}
	if err := layer.Write(t.Context(), ledger.Write{Key: account("a"), Body: []byte(`1`)}); !errors.Is(err, errBroken) {
		t.Errorf("Write: %v", err)
	}
	yields := 0
	for _, err := range layer.List(t.Context(), "account") {
		if yields++; !errors.Is(err, errBroken) {
			t.Errorf("List: %v", err)
		}
	}
	if yields != 1 {
		t.Errorf("List went on for %d yields after the error", yields)
	}
}
