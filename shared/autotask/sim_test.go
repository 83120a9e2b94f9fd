package autotask_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// client is a client of a simulated tenant, with its right credentials.
func client(tb testing.TB, baseURL string, over *http.Client) *autotask.Client {
	tb.Helper()
	c, err := autotask.New(autotask.Config{
		BaseURL: baseURL,
		HTTP:    over,
		Credentials: func(context.Context, bool) (autotask.Credentials, error) {
			d := autotasktest.DefaultCredentials
			return autotask.Credentials{Username: d.Username, Secret: d.Secret, IntegrationCode: d.IntegrationCode, Version: "1"}, nil
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// simulated runs a test against a tenant in virtual time, after the login.
func simulated(t *testing.T, tenant *autotasktest.Tenant, test func(t *testing.T, c *autotask.Client)) {
	synctest.Test(t, func(t *testing.T) {
		network := vendorapitest.NewNetwork(t)
		network.Serve("localhost", tenant)
		c := client(t, "http://localhost", network.Client())
		if _, err := c.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, c)
	})
}

// generated is a tenant of n items whose ids have gaps, in n/100 companies.
func generated(n int) *autotasktest.Tenant {
	tenant := autotasktest.NewTenant(autotasktest.Options{})
	tenant.Generate(n, func(i int) int64 { return int64(i)*7 + int64(i/1000)*9_000 },
		func(i int) autotasktest.Item {
			return autotasktest.Item{Company: int64(i*31%(n/100+1)) + 170, Type: int64(i % 5), Inactive: i%11 == 0}
		})
	return tenant
}

// differs compares counts with a direct count of the tenant's data.
func differs(tenant *autotasktest.Tenant, counts autotask.ItemCounts) error {
	truth := tenant.ActiveItems()
	seen := 0
	for _, c := range counts.Cells {
		company, typ := c.Company, c.Type
		if company == autotask.NoCompany {
			company = autotasktest.Null
		}
		if typ == autotask.NoType {
			typ = autotasktest.Null
		}
		if want := truth[company][typ]; want != c.Items {
			return fmt.Errorf("company %d, type %d: counted %d, there are %d", company, typ, c.Items, want)
		}
		seen++
	}
	for _, types := range truth {
		seen -= len(types)
	}
	if seen != 0 {
		return errors.New("companies or types are missing")
	}
	return nil
}

func TestSimulator_ABelievableTenant_IsReadWhole(t *testing.T) {
	tenant := autotasktest.Sample(1)
	simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
		counts, err := c.CountItems(t.Context(), nil)
		if err == nil {
			err = differs(tenant, counts)
		}
		if err != nil {
			t.Error(err)
		}
		companies, err := c.Companies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		visible := 0
		for _, company := range tenant.Companies() {
			if !company.Hidden {
				visible++
			}
		}
		if len(companies) != visible || companies[0].ID != 0 {
			t.Errorf("%d companies, the user may see %d", len(companies), visible)
		}
		for _, company := range companies {
			if strings.ContainsAny(company.Name, "\x00\n") || strings.TrimSpace(company.Name) != company.Name {
				t.Errorf("name %q", company.Name)
			}
		}
		if types, err := c.Types(t.Context()); err != nil || len(types) < 5 {
			t.Errorf("types %v, %v", types, err)
		}
		if own, err := c.OwnCompany(t.Context()); err != nil || own.Name != "Example MSP" {
			t.Errorf("own company %+v, %v", own, err)
		}
		for _, entity := range []autotask.Entity{autotask.Companies, autotask.ConfigurationItems} {
			if access, err := c.QueryAccess(t.Context(), entity); err != nil || access != autotask.AccessAll {
				t.Errorf("access to %s: %s, %v", entity, access, err)
			}
		}
		if budget, err := c.Budget(t.Context()); err != nil || budget.Used != c.Requests() || budget.Limit != 10_000 {
			t.Errorf("budget %+v, %v after %d requests", budget, err, c.Requests())
		}
	})
}

func TestSimulator_AnyFaultAnywhere_EndsInARightCountOrNone(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]autotasktest.Fault{
		"500":                 {Kind: autotasktest.Answer},
		"web page":            {Kind: autotasktest.HTMLPage},
		"empty":               {Kind: autotasktest.EmptyAnswer},
		"200 with errors":     {Kind: autotasktest.WithErrors},
		"items null":          {Kind: autotasktest.NullItems},
		"no pageDetails":      {Kind: autotasktest.NoPageDetails},
		"truncated":           {Kind: autotasktest.Truncated},
		"cut":                 {Kind: autotasktest.CutMidBody},
		"dropped":             {Kind: autotasktest.DropBefore},
		"threads":             {Kind: autotasktest.Threads},
		"threads under 500":   {Kind: autotasktest.ThreadsAs500},
		"a page without rows": {Kind: autotasktest.MissingRows, Rows: 500},
		"a page with a gap":   {Kind: autotasktest.MissingRows, Rows: 3},
		"a wrong count":       {Kind: autotasktest.WrongCount, Rows: 7},
	} {
		t.Run(name, func(t *testing.T) {
			for skip := range 8 {
				tenant := generated(1_800)
				simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
					fault.Match, fault.Skip = autotasktest.On("ConfigurationItems", ""), skip
					tenant.Inject(fault)
					counts, err := c.CountItems(t.Context(), nil)
					if err == nil {
						err = differs(tenant, counts)
					}
					if err != nil {
						t.Errorf("at request %d: %v", skip, err)
					}
				})
			}
		})
	}
}

