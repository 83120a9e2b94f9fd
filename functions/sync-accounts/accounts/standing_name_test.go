package accounts_test

import (
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// A worker that died had made the account under the name that the company had then. Whoever finds it standing must not note
// that it is called what his own message says: it would be called wrongly for ever.
func TestAccounts_TakenOver_FoundUnderTheOlderName_IsRenamed(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.stage().Synthesize.CreateAccounts(context.Background(), []synthesize.NewAccount{{ID: "1", Name: "Old"}}, nil))
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.Making = &ledger.Making{Token: "another", Since: d.now.Add(-time.Minute)}
	}))
	if failures := d.handle(d.account(observed, "1", "New")); len(failures) != 0 {
		t.Errorf("%+v", failures)
	}
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if stands := d.sim.Accounts()[0].Name; stands != "New" && a.Name == "New" {
		t.Errorf("Synthesize calls it %q, and the ledger says %q: no later run renames it", stands, a.Name)
	}
}

// The same where the answer to a creation was "stands already", without any claim.
func TestAccounts_StandsAlreadyUnderAnotherName_IsRenamed(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.stage().Synthesize.CreateAccounts(context.Background(), []synthesize.NewAccount{{ID: "1", Name: "Old"}}, nil))
	d.handle(d.account(observed, "1", "New"))
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if stands := d.sim.Accounts()[0].Name; stands != "New" && a.Name == "New" {
		t.Errorf("Synthesize calls it %q, and the ledger says %q: no later run renames it", stands, a.Name)
	}
}
