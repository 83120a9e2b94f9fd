package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A user who may not see company 0 gives no name. Two tenants that both give none are no less two.
func TestReview_CompanyZeroIsNotSeen_AnotherDatabaseIsAnotherTenant(t *testing.T) {
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
