package accounts_test

import (
	"context"
	"testing"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// madeMeanwhile has another worker make a service just after Synthesize has listed them.
type madeMeanwhile struct {
	accounts.Synthesize
	make func()
}

func (m madeMeanwhile) Vendor(ctx context.Context) (synthesize.Vendor, error) {
	v, err := m.Synthesize.Vendor(ctx)
	m.make()
	return v, err
}

// What another worker makes while this one looks is missing from its list, and is not gone: were its id forgotten, it would be
// made a second time.
func TestTake_AServiceMadeByAnotherWhileItLooks_IsNotForgotten(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.services(observed, "Servers")
	s := d.stage()
	client := s.Synthesize
	s.Synthesize = madeMeanwhile{client, func() {
		made, err := client.CreateService(ctx, synthesize.NewService{Name: "Servers", Description: "Servers", Category: "other", Subcategory: "other"}, nil)
		d.must(err)
		_, err = d.book.UpdateServices(ctx, func(known *ledger.Services) error {
			known.Link([]ledger.Standing{{ID: made[0].ID, Name: made[0].Name}}, ledger.Services{})
			return nil
		})
		d.must(err)
	}}
	look, err := s.Take(ctx, nil)
	d.must(err)
	if service, ok := look.Services.ByName("Servers"); !ok || service.ID == "" {
		t.Errorf("the ledger has forgotten a service that stands: %+v", service)
	}
}
