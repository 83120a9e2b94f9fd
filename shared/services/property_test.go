package services_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/services"
)

// typeNames holds few names in several spellings, so that rules and tenants meet.
func typeNames() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"Desktop", "desktop ", "Laptop", "LAPTOP", "Server", "ß", "12", "Switch", "Σ", "ς"})
}

func tenants() *rapid.Generator[[]services.Type] {
	return rapid.Custom(func(t *rapid.T) []services.Type {
		ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 20), 1, 8, rapid.ID).Draw(t, "ids")
		out := make([]services.Type, len(ids))
		for i, id := range ids {
			out[i] = services.Type{ID: id, Name: typeNames().Draw(t, "name"), Active: rapid.Bool().Draw(t, "active")}
		}
		return out
	})
}

func entryLists() *rapid.Generator[[]services.Entry] {
	entry := rapid.Custom(func(t *rapid.T) services.Entry {
		if rapid.Bool().Draw(t, "byID") {
			return services.Entry{ID: rapid.Int64Range(1, 20).Draw(t, "id")}
		}
		return services.Entry{Name: strings.TrimSpace(typeNames().Draw(t, "name"))}
	})
	return rapid.SliceOfNDistinct(entry, 1, 4, func(e services.Entry) string { return strings.ToUpper(e.String()) })
}

func ruleSets() *rapid.Generator[services.Rules] {
	return rapid.Custom(func(t *rapid.T) services.Rules {
		out := make(services.Rules, rapid.IntRange(1, 4).Draw(t, "rules"))
		for i := range out {
			out[i].Service = string(rune('A' + i))
			switch rapid.IntRange(0, 5).Draw(t, "form") {
			case 0:
				out[i].Retired = true
			case 1, 2:
				out[i].AllTypesExcept = entryLists().Draw(t, "except")
			default:
				out[i].Types = entryLists().Draw(t, "types")
			}
		}
		return out
	})
}

// counts asks the plainest question there is: does this rule count an item of this type?
func counts(r services.Rule, t services.Type) bool {
	names := func(entries []services.Entry) bool {
		for _, e := range entries {
			if e.ID == t.ID || e.ID == 0 && strings.EqualFold(strings.TrimSpace(e.Name), strings.TrimSpace(t.Name)) {
				return true
			}
		}
		return false
	}
	switch {
	case r.Retired:
		return false
	case r.AllTypesExcept != nil:
		return !names(r.AllTypesExcept)
	}
	return names(r.Types)
}

func TestCount_IsWhatCountingItemByItemGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant, rules := tenants().Draw(t, "tenant"), ruleSets().Draw(t, "rules")
		items := rapid.MapOf(rapid.Int64Range(1, 25), rapid.Int64Range(0, 1000)).Draw(t, "items")

		units, uncovered := map[string]int64{}, map[int64]int64{}
		for _, r := range rules {
			units[r.Service] = 0
		}
		for id, n := range items {
			covered := false
			for _, listed := range tenant {
				for _, r := range rules {
					if listed.ID == id && counts(r, listed) {
						units[r.Service] += n
						covered = true
					}
				}
			}
			if !covered {
				uncovered[id] = n
			}
		}

		matched, _, err := rules.Match(tenant)
		got := matched.Count(items)
		if diff := cmp.Diff(units, got.Units); diff != "" {
			t.Fatalf("units: %s", diff)
		}
		if diff := cmp.Diff(uncovered, got.Uncovered); diff != "" {
			t.Fatalf("uncovered: %s", diff)
		}
		for _, r := range rules {
			var sum int64
			for entry, n := range got.Entries[r.Service] {
				sum += n
				if _, known := matched.Entries()[r.Service][entry]; !known {
					t.Fatalf("%s counts the entry %q, which Entries does not list", r.Service, entry)
				}
			}
			if r.AllTypesExcept != nil && sum != got.Units[r.Service] {
				t.Fatalf("%s: the types caught sum to %d, the units are %d", r.Service, sum, got.Units[r.Service])
			}
			if sum < got.Units[r.Service] {
				t.Fatalf("%s: the entries sum to %d, the units are %d", r.Service, sum, got.Units[r.Service])
			}
			if r.Types != nil {
				fits := false
				for _, listed := range tenant {
					fits = fits || counts(r, listed)
				}
				none, _ := err.(*services.NoTypesError)
				reported := none != nil && strings.Contains(strings.Join(none.Rules(), " "), r.Service)
				if fits == reported {
					t.Fatalf("%s fits a type: %t, reported as fitting none: %t", r.Service, fits, reported)
				}
			}
		}
	})
}