func TestSimulator_SlotsFreedLate_NeverMeetTheThreadLimit(t *testing.T) {
	tenant := generated(20_000)
	tenant.Switch(func(s *autotasktest.Switches) { s.Latency, s.SlotFreedLate = 40*time.Millisecond, 10*time.Millisecond })
	simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
		if _, err := c.CountItems(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if n := tenant.Count(func(r autotasktest.Request) bool { return r.Status == 429 }); n > 0 {
			t.Errorf("the thread limit was met %d times", n)
		}
		if peak := tenant.Peak("ConfigurationItems"); peak != 2 {
			t.Errorf("%d in flight at the peak", peak)
		}
	})
}

func TestSimulator_TheTenantMovesDuringTheRead_IsFollowed(t *testing.T) {
	tenant := generated(5_000)
	simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
		asked := 0
		tenant.OnRequest(func(r autotasktest.Request) {
			if asked++; asked == 6 {
				tenant.MoveZone("zone29", 20264)
			}
		})
		counts, err := c.CountItems(t.Context(), nil)
		if err == nil {
			err = differs(tenant, counts)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSimulator_ASecretThatExpiresDuringTheRead_IsNotTriedAgain(t *testing.T) {
	tenant := generated(5_000)
	simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
		asked := 0
		tenant.OnRequest(func(r autotasktest.Request) {
			if asked++; asked == 6 {
				tenant.SetCredentials(autotasktest.Credentials{Username: autotasktest.DefaultCredentials.Username, Secret: "another", IntegrationCode: autotasktest.DefaultCredentials.IntegrationCode})
			}
		})
		_, err := c.CountItems(t.Context(), nil)
		if !vendorapi.IsRefused(err) {
			t.Errorf("got %v", err)
		}
		// Those in flight at that moment are refused, and nobody after them.
		if n := tenant.Count(func(r autotasktest.Request) bool { return r.Status == 401 }); n > 2 {
			t.Errorf("%d requests were refused", n)
		}
	})
}

func TestSimulator_TheHourIsSpent_EndsTheReadCleanly(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		tenant := generated(5_000)
		simulated(t, tenant, func(t *testing.T, c *autotask.Client) {
			tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit, s.BudgetStatus = 8, status })
			_, err := c.CountItems(t.Context(), nil)
			if vendorapi.KindOf(err) != vendorapi.Unavailable {
				t.Errorf("status %d: got %v", status, err)
			}
			if n := len(tenant.Requests()); n > 30 {
				t.Errorf("status %d: %d requests", status, n)
			}
		})
	}
}

func TestSimulator_OverLoopbackSockets(t *testing.T) {
	tenant := autotasktest.Sample(2)
	server := autotasktest.Start(tenant)
	defer server.Close()
	c := client(t, server.URL, nil)
	if _, err := c.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts, err := c.CountItems(t.Context(), nil)
	if err == nil {
		err = differs(tenant, counts)
	}
	if err != nil {
		t.Error(err)
	}
}

func BenchmarkCountItems200k(b *testing.B) {
	tenant := generated(220_000) // of which a tenth is retired
	server := autotasktest.Start(tenant)
	defer server.Close()
	tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit = 1 << 40 })
	b.ReportAllocs()
	for b.Loop() {
		c := client(b, server.URL, nil)
		if _, err := c.Login(b.Context()); err != nil {
			b.Fatal(err)
		}
		counts, err := c.CountItems(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(counts.Requests), "requests/op")
		b.ReportMetric(float64(counts.Items), "items/op")
	}
}
