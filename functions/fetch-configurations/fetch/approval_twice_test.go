package fetch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// Lambda hands the schedule's event to the function a second time (it does so after an error, a time-out, and now and then
// without either): the same execution id, so the same run id. A person was told of the first one's figures, and approves them.
func TestApproval_OfAnExecutionThatRanTwice_LetsNothingPassThatNobodyWasShown(t *testing.T) {
	o := newOffice(t)
	p := &pager{}
	ctx := context.Background()
	ids := o.add(1, 1, 97) // 100 desktops in all
	o.paged(p)
	p.got = nil

	o.retire(ids[:40]) // 100 -> 60
	o.now = o.now.Add(24 * time.Hour)
	first, err := o.run(fetch.Event{ExecutionID: "execution"})
	if err != nil || first.State != fetch.StateHeld {
		t.Fatal(first.State, err)
	}
	o.announcer(p).Announce(ctx, first, false)

	o.retire(ids[40:90]) // somebody's script goes on: 60 -> 10
	o.now = o.now.Add(2 * time.Minute)
	second, err := o.run(fetch.Event{ExecutionID: "execution"})
	if err != nil || second.State != fetch.StateHeld {
		t.Fatal(second.State, err)
	}
	o.announcer(p).Announce(ctx, second, false)

	if len(p.got) == 0 || !strings.Contains(strings.Join(p.got[0].Lines, "\n"), "to 60 units") {
		t.Fatalf("the person was told %+v", p.got)
	}

	// He types the command that the message gave him.
	if _, _, err = o.book.Approve(ctx, first.RunID, ledger.Act{Actor: "anna", Reason: "40 were replaced"}); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(time.Hour)
	r, err := o.run(fetch.Event{})
	if err != nil {
		t.Fatal(err)
	}
	if r.State != fetch.StateHeld || !strings.Contains(r.Reason, "approved were") {
		t.Errorf("%s (%s): a fall from 100 to 10, by the approval of one from 100 to 60", r.State, r.Reason)
	}

	// The script is taken back: what he saw, and approved, passes.
	for range 50 {
		o.tenant.AddItem(autotasktest.Item{Company: 1, Type: 1})
	}
	o.now = o.now.Add(time.Hour)
	if r, err = o.run(fetch.Event{}); err != nil || r.State != fetch.StateHeld { // by a newer run, which has a name of its own
		t.Errorf("%s, %v", r.State, err)
	}
}
