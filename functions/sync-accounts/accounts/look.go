package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// Look is what stood at Synthesize when a run looked.
type Look struct {
	Organization synthesize.Organization
	Vendor       synthesize.Vendor
	Accounts     []synthesize.Account
	Services     ledger.Services // as the ledger knows them after the look
}

// Take reads organization, vendor and accounts, in this order so that the first call proves the login alone, and brings
// the ledger in line: ids that are gone are forgotten, services and accounts that stand are known, accounts that are
// missing are marked. It writes nothing at Synthesize. rules are nil when the ledger has them already.
func (s *Stage) Take(ctx context.Context, rules []ledger.Rule) (Look, error) {
	var look Look
	var err error
	if look.Organization, err = s.bind(ctx); err != nil {
		return look, err
	}
	// The ledger is read before the vendor is: what is known first and missing from the later answer is gone. The other
	// way round, what another worker makes in between would look gone.
	before, err := s.Ledger.Services(ctx)
	if err != nil {
		return look, err
	}
	known, err := s.Ledger.Accounts(ctx)
	if err != nil {
		return look, err
	}
	if look.Vendor, err = s.Synthesize.Vendor(ctx); err != nil {
		return look, err
	}
	if look.Accounts, err = s.Synthesize.Accounts(ctx); err != nil {
		return look, err
	}
	if err := s.knowAccounts(ctx, known, look.Accounts); err != nil {
		return look, err
	}
	version, err := s.SecretVersion(ctx, false)
	if err != nil {
		return look, err
	}
	standing := make([]ledger.Standing, len(look.Vendor.Services))
	for i, service := range look.Vendor.Services {
		standing[i] = ledger.Standing{ID: service.ID, Name: service.Name}
	}
	look.Services, err = s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		if rules != nil {
			known.Apply(rules)
		}
		known.Link(standing, before)
		known.Proven = version
		return nil
	})
	return look, err
}

// knowAccounts brings the ledger's accounts in line with those that stand at Synthesize. Only differences are written.
func (s *Stage) knowAccounts(ctx context.Context, known map[string]ledger.Account, listed []synthesize.Account) error {
	names := make(map[string]string, len(listed))
	var differ []string
	for _, a := range listed {
		if _, twice := names[a.ID]; twice {
			return fmt.Errorf("list the accounts of Synthesize: account id %q stands twice in the answer", a.ID)
		}
		names[a.ID] = a.Name
		if k, ok := known[a.ID]; !ok || !k.Exists {
			differ = append(differ, a.ID)
		}
	}
	gone := map[string]int64{}
	for id, k := range known {
		if _, stands := names[id]; k.Exists && !stands {
			differ = append(differ, id)
			gone[id] = k.Incarnation
		}
	}
	slices.Sort(differ)
	return s.Ledger.UpdateAccounts(ctx, nil, known, differ, func(a *ledger.Account) {
		if name, stands := names[a.ID]; stands {
			a.Stands(name)
		} else if a.Incarnation == gone[a.ID] {
			a.Missing()
		}
	})
}
