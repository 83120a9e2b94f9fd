package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A user who may not see company 0 gives no name. Two tenants that both give none are no less two.
func TestTenant_CompanyZeroIsNotSeen_AnotherDatabaseIsAnotherTenant(t *testing.T) {
	unnamed := func(database int64) ledger.AutotaskTenant { return ledger.AutotaskTenant{Database: database} }
	for name, bound := range map[string][]ledger.AutotaskTenant{
		"never seen":    {unnamed(5)},
		"not seen now":  {{Database: 5, Name: "MSP"}},
		"not seen once": {{Database: 5, Name: "MSP"}, unnamed(5)},
	} {
		b := newBook(t)
		for _, seen := range bound {
			if _, err := b.BindAutotask(context.Background(), seen); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		var other *ledger.TenantError
		if _, err := b.BindAutotask(context.Background(), unnamed(7)); !errors.As(err, &other) {
			t.Errorf("%s: database 7 is followed (%v)", name, err)
		}
		if _, err := b.BindAutotask(context.Background(), ledger.AutotaskTenant{Database: 5, Name: "MSP"}); err != nil {
			t.Errorf("%s: seen again: %v", name, err)
		}
	}
	// What it was called is not forgotten while it is not seen.
	b := newBook(t)
	for _, seen := range []ledger.AutotaskTenant{{Database: 5, Name: "MSP"}, unnamed(5)} {
		_, err := b.BindAutotask(context.Background(), seen)
		b.must(err)
	}
	if _, err := b.BindAutotask(context.Background(), ledger.AutotaskTenant{Database: 7, Name: "MSP"}); err != nil {
		t.Errorf("the MSP moved to another database: %v", err)
	}
}

// A worker of the tenant that was left ends after the move. What its run counted is nothing to compare the new one with.
func TestAcceptTenant_WorkerOfTheTenantThatWasLeftEnds_TheGuardStillHasNothingToCompareWith(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	lease, err := b.Begin(ctx, "old", time.Minute)
	b.must(err)
	counted := ledger.Baseline{RunID: "old", ObservedAt: lease.ObservedAt, Services: map[string]int64{"Servers": 500}}
	b.must(b.SaveRun(ctx, ledger.Run{ID: "old", ObservedAt: lease.ObservedAt, Baseline: &counted}))
	b.must(b.End(ctx, lease))
	b.must(b.AcceptTenant(ctx))
	b.must(b.AddOutcomes(ctx, lease.ObservedAt, ledger.Outcomes{Posted: 1}, true))
	if base, err := b.Baseline(ctx); err != nil || !base.ObservedAt.IsZero() {
		t.Errorf("the new tenant is compared with %+v (%v)", base, err)
	}
	b.now = b.now.Add(time.Hour)
	lease, err = b.Begin(ctx, "new", time.Minute)
	b.must(err)
	b.must(b.MoveBaseline(ctx, ledger.Baseline{RunID: "new", ObservedAt: lease.ObservedAt}))
	b.must(b.AddOutcomes(ctx, start, ledger.Outcomes{}, true))
	if base, err := b.Baseline(ctx); err != nil || base.RunID != "new" {
		t.Errorf("the new tenant's own run does not count: %+v (%v)", base, err)
	}
}

// An account of the tenant that was left was being made, and nobody knows what became of it. One of its id that stands at the
// new one stood there before, and so may its counts.
func TestAcceptTenant_AnAccountWasBeingMade_OneThatStandsAtTheNewTenantIsNotOurs(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.must(b.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Making = &ledger.Making{Token: "old", Since: b.now} }))
	b.must(b.AcceptTenant(ctx))
	b.must(b.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Stands("Theirs") }))
	if a, err := b.Account(ctx, "1"); err != nil || !a.Adopted {
		t.Errorf("%+v, %v", a, err)
	}
}
