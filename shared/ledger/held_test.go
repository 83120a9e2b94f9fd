package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// An approval that has let a run pass still serves, should that run not have been heard; but it is given no more.
func TestApprove_OfARunWhoseApprovalHasServed_IsNotWhatIsHeldNow(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	held := ledger.Held{RunID: "held", ObservedAt: start, Holds: []ledger.HeldFor{{Key: "falls"}}}
	_, err := b.NoteHeld(ctx, held, ledger.Held{})
	b.must(err)
	approved, mine, err := b.Approve(ctx, "held", ledger.Act{Actor: "anna"})
	b.must(err)
	b.must(b.NoteServed(ctx, approved, "passed"))
	b.now = b.now.Add(time.Hour)
	_, _, err = b.Approve(ctx, "held", ledger.Act{Actor: "bob"})
	var no *ledger.ApprovalError
	if !mine || !errors.As(err, &no) || !no.Other {
		t.Errorf("the first word is the first: %v; the second: %v", mine, err)
	}
	if h, err := b.Held(ctx); err != nil || h.Approved == nil || h.Approved.Actor != "anna" || h.Served != "passed" {
		t.Errorf("%+v, %v", h, err)
	}
}
