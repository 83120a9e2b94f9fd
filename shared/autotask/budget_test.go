package autotask_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// readWithin reads the items of a tenant whose hour others have used in part, by half of what is left.
func readWithin(t *testing.T, tenant *autotasktest.Tenant, othersUsed int64, afterLogin func()) (counts autotask.ItemCounts, sent int64, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit, s.OthersUsed = 10_000, othersUsed })
		network := vendorapitest.NewNetwork(t)
		network.Serve("localhost", tenant)
		c, newErr := autotask.New(autotask.Config{
			BaseURL: "http://localhost", HTTP: network.Client(), BudgetPercent: 50,
			Credentials: func(context.Context, bool) (autotask.Credentials, error) {
				d := autotasktest.DefaultCredentials
				return autotask.Credentials{Username: d.Username, Secret: d.Secret, IntegrationCode: d.IntegrationCode}, nil
			},
		})
		if newErr != nil {
			t.Fatal(newErr)
		}
		if _, err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		afterLogin()
		counts, err = c.CountItems(t.Context(), nil)
		sent = c.Requests()
	})
	return counts, sent, err
}

func TestCountItems_HalfOfTheHourIsEnough_Reads(t *testing.T) {
	tenant := generated(20_000)
	counts, _, err := readWithin(t, tenant, 9_800, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := differs(tenant, counts); err != nil {
		t.Error(err)
	}
}

func TestCountItems_MoreThanHalfOfTheHour_StopsBeforeAnyPage(t *testing.T) {
	_, sent, err := readWithin(t, generated(20_000), 9_920, func() {})
	var over *autotask.BudgetError
	if !errors.As(err, &over) || over.Used != 0 {
		t.Fatalf("error %v, want one of the budget before items are read", err)
	}
	if sent != 2 {
		t.Errorf("%d requests sent, want the login and the count", sent)
	}
	for _, part := range []string{"needs about 49 requests", "AUTOTASK_BUDGET_PERCENT", "50 %", "60 minutes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestCountItems_AllowanceUsedUpOnTheWay_StopsWithoutCounts(t *testing.T) {
	tenant := generated(20_000)
	// Every second page fails at first, and the repetition counts against the hour like any request.
	asked := 0
	tenant.Inject(autotasktest.Fault{
		Match: func(r autotasktest.Request) bool {
			if r.Operation != "query" {
				return false
			}
			asked++
			return asked%2 == 0
		},
		Times: -1, Kind: autotasktest.HTMLPage,
	})
	counts, sent, err := readWithin(t, tenant, 9_890, func() {})
	var over *autotask.BudgetError
	if !errors.As(err, &over) || over.Used == 0 {
		t.Fatalf("error %v, want one of the budget on the way", err)
	}
	if counts.Items != 0 {
		t.Errorf("%d items counted, want none of half a read", counts.Items)
	}
	if allowed := over.Allowed + 1 + 2; sent > allowed { // the login, and what two walkers had in flight
		t.Errorf("%d requests sent, want at most %d", sent, allowed)
	}
}
