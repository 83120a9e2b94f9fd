package autotasktest_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

const million = 1_000_000

// The ways in which a million ids may lie, each growing with the place.
var shapes = map[string]func(i int) int64{
	"uniform":   func(i int) int64 { return int64(i)*7 + 1 },
	"clustered": func(i int) int64 { return int64(i/1000)*900_000_000 + int64(i%1000) + 1 },
	"geometric": func(i int) int64 { return int64(i) + int64(math.Exp(float64(i)*40/million)) },
	"new at the end": func(i int) int64 {
		if i < million*9/10 {
			return int64(i) + 1
		}
		return 1<<40 + int64(i)
	},
}

// shaped is a tenant of a million items, and how often its ids and items were made so far.
func shaped(id func(int) int64) (tenant *autotasktest.Tenant, made *int) {
	tenant = autotasktest.NewTenant(autotasktest.Options{LogLimit: -1})
	tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit = math.MaxInt64 / 4 })
	made = new(int)
	tenant.Generate(million, func(i int) int64 { *made++; return id(i) }, func(i int) autotasktest.Item {
		*made++
		return autotasktest.Item{Company: int64(i % 997), Type: int64(i % 5), Inactive: i%11 == 0}
	})
	return tenant, made
}

// activeAbove asks for the active items above an id, as a walk does.
func activeAbove(id int64) string {
	return fmt.Sprintf(`{"IncludeFields":["id","companyID","configurationItemType","isActive"],"Filter":[%s,{"op":"gt","field":"id","value":%d}]}`,
		`{"op":"eq","field":"isActive","value":true}`, id)
}

func TestGenerated_APageOfAMillionCostsAPage_HoweverTheIDsLie(t *testing.T) {
	for name, id := range shapes {
		t.Run(name, func(t *testing.T) {
			tenant, made := shaped(id)
			c := start(t, tenant)
			c.count("ConfigurationItems", everyRow+`,{"op":"eq","field":"isActive","value":true}`) // sums up once
			for _, place := range []int{0, million / 2, million - 600} {
				*made = 0
				got, next := c.post(items, activeAbove(id(place))).page(t)
				want(t, "rows", len(got), 500)
				// About 550 are visited to find 500 active ones, three calls each at most, and 20 steps find the first.
				if *made > 3*550+100 {
					t.Errorf("page from place %d: %d ids and items made", place, *made)
				}
				*made = 0
				_, _ = c.post(next, activeAbove(0)).page(t)
				if *made > 3*550+100 {
					t.Errorf("by its link: %d ids and items made", *made)
				}
				*made = 0
				count := c.count("ConfigurationItems", fmt.Sprintf(`{"op":"gt","field":"id","value":%d}`, id(place)))
				want(t, "count", count, int64(million-1-place))
				if *made > 3*1024 {
					t.Errorf("count from place %d: %d ids and items made", place, *made)
				}
			}
		})
	}
}

func TestGenerated_AWalkReachesEveryIDOnce_HoweverTheyLie(t *testing.T) {
	const n = 3_000
	for name, id := range shapes {
		tenant := autotasktest.NewTenant(autotasktest.Options{})
		stretched := func(i int) int64 { return id(i * (million / n)) }
		tenant.Generate(n, stretched, func(int) autotasktest.Item { return autotasktest.Item{} })
		last := tenant.AddItem(autotasktest.Item{Company: 1})
		got := linkedAll(start(t, tenant))
		if len(got) != n+1 || got[n] != last || last != stretched(n-1)+1 {
			t.Fatalf("%s: %d ids, the last is %d", name, len(got), got[len(got)-1])
		}
		for i, id := range got[:n] {
			if id != stretched(i) {
				t.Fatalf("%s: id %d at place %d, want %d", name, id, i, stretched(i))
			}
		}
	}
}
