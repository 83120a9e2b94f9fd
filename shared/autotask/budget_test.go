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
	tenant := generated(20_000) // some 18,200 active: 37 pages and 12 of margin
	// Others retry, so to speak: every second answer is a fault, and each attempt counts against the hour.
	counts, sent, err := readWithin(t, tenant, 9_896, func() {
		tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = 0 })
		tenant.Generate(60_000, func(i int) int64 { return int64(i) * 7 }, func(i int) autotasktest.Item {
			return autotasktest.Item{Company: 170, Type: 1}
		})
	})
	var over *autotask.BudgetError
	if !errors.As(err, &over) {
		t.Fatalf("error %v, want one of the budget", err)
	}
	if counts.Items != 0 || sent > 53 {
		t.Errorf("%d items counted by %d requests, want none", counts.Items, sent)
	}
}
