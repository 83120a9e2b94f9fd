package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/synthsync/synthsync/build/measure"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// The tenant of docs/figures.md, and its bounds.
const (
	manyItems     = 200_000
	manyCompanies = 2_000
	maxRequests   = manyItems/500 + manyCompanies/500 + 40
	maxPeakMB     = 64
)

func TestMain(m *testing.M) {
	measure.Intercept()
	os.Exit(m.Run())
}

// BenchmarkRun200k runs the built command, in a process of its own, against local vendors in this one: a first run, one
// after everything was mapped, and one in which nothing changed. It fails when a bound is broken.
//
//	go test ./cmd/synthsync -run '^$' -bench Run200k -benchtime 1x
func BenchmarkRun200k(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "synthsync.exe") // Windows runs nothing without the ending, others do not mind it
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	tenant := autotasktest.NewTenant(autotasktest.Options{LogLimit: 1000})
	for i, name := range []string{"Desktop", "Laptop", "Server", "Printer"} {
		tenant.SetType(autotasktest.Type{ID: int64(i + 1), Name: name})
	}
	for c := int64(1); c <= manyCompanies; c++ {
		tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("Company ", c)})
	}
	tenant.Generate(manyItems, func(i int) int64 { return int64(i)*13 + 5 }, func(i int) autotasktest.Item {
		return autotasktest.Item{Company: int64(i%manyCompanies) + 1, Type: int64(i/manyCompanies%4) + 1}
	})
	sim := synthesizetest.New(synthesizetest.Options{NoHistory: true, LogLimit: 10})
	a, s := autotasktest.Start(tenant), synthesizetest.Start(sim)
	defer a.Close()
	defer s.Close()
	c := autotasktest.DefaultCredentials
	env := []string{"AUTOTASK_URL=" + a.URL, "SYNTHESIZE_URL=" + s.URL,
		"AUTOTASK_USERNAME=" + c.Username, "AUTOTASK_SECRET=" + c.Secret, "AUTOTASK_INTEGRATION_CODE=" + c.IntegrationCode,
		"SYNTHESIZE_VENDOR_API_KEY=" + synthesizetest.DefaultVendorKey, "SYNTHESIZE_PARTNER_API_KEY=" + synthesizetest.DefaultPartnerKey}
	for range b.N {
		ledger := filepath.Join(b.TempDir(), "synthsync.ledger")
		var peak float64
		var requests []int // of each run, as the vendor counts them: also what the product might not count
		run := func(name string) fetch.Result {
			b.Helper()
			tenant.ResetLog()
			out, cost, err := measure.Run(b.Context(), env, binary, "run", "--json", "--ledger", ledger)
			if err != nil {
				b.Fatalf("%s: %v\n%s", name, err, out)
			}
			var r fetch.Result
			if err := json.Unmarshal(out, &r); err != nil {
				b.Fatalf("%s: %v", name, err)
			}
			peak = max(peak, cost.PeakMB)
			asked := tenant.Count(func(autotasktest.Request) bool { return true })
			requests = append(requests, asked)
			if r.Read.Items != manyItems || asked > maxRequests {
				b.Errorf("%s: %d items, %d Autotask requests, at most %d are allowed", name, r.Read.Items, asked, maxRequests)
			}
			b.Logf("%s: %d Autotask requests (the run says %d), peak %.1f MB, %d counts posted", name, asked, r.Read.Requests,
				cost.PeakMB, r.Usage.Posted)
			return r
		}
		run("first run")
		sim.MapAll()
		run("mapped")
		writes := sim.Writes()
		unchanged := run("nothing changed")
		if sim.Writes() != writes || unchanged.Usage.Posted != 0 {
			b.Errorf("nothing changed, and %d writing requests went out", sim.Writes()-writes)
		}
		if peak > maxPeakMB {
			b.Errorf("peak memory %.0f MB, at most %d are allowed", peak, maxPeakMB)
		}
		b.ReportMetric(peak, "peak-MB")
		b.ReportMetric(float64(slices.Max(requests)), "autotask-requests")
		b.ReportMetric(maxRequests, "requests-allowed")
		b.ReportMetric(float64(unchanged.Usage.Posted), "posted-unchanged")
	}
}
