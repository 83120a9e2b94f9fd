package accounts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestAccounts_RunMakesWhatIsMissing(t *testing.T) {
	d := newDesk(t)
	failures := d.handle(d.services(observed, "Servers", "Workstations"), d.account(observed, "175", "Contoso"), d.account(observed, "176", "O'Brien \"B\" 🚀"))
	if failures == nil || len(failures) != 0 {
		t.Fatalf("failures %+v", failures)
	}
	if d.made("Servers") != 1 || d.made("Workstations") != 1 || d.sim.Status() != "pending" {
		t.Errorf("services %v, status %s", d.sim.Services(), d.sim.Status())
	}
	listed := d.sim.Accounts()
	if len(listed) != 2 || listed[0].Description != "Autotask company 175" {
		t.Errorf("accounts %+v", listed)
	}
	if n := d.asked("POST", "/organization/accounts"); n != 1 {
		t.Errorf("%d requests to make two accounts", n)
	}
	a, err := d.book.Account(context.Background(), "175")
	if err != nil || !a.Exists || a.Adopted || a.Making != nil || !a.NameIntent.Ended {
		t.Errorf("the ledger knows %+v %v", a, err)
	}
}

func TestAccounts_AccountMessageWaitsForItsRunsLook(t *testing.T) {
	d := newDesk(t)
	failures := d.handle(d.account(observed, "175", "Contoso"))
	if len(failures) != 1 || failures[0].RetryAfter == 0 || len(d.sim.Accounts()) != 0 {
		t.Fatalf("%+v", failures)
	}
}

func TestAccounts_AccountThatAnotherWorkerIsMaking_IsLeftToHim(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.Making = &ledger.Making{Token: "another", Since: d.now.Add(-time.Second)}
	}))
	failures := d.handle(d.account(observed, "1", "A"))
	if len(failures) != 1 || failures[0].RetryAfter == 0 || d.asked("POST", "/organization/accounts") != 0 {
		t.Fatalf("%+v, asked %d times", failures, d.asked("POST", "/organization/accounts"))
	}
	d.now = d.now.Add(time.Minute) // his request can no longer take effect
	if failures := d.handle(d.account(observed, "1", "A")); len(failures) != 0 || len(d.sim.Accounts()) != 1 {
		t.Errorf("%+v, %v", failures, d.sim.Accounts())
	}
}

func TestAccounts_AnswerLost_AccountsAreNotMadeTwice(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/organization/accounts"), Kind: synthesizetest.DropAfter})
	if failures := d.handle(d.account(observed, "1", "A"), d.account(observed, "2", "B")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	a, _ := d.book.Account(context.Background(), "2")
	if len(d.sim.Accounts()) != 2 || !a.Exists || a.Adopted {
		t.Errorf("%v, the ledger knows %+v", d.sim.Accounts(), a)
	}
}

func TestAccounts_OneThatStandsAlreadyDoesNotKeepOthersFromBeingMade(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	client := d.stage().Synthesize
	d.must(client.CreateAccounts(context.Background(), []synthesize.NewAccount{{ID: "1", Name: "A"}}, nil))
	if failures := d.handle(d.account(observed, "1", "A"), d.account(observed, "2", "B"), d.account(observed, "3", "C")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if n := len(d.sim.Accounts()); n != 3 {
		t.Errorf("%d accounts", n)
	}
}

func TestAccounts_RenamedCompanyIsRenamedAndAnOlderMessageChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	d.handle(d.services(observed.Add(time.Hour), "Servers"), d.account(observed.Add(time.Hour), "1", "B"))
	if got := d.sim.Accounts()[0].Name; got != "B" {
		t.Fatalf("name %q", got)
	}
	d.handle(d.account(observed, "1", "A"))
	if got := d.sim.Accounts()[0].Name; got != "B" {
		t.Errorf("an older message renamed it back to %q", got)
	}
}

func TestAccounts_DisconnectMarksUnknownAndMakesAgain(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	svc, _ := d.book.Services(ctx)
	telling, err := d.book.StartTelling(ctx, "run", observed, "1", map[string]int64{"Servers": 4}, svc, "t")
	d.must(err)
	_, err = d.book.FinishTelling(ctx, telling, map[string]ledger.Result{"Servers": {Answer: ledger.Accepted, Definite: true}}, true)
	d.must(err)
	d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Wanted = true }))
	d.sim.Disconnect(synthesizetest.Disconnecting{})
	if failures := d.handle(d.services(observed.Add(time.Hour), "Servers")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	a, _ := d.book.Account(ctx, "1")
	svc, _ = d.book.Services(ctx)
	service, _ := svc.ByName("Servers")
	if p := a.Pair(service); p.State != ledger.Unknown || !p.EverTold {
		t.Errorf("the pair is %+v, want unknown", p)
	}
	if len(d.sim.Accounts()) != 1 || !a.Exists {
		t.Errorf("accounts %v, the ledger knows %+v", d.sim.Accounts(), a)
	}
}

