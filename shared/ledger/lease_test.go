package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// No two machines' clocks agree to the millisecond. That is no reason for two runs to read at once: Autotask bears three
// requests of a tenant at a time.
func TestBegin_SecondRunWhoseClockIsALittleBehind_IsToldThatOneIsRunning(t *testing.T) {
	for _, behind := range []time.Duration{time.Millisecond, time.Second, time.Minute} {
		b := newBook(t)
		ctx := context.Background()
		first, err := b.Begin(ctx, "first", 16*time.Minute)
		b.must(err)
		b.now = b.now.Add(-behind)
		var running *ledger.RunningError
		if _, err := b.Begin(ctx, "second", 16*time.Minute); !errors.As(err, &running) || running.RunID != "first" {
			t.Errorf("%s behind: got %v, want that the first is running", behind, err)
		}
		b.must(b.End(ctx, first))
	}
}

// A run that lasted longer than its lease gives back nothing but its own.
func TestEnd_LeaseThatAnotherRunHasTakenOver_Stands(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	slow, err := b.Begin(ctx, "slow", 16*time.Minute)
	b.must(err)
	b.now = b.now.Add(16 * time.Minute)
	_, err = b.Begin(ctx, "next", 16*time.Minute)
	b.must(err)
	b.must(b.End(ctx, slow))
	var running *ledger.RunningError
	if _, err := b.Begin(ctx, "third", 16*time.Minute); !errors.As(err, &running) || running.RunID != "next" {
		t.Errorf("got %v, want that the next one is running", err)
	}
}

func TestRunning_NamesTheRunThatHoldsTheLeaseUntilItEnds(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	says := func(when, want string) {
		t.Helper()
		if got, _, err := b.Running(ctx); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", when, got, err, want)
		}
	}
	says("before any", "")
	first, err := b.Begin(ctx, "first", 16*time.Minute)
	b.must(err)
	b.now = b.now.Add(16*time.Minute - time.Millisecond)
	says("while its lease lasts", "first")
	b.now = b.now.Add(time.Millisecond)
	says("when its lease has ended", "")
	_, err = b.Begin(ctx, "next", 16*time.Minute)
	b.must(err)
	b.must(b.End(ctx, first))
	says("of the next", "next")
}
