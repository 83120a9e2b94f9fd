package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// told plays the consumers: everything queued is accepted by Synthesize, unless it has no map for it.
func (o *office) told() {
	o.t.Helper()
	ctx := context.Background()
	svc, err := o.book.UpdateServices(ctx, func(s *ledger.Services) error {
		for i := range s.List {
			s.List[i].ID = "id of " + s.List[i].Key
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for n, sent := range o.usage.sent {
		m, err := message.DecodeUsage(sent.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		if err := o.book.NoteAccount(ctx, m.Account.ID, func(a *ledger.Account) {
			if !a.Exists {
				a.Made(m.Account.Name)
			}
			if a.NameIntent != nil {
				a.NameIntent.Ended = true
			}
		}); err != nil {
			o.t.Fatal(err)
		}
		t, err := o.book.StartTelling(ctx, m.RunID, m.ObservedAt, m.Account.ID, m.Counts, svc, fmt.Sprint("token ", n, m.RunID))
		if err != nil {
			o.t.Fatal(err)
		}
		results := map[string]ledger.Result{}
		for _, c := range t.Counts {
			answer := ledger.Accepted
			if o.unmapped != nil && o.unmapped(m.Account.ID, c.Service.Name) {
				answer = ledger.Unmapped
			}
			results[c.Service.Key] = ledger.Result{Answer: answer, Definite: true}
		}
		if _, err := o.book.FinishTelling(ctx, t, results, true); err != nil {
			o.t.Fatal(err)
		}
		if err := o.book.AddOutcomes(ctx, m.ObservedAt, ledger.Outcomes{Posted: len(t.Counts)}, true); err != nil {
			o.t.Fatal(err)
		}
	}
	o.accounts, o.usage = &outbox{}, &outbox{}
}

// night runs, and all of it is told.
func (o *office) night() fetch.Result {
	o.t.Helper()
	o.now = o.now.Add(24 * time.Hour)
	r, err := o.run(fetch.Event{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.told()
	return r
}

// add gives a company n more devices of a type.
func (o *office) add(company, typ int64, n int) []int64 {
	var ids []int64
	for range n {
		ids = append(ids, o.tenant.AddItem(autotasktest.Item{Company: company, Type: typ}))
	}
	return ids
}

// retire ends devices in Autotask.
func (o *office) retire(ids []int64) {
	for _, id := range ids {
		o.tenant.Retire(id)
	}
}

func attention(r fetch.Result, kind string) []string {
	var texts []string
	for _, a := range r.Attention {
		if a.Kind == kind {
			texts = append(texts, a.Text)
		}
	}
	return texts
}

func (o *office) approve(run string) {
	o.t.Helper()
	if _, _, err := o.book.Approve(context.Background(), run, ledger.Act{Actor: "anna", Reason: "seen"}); err != nil {
		o.t.Fatal(err)
	}
}

func TestApproval_TheSameFallAtOtherCompanies_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	atOne, atTwo := o.add(1, 1, 30), o.add(2, 1, 30)
	o.night()
	o.retire(atOne)
	held := o.night()
	if held.State != fetch.StateHeld {
		t.Fatalf("%s", held.State)
	}
	o.approve(held.RunID)
	o.add(1, 1, 30)
	o.retire(atTwo)
	if r := o.night(); r.State != fetch.StateHeld || !strings.Contains(r.Reason, "at other companies") {
		t.Errorf("the total is the same, the clients are not: %s, %s", r.State, r.Reason)
	}
}

// Messages of an older run can be delivered late. Then the guard compares with other counts than those that were on the
// screen when somebody approved.
func TestApproval_WhatItWasComparedWithHasMovedOn_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	gone := o.add(1, 1, 30)
	o.night()
	o.retire(gone)
	o.approve(o.night().RunID)
	base, err := o.book.Baseline(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	base.RunID, base.ObservedAt = "late", base.ObservedAt.Add(time.Minute)
	if err := o.book.MoveBaseline(context.Background(), base); err != nil {
		t.Fatal(err)
	}
	if r := o.night(); r.State != fetch.StateHeld {
		t.Errorf("%s: what was approved was a fall from other counts", r.State)
	}
}

func TestApproval_BearsTheMarginAndNoMore(t *testing.T) {
	for retired, want := range map[int]string{2: fetch.StateDone, 3: fetch.StateHeld} {
		o := newOffice(t)
		gone, more := o.add(1, 1, 30), o.add(2, 1, 30)
		o.night()
		o.retire(gone)
		o.approve(o.night().RunID)
		o.retire(more[:retired])
		if r := o.night(); r.State != want {
			t.Errorf("%d more retired: %s, want %s (%s)", retired, r.State, want, r.Reason)
		}
	}
}

// Too few items for the guard's figures: a rule that fits nothing is held by its name, so that the approval of one is none of
// another.
func TestApproval_OfARuleThatFitsNothing_IsNoneOfAnother(t *testing.T) {
	o := newOffice(t)
	o.night()
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Renamed"})
	held := o.night()
	if held.State != fetch.StateHeld || !strings.Contains(held.Reason, "Managed Servers") {
		t.Fatalf("%s: %s", held.State, held.Reason)
	}
	o.approve(held.RunID)
	o.tenant.SetType(autotasktest.Type{ID: 1, Name: "Renamed too"})
	o.tenant.SetType(autotasktest.Type{ID: 2, Name: "And this"})
	if r := o.night(); r.State != fetch.StateHeld || !strings.Contains(r.Reason, "Managed Workstations") {
		t.Errorf("%s: %s; the workstations were approved by nobody", r.State, r.Reason)
	}
}

func TestApproval_OfAFall_IsNoneOfARuleThatFitsNothing(t *testing.T) {
	o := newOffice(t)
	gone := o.add(1, 1, 30)
	o.night()
	o.retire(gone)
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Renamed"})
	held := o.night()
	if held.State != fetch.StateHeld || !strings.Contains(held.Reason, "falls") || !strings.Contains(held.Reason, "Managed Servers") {
		t.Errorf("%s: %s; the servers that become 0 are not shown", held.State, held.Reason)
	}
	o.approve(held.RunID)
	if r := o.night(); r.State != fetch.StateDone {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}

func TestApproval_IsForOneRun_AndADryRunDoesNotUseItUp(t *testing.T) {
	o := newOffice(t)
	gone := o.add(1, 1, 30)
	o.night()
	o.retire(gone)
	o.approve(o.night().RunID)
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindApproved)) != 1 {
		t.Fatalf("%s %s", r.State, r.Reason)
	}
	// The same once more, from the same height: nobody has approved this one.
	again := o.add(1, 1, 30)
	o.stage.Guard.MaxRisePercent = 10000
	o.night()
	o.retire(again)
	if r := o.night(); r.State != fetch.StateHeld {
		t.Errorf("an approval served twice: %s", r.State)
	}
}

func TestApproval_HeldAnew_ShowsAllOfIt_SoThatOneApprovalMoreIsEnough(t *testing.T) {
	o := newOffice(t)
	gone, servers := o.add(1, 1, 30), o.add(2, 3, 30)
	o.night()
	o.retire(gone)
	o.approve(o.night().RunID)
	o.retire(servers)
	r := o.night()
	if r.State != fetch.StateHeld || len(r.Holds) != 2 || len(attention(r, fetch.KindApproved)) != 0 {
		t.Fatalf("%s, %+v", r.State, r.Holds)
	}
	o.approve(r.RunID)
	if r := o.night(); r.State != fetch.StateDone {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}

func TestApproval_WaitsWhilePostingIsOnHold(t *testing.T) {
	o := newOffice(t)
	gone := o.add(1, 1, 30)
	o.night()
	o.retire(gone)
	o.approve(o.night().RunID)
	for _, on := range []bool{true, false} {
		if _, err := o.book.SetHold(context.Background(), on, ledger.Act{Actor: "ben"}); err != nil {
			t.Fatal(err)
		}
		if r := o.night(); (r.State == fetch.StateHeld) != on {
			t.Errorf("on hold %v: %s, %s", on, r.State, r.Reason)
		}
	}
}

func TestMerge_IsReportedWithBothNames_AndDecidesNothing(t *testing.T) {
	o := newOffice(t)
	o.add(1, 1, 4)
	o.night()
	o.tenant.RemoveCompany(1)
	var moved []int64
	o.tenant.Items(func(i autotasktest.Item) bool {
		if i.Company == 1 {
			moved = append(moved, i.ID)
		}
		return true
	})
	for _, id := range moved {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Company = 2 })
	}
	r := o.night()
	texts := attention(r, fetch.KindMerged)
	if len(texts) != 1 || !strings.Contains(texts[0], `"Company 1"`) || !strings.Contains(texts[0], `"Company 2"`) {
		t.Fatalf("%q", texts)
	}
	if slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" }) {
		t.Error("a guess changed a count")
	}
	if texts := attention(o.night(), fetch.KindMerged); len(texts) != 0 {
		t.Errorf("reported again when nothing appears any more: %q", texts)
	}
}

func TestSlowFall_IsReportedWhenNoSingleDayWasHeld(t *testing.T) {
	o := newOffice(t)
	ids := o.add(1, 1, 200)
	o.night()
	o.stage.Guard.MaxRisePercent = 100000
	for n := range 3 {
		o.retire(ids[:len(ids)/4])
		ids = ids[len(ids)/4:]
		r := o.night()
		if r.State != fetch.StateDone {
			t.Fatalf("night %d: %s, %s", n, r.State, r.Reason)
		}
		if got := len(attention(r, fetch.KindSlowFall)); (got == 1) != (n >= 1) {
			t.Errorf("night %d: %d reports of a slow fall", n, got)
		}
	}
}

func TestCompanyGuard_HoldsNothingBelow5UnitsOrItsPercentage(t *testing.T) {
	for _, c := range []struct {
		had, retired int
		held         bool
	}{{4, 4, false}, {10, 5, false}, {10, 6, true}, {100, 51, true}, {100, 49, false}} {
		o := newOffice(t)
		o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
		ids := o.add(1, 2, c.had-2) // it has a desktop and a server already
		o.night()
		if c.retired == c.had {
			ids = append(ids, 10, 11)
		}
		o.retire(ids[:c.retired])
		r := o.night()
		told := slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" })
		others := slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "2" })
		if r.State != fetch.StateDone || (len(r.Holds) == 1) != c.held || told == c.held || !others {
			t.Errorf("%d of %d retired: %s, %d held, told %v, the others %v", c.retired, c.had, r.State, len(r.Holds), told, others)
		}
	}
}

func TestObserve_QueuesNothingAndRecordsNoIntent(t *testing.T) {
	o := newOffice(t)
	o.stage.Mode = fetch.ModeObserve
	r, err := o.run(fetch.Event{})
	if err != nil || o.queued() != 0 || r.Would == nil || r.Would.Counts != 6 {
		t.Fatalf("%v, %d queued, would %+v", err, o.queued(), r.Would)
	}
	accounts, err := o.book.Accounts(context.Background())
	if err != nil || len(accounts) != 0 {
		t.Errorf("%v %v", err, accounts)
	}
	if _, err := o.book.SetMode(context.Background(), ledger.ModePost, ledger.Act{Actor: "anna"}); err != nil {
		t.Fatal(err)
	}
	if r, err = o.run(fetch.Event{}); err != nil || o.queued() == 0 || r.Mode != fetch.ModePost {
		t.Errorf("%v, the word of the ledger does not win: %d queued", err, o.queued())
	}
}