// Two workers look at the same time. One finds the account gone and makes it again, before the other one writes down what it
// saw: that was the account before.
func TestAccounts_GoneInAnOldLook_AndMadeAgainSince_IsLeftStanding(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Wanted = true }))
	d.sim.Disconnect(synthesizetest.Disconnecting{})
	met := false
	list := on("GET", "/organization/accounts")
	d.sim.Inject(synthesizetest.Fault{Match: func(r synthesizetest.RequestInfo) bool {
		if list(r) && !met {
			met = true
			d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Missing(); a.Made("A") }))
		}
		return false
	}})
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	if a, _ := d.book.Account(ctx, "1"); !met || !a.Exists || a.Incarnation != 1 {
		t.Errorf("asked: %v; the ledger knows %+v", met, a)
	}
}

func TestAccounts_RefusedLoginIsNotedAndTriedAgainOnlyWithAnotherSecret(t *testing.T) {
	d := newDesk(t)
	d.key = "wrong"
	m := d.services(observed, "Servers")
	for range 3 {
		if failures := d.handle(m); len(failures) != 1 || failures[0].Dead {
			t.Fatalf("%+v", failures)
		}
	}
	if n := d.sim.Total(); n > 2 {
		t.Errorf("%d requests with a wrong key", n)
	}
	d.key, d.version = synthesizetest.DefaultPartnerKey, "v2"
	if failures := d.handle(m); len(failures) != 0 {
		t.Errorf("after the secret was corrected: %+v", failures)
	}
}

func TestAccounts_AnotherTenantIsRefused(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewVendorID: true})
	writes := d.sim.Writes()
	failures := d.handle(d.services(observed.Add(time.Hour), "Servers"))
	var other *ledger.TenantError
	if len(failures) != 1 || !errors.As(failures[0].Err, &other) || d.sim.Writes() != writes {
		t.Fatalf("%+v", failures)
	}
	if svc, _ := d.book.Services(context.Background()); !svc.LookedAt.Equal(observed) {
		t.Error("the look counts as done: usage messages would not wait")
	}
}

func TestAccounts_UnreadableMessageDiesAlone(t *testing.T) {
	d := newDesk(t)
	poison := queue.Received{ID: "poison", Group: "9", Body: []byte(`{"version":1}`)}
	failures := d.handle(poison, d.services(observed, "Servers"), d.account(observed, "1", "A"))
	if len(failures) != 1 || !failures[0].Dead || failures[0].ID != "poison" || len(d.sim.Accounts()) != 1 {
		t.Fatalf("%+v", failures)
	}
}

// A worker has looked for the services. Another one made one meanwhile and stood still before it had written down the id,
// for so long that its claim is not believed any more.
// A message of a run whose clock was ahead, in a ledger that was restored since, must not make later runs look old.
func TestAccounts_ReadAtATimeThatLiesAhead_ByARunTheLedgerDoesNotKnow_ChangesNothing(t *testing.T) {
	d := newDesk(t)
	ahead := observed.Add(90 * 24 * time.Hour)
	services, account := d.services(ahead, "Servers"), d.account(ahead, "1", "A")
	d.now = observed
	if failures := d.handle(services, account); len(failures) != 0 || d.sim.Total() != 0 {
		t.Fatalf("%v, %d requests, want none", failures, d.sim.Total())
	}
	known, err := d.book.Services(context.Background())
	if err != nil || known.LookedAt.After(observed) {
		t.Errorf("looked at %s, %v", known.LookedAt, err)
	}
	a, err := d.book.Account(context.Background(), "1")
	if err != nil || a.NameIntent != nil {
		t.Errorf("%+v, %v", a, err)
	}
}
