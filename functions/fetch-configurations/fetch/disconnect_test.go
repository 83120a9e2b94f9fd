package fetch_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
)

// A disconnect makes unknown what stands. A client's fall is no smaller for that.
func TestCompanyGuard_AccountsWereDeletedTheNightBefore_TheFallIsHeld(t *testing.T) {
	o := newOffice(t)
	o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
	ids := o.add(1, 1, 20)
	o.add(2, 1, 100)
	o.night()
	for _, id := range []string{"1", "2", "3"} {
		if err := o.book.NoteAccount(context.Background(), id, func(a *ledger.Account) { a.Missing() }); err != nil {
			t.Fatal(err)
		}
	}
	o.retire(ids[1:])
	for range 2 { // also the night after: nothing has been told meanwhile
		r := o.night()
		if len(r.Holds) != 1 || r.Holds[0].Was != 22 || slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" }) {
			t.Fatalf("19 of 22 devices of company 1 are gone, and it is told: holds %+v, changes %+v", r.Holds, r.Changes)
		}
	}
}

// The ids of another tenant's companies mean other companies.
func TestCompanyGuard_AnotherTenantAccepted_IsComparedWithNothing(t *testing.T) {
	o := newOffice(t)
	o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
	ids := o.add(1, 1, 20)
	o.night()
	if err := o.book.AcceptTenant(context.Background()); err != nil {
		t.Fatal(err)
	}
	o.retire(ids)
	if r := o.night(); len(r.Holds) != 0 {
		t.Errorf("%+v", r.Holds)
	}
}

func onlyServers(t *testing.T) services.Rules {
	t.Helper()
	return parsed(t, "- service: Managed Servers\n  types: [Server]\n")
}

// A person has let 21 units go that no rule names any more. Meanwhile a dead letter of the last run that told was replayed,
// and there are many more.
func TestApproval_UnruledServiceApproved_MoreWasToldSince_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	o.add(1, 1, 20)
	o.add(2, 1, 500)
	o.now = o.now.Add(24 * time.Hour)
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	letters := o.usage.sent
	o.usage.sent = letters[:1]
	o.told()
	o.stage.Rules = onlyServers(t)
	held := o.night()
	if held.State != fetch.StateHeld {
		t.Fatalf("%s", held.State)
	}
	o.approve(held.RunID)
	o.usage.sent = letters[1:]
	o.told()
	if r := o.night(); r.State != fetch.StateHeld {
		t.Errorf("%s: approved was %q; zeros %+v", r.State, held.Reason, r.Changes)
	}
}

// That an answer was lost makes what is taken back no less.
func TestApproval_UnruledService_AnswersLost_TheReasonNamesTheUnits(t *testing.T) {
	o := newOffice(t)
	o.add(1, 1, 20)
	o.night()
	o.now = o.now.Add(24 * time.Hour)
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	o.lost()
	o.stage.Rules = onlyServers(t)
	held := o.night()
	at := slices.IndexFunc(held.Holds, func(h fetch.Hold) bool { return h.Service == "Managed Workstations" })
	if at < 0 || held.Holds[at].Was != 23 {
		t.Errorf("%+v, want that 23 units are taken back", held.Holds)
	}
}
