package fetch_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// An approval is raced: by devices that come and go, by runs under way, by runs that only observe.

// fallen has told 30 more desktops of a company, which are then gone.
func fallen(t *testing.T) (*office, []int64) {
	t.Helper()
	o := newOffice(t)
	gone := o.add(1, 1, 30)
	o.night()
	for _, id := range gone {
		o.tenant.Retire(id)
	}
	return o, gone
}

// approvable tells whether a run is the one that a person can approve.
func (o *office) approvable(run string) bool {
	_, _, err := o.book.Approve(context.Background(), run, ledger.Act{Actor: "anna", Reason: "seen"})
	return err == nil
}

func TestApproval_TenantChangesBetweenHoldAndApproval_IsHeldAnewWithTheDifference(t *testing.T) {
	o, _ := fallen(t)
	servers := o.add(2, 3, 4)
	held := o.night()
	for _, id := range servers {
		o.tenant.Retire(id)
	}
	o.add(3, 1, 5) // five desktops more than were seen
	o.approve(held.RunID)
	r := o.night()
	if r.State != fetch.StateHeld || !strings.Contains(r.Reason, "run "+held.RunID+" was approved by anna; approved were 3 units, and now it is 8") {
		t.Fatalf("%s: %s", r.State, r.Reason)
	}
	if o.approvable(held.RunID) {
		t.Error("the run that was superseded can still be approved")
	}
	if !o.approvable(r.RunID) {
		t.Error("the run that is held anew cannot be approved")
	}
	if r := o.night(); r.State != fetch.StateDone {
		t.Errorf("approved anew: %s, %s", r.State, r.Reason)
	}
}

func TestApproval_DevicesAreBackBeforeIt_NothingIsHeldAndTheApprovalServesNoLaterFall(t *testing.T) {
	o, gone := fallen(t)
	o.approve(o.night().RunID)
	for _, id := range gone {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindApproved)) != 0 {
		t.Fatalf("%s: %s", r.State, r.Reason)
	}
	for _, id := range gone {
		o.tenant.Retire(id)
	}
	if r := o.night(); r.State != fetch.StateHeld {
		t.Errorf("an approval of last week let pass what nobody has seen: %s", r.State)
	}
}

func TestApproval_GivenWhileTheNextRunReads_LetsItPass(t *testing.T) {
	o, _ := fallen(t)
	held := o.night()
	o.tenant.OnRequest(func(r autotasktest.Request) {
		if r.Entity == "ConfigurationItems" && r.Operation == "query" {
			o.tenant.OnRequest(nil)
			o.approve(held.RunID)
		}
	})
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindApproved)) != 1 {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}

// hooked calls once after it was read what is held.
type hooked struct {
	ledger.Store
	once sync.Once
	then func()
}

func (h *hooked) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	docs, err := h.Store.Get(ctx, keys...)
	if len(keys) == 1 && keys[0] == (ledger.Key{Kind: "state", ID: "held"}) {
		h.once.Do(h.then)
	}
	return docs, err
}

// The run has asked what is approved, and a person approves before it writes down what it holds itself.
func TestApproval_GivenInTheMomentOfTheNextHold_StandsForTheRunAfterIt(t *testing.T) {
	o, _ := fallen(t)
	first := o.night()
	o.stage.Ledger = ledger.New(&hooked{Store: o.store, then: func() { o.approve(first.RunID) }}, o.stage.Now)
	second := o.night()
	o.stage.Ledger = o.book
	if second.State != fetch.StateHeld || !strings.Contains(strings.Join(attention(second, fetch.KindApproved), ""), "run "+first.RunID+" was approved by anna") {
		t.Fatalf("%s, %+v", second.State, second.Attention)
	}
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindApproved)) != 1 {
		t.Errorf("the approval is gone: %s, %s", r.State, r.Reason)
	}
}

// What a run in observe holds is shown with the command that approves it; so that works, and waits for the run that tells.
func TestApproval_OfARunInObserve_StandsUntilARunTells(t *testing.T) {
	o, _ := fallen(t)
	before := o.night()
	o.stage.Mode = fetch.ModeObserve
	held := o.night()
	if held.State != fetch.StateHeld || held.Mode != fetch.ModeObserve {
		t.Fatalf("%s in %s", held.State, held.Mode)
	}
	if o.approvable(before.RunID) {
		t.Error("a run that was superseded in observe can be approved")
	}
	if !o.approvable(held.RunID) {
		t.Fatal("what a run in observe holds cannot be approved")
	}
	for range 2 {
		if r := o.night(); r.State != fetch.StateDone || r.Would == nil {
			t.Fatalf("observing what is approved: %s, %s", r.State, r.Reason)
		}
	}
	if !o.approvable(held.RunID) {
		t.Error("what waits for the run that tells is not known any more")
	}
	o.stage.Mode = fetch.ModePost
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindApproved)) != 1 || r.Due == 0 {
		t.Fatalf("%s: %s", r.State, r.Reason)
	}
	if r := o.night(); len(attention(r, fetch.KindApproved)) != 0 {
		t.Error("the approval served twice")
	}
}

// What was approved reads well again, if only in observe: the next fall is another one.
func TestApproval_OfARunInObserve_TheDevicesComeBack_TheNextFallIsHeld(t *testing.T) {
	o, gone := fallen(t)
	o.stage.Mode = fetch.ModeObserve
	o.approve(o.night().RunID)
	for _, inactive := range []bool{false, true} {
		for _, id := range gone {
			o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = inactive })
		}
		if inactive {
			o.stage.Mode = fetch.ModePost
		}
		if r := o.night(); (r.State == fetch.StateHeld) != inactive {
			t.Errorf("devices gone %v: %s, %s", inactive, r.State, r.Reason)
		}
	}
}
