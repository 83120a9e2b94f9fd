package autotasktest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// generated is a tenant of n items that take no memory, with gaps between their ids.
func generated(n int) *autotasktest.Tenant {
	tenant := autotasktest.NewTenant(autotasktest.Options{LogLimit: -1})
	tenant.Generate(n, func(i int) int64 { return int64(i)*7 + int64(i/1000)*9_000 }, func(i int) autotasktest.Item {
		return autotasktest.Item{Company: int64(i % 997), Type: int64(i % 5), Inactive: i%11 == 0}
	})
	return tenant
}

func benchmark(b *testing.B, tenant *autotasktest.Tenant, path, body string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/zone5/ATServicesRest/V1.0/"+path, strings.NewReader(body))
		login(r, autotasktest.DefaultCredentials)
		w := httptest.NewRecorder()
		tenant.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// BenchmarkPage is a page of a million items, from the middle.
func BenchmarkPage(b *testing.B) {
	for name, id := range shapes {
		b.Run(name, func(b *testing.B) {
			tenant, _ := shaped(id)
			benchmark(b, tenant, "ConfigurationItems/query", activeAbove(id(million/2)))
		})
	}
	b.Run("all fields", func(b *testing.B) {
		tenant, _ := shaped(shapes["uniform"])
		benchmark(b, tenant, "ConfigurationItems/query", `{"Filter":[{"op":"gt","field":"id","value":3500000}]}`)
	})
}

// BenchmarkCount is a count of about half of a million items.
func BenchmarkCount(b *testing.B) {
	for name, id := range shapes {
		b.Run(name, func(b *testing.B) {
			tenant, _ := shaped(id)
			benchmark(b, tenant, "ConfigurationItems/query/count", activeAbove(id(million/2)))
		})
	}
}

// BenchmarkCompaniesPage is a page of 100,000 companies, from the middle.
func BenchmarkCompaniesPage(b *testing.B) {
	tenant := autotasktest.NewTenant(autotasktest.Options{LogLimit: -1})
	tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit = 1 << 60 })
	for i := range int64(100_000) {
		tenant.SetCompany(autotasktest.Company{ID: i, Name: fmt.Sprint("Company ", i)})
	}
	benchmark(b, tenant, "Companies/query", `{"IncludeFields":["id","companyName","isActive"],"Filter":[{"op":"gt","field":"id","value":50000}]}`)
}
