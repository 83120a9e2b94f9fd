package ledger_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

func TestGoodRun_IsTheNewestNoted_WhateverOrderTheyEndIn(t *testing.T) {
	book := ledger.New(memory.New(), time.Now)
	if at, ok, err := book.GoodRun(t.Context()); ok || err != nil {
		t.Fatalf("of an empty ledger: %v %v %v", at, ok, err)
	}
	newest := time.Date(2026, 11, 2, 2, 15, 0, 0, time.UTC)
	for _, at := range []time.Time{newest.Add(-24 * time.Hour), newest, newest.Add(-time.Hour)} {
		if err := book.NoteGoodRun(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	if at, ok, err := book.GoodRun(t.Context()); !at.Equal(newest) || !ok || err != nil {
		t.Errorf("got %v %v %v, want %v", at, ok, err, newest)
	}
}

func TestMoveBaseline_TheNewestRunsCountsStand_WhateverOrderTheyEndIn(t *testing.T) {
	book := ledger.New(memory.New(), time.Now)
	newest := time.Date(2026, 11, 2, 2, 15, 0, 0, time.UTC)
	for _, at := range []time.Time{newest.Add(-24 * time.Hour), newest, newest.Add(-time.Hour)} {
		if err := book.MoveBaseline(t.Context(), ledger.Baseline{RunID: at.Format(time.DateTime), ObservedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := book.Baseline(t.Context()); !b.ObservedAt.Equal(newest) || err != nil {
		t.Errorf("got %+v %v, want that of %v", b, err, newest)
	}
}
