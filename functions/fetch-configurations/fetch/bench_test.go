package fetch

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// BenchmarkDiff decides what is to be told of 2,000 companies with two services each, of which one in twenty has changed.
//
//	go test ./functions/fetch-configurations/fetch -run '^$' -bench Diff
func BenchmarkDiff(b *testing.B) {
	const companies = 2000
	svc := ruled("Servers", "Workstations")
	svc.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}, {ID: "s2", Name: "Workstations"}}, ledger.Services{})
	p := planner{services: svc, refreshAfter: 20 * time.Hour, now: now}
	all := make([]company, companies)
	known := make([]ledger.Account, companies)
	for i := range all {
		id := int64(i) + 1
		pair := func(service string, units int64) ledger.Pair {
			return ledger.Pair{State: ledger.Told, Units: units, ServiceID: service, EverTold: true, PostedAt: now.Add(-time.Hour)}
		}
		known[i] = ledger.Account{ID: accountID(id), Name: "Company", Exists: true, Pairs: map[string]ledger.Pair{"Servers": pair("s1", 3), "Workstations": pair("s2", id)}}
		all[i] = company{id: id, name: "Company", active: true, visible: true, units: map[string]int64{"Servers": 3, "Workstations": id}}
		if i%20 == 0 {
			all[i].units["Servers"] = 4
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		due := 0
		for i := range all {
			due += len(p.account(all[i], known[i]).counts)
		}
		if due != companies/20 {
			b.Fatalf("%d counts due", due)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/companies, "ns/company")
}
