package fetch

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
)

// beyond says, in numbers without end, whether a change from was to now is more than so many percent of was.
func beyond(was, now, percent int64) bool {
	change := new(big.Int).Sub(big.NewInt(now), big.NewInt(was))
	change.Abs(change).Mul(change, big.NewInt(100))
	return change.Cmp(new(big.Int).Mul(big.NewInt(percent), big.NewInt(was))) > 0
}

// around draws a count that is near a border of what a percentage of was allows.
func around(t *rapid.T, was, percent int64) int64 {
	return max(0, was+percent*was/100+rapid.Int64Range(-2, 2).Draw(t, "beside"))
}

func TestGuard_AtEveryBorder_AgreesWithExactArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Guard{
			MaxDropPercent: rapid.Int64Range(1, 100).Draw(t, "drop"), MaxRisePercent: rapid.Int64Range(1, 1000).Draw(t, "rise"),
			MaxCompanyDropPercent: rapid.Int64Range(0, 100).Draw(t, "company"),
		}
		was := rapid.OneOf(rapid.Int64Range(0, 60), rapid.Int64Range(0, 1e12)).Draw(t, "was")
		percent := rapid.SampledFrom([]int64{-g.MaxDropPercent, g.MaxRisePercent, -g.MaxCompanyDropPercent, 0}).Draw(t, "near")
		now := around(t, was, percent)
		falls := was-now >= 10 && beyond(was, now, g.MaxDropPercent)
		rises := now-was >= 10 && beyond(was, now, g.MaxRisePercent)
		if got := len(g.total("s", was, now)) > 0; got != (falls || rises) {
			t.Fatalf("%+v: %d -> %d held %v", g, was, now, got)
		}

		svc := ruled("Servers")
		svc.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}}, ledger.Services{})
		known := map[string]ledger.Account{"7": {ID: "7", Exists: true, Pairs: map[string]ledger.Pair{
			"Servers": {State: ledger.Told, Units: was, ServiceID: "s1"},
		}}}
		one := []company{{id: 7, visible: true, units: map[string]int64{"Servers": now}}}
		want := g.MaxCompanyDropPercent > 0 && was-now >= 5 && beyond(was, now, g.MaxCompanyDropPercent)
		if got := len(g.companies(one, known, svc, nil)) > 0; got != want {
			t.Fatalf("%+v: company %d -> %d held %v", g, was, now, got)
		}
	})
}

func TestApproval_Margin_IsTwoPercentOrTwoUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		approved := rapid.Int64Range(0, 1e6).Draw(t, "approved")
		now := max(0, approved+rapid.OneOf(rapid.Int64Range(-4, 4), rapid.Int64Range(-approved/40-2, approved/40+2)).Draw(t, "beside"))
		off := max(approved-now, now-approved)
		want := off <= 2 || off*100 <= approved*2
		if got := differsFrom(ledger.HeldFor{Now: approved}, ledger.HeldFor{Now: now}) == ""; got != want {
			t.Fatalf("approved %d, now %d: passes %v", approved, now, got)
		}
	})
}

// The plan is the difference between what Synthesize holds and what was counted: told to Synthesize, it leaves nothing to
// tell, and every pair stands at what was counted.
func TestPlan_ToldWhatItSays_LeavesNothingToTell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var svc ledger.Services
		var rules []ledger.Rule
		var standing []ledger.Standing
		for i := range rapid.IntRange(1, 4).Draw(t, "services") {
			name := fmt.Sprint("S", i)
			rules = append(rules, ledger.Rule{Name: name, Retired: rapid.IntRange(0, 9).Draw(t, "retired") == 0})
			standing = append(standing, ledger.Standing{ID: "id" + name, Name: name})
		}
		svc.Apply(rules)
		svc.Link(standing, ledger.Services{})
		if rapid.Bool().Draw(t, "unruled") && len(svc.List) > 1 {
			svc.Apply(rules[1:])
		}
		at := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
		p := planner{services: svc, refreshAfter: 20 * time.Hour, now: at, full: rapid.Bool().Draw(t, "full")}
		c := company{id: 175, name: "Contoso", active: true, visible: true, units: map[string]int64{}}
		a := ledger.Account{ID: "175", Name: "Contoso", Exists: true, Adopted: rapid.Bool().Draw(t, "adopted"), Pairs: map[string]ledger.Pair{}}
		for _, s := range svc.List {
			if s.Ruled && !s.Retired {
				c.units[s.Key] = rapid.Int64Range(0, 3).Draw(t, "units")
			}
			state := rapid.SampledFrom([]ledger.State{ledger.Never, ledger.Told, ledger.MaybeTold, ledger.Unknown}).Draw(t, "state")
			pair := ledger.Pair{State: state, ServiceID: s.ID}
			if state == ledger.Told || state == ledger.MaybeTold {
				pair.Units, pair.PostedAt = rapid.Int64Range(0, 3).Draw(t, "told"), at.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "age"))*time.Hour)
				pair.EverTold = state == ledger.Told
			}
			a.Pairs[s.Key] = pair
		}
		for _, change := range p.account(c, a).counts {
			s, _ := svc.ByName(change.Service)
			if want := c.units[s.Key]; change.To != want {
				t.Fatalf("%s: tells %d, counted are %d", change.Service, change.To, want)
			}
			a.Pairs[s.Key] = ledger.Pair{State: ledger.Told, Units: change.To, PostedAt: at, ServiceID: s.ID, EverTold: true}
		}
		for _, s := range svc.List {
			pair := a.Pair(s)
			switch {
			case !s.Ruled && pair.State == ledger.Unknown: // an earlier integration's, which no rule speaks of
			case pair.State == ledger.Never && c.units[s.Key] == 0: // nothing stands, and nothing is counted
			case pair.State != ledger.Told || pair.Units != c.units[s.Key]:
				t.Fatalf("%s stands at %+v, counted are %d", s.Name, pair, c.units[s.Key])
			}
		}
		p.full = false
		if left := p.account(c, a).counts; len(left) > 0 {
			t.Fatalf("told everything, and there is more: %+v", left)
		}
	})
}

// The count by company is what going over the items one by one gives.
func TestCount_IsWhatGoingOverTheItemsGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := []autotask.Type{{ID: 1, Name: "Desktop", Active: true}, {ID: 2, Name: "Server", Active: true}, {ID: 3, Name: "Printer"}}
		rules := services.Rules{
			{Service: "W", Types: []services.Entry{{Name: "Desktop"}, {ID: 1}}},
			{Service: "All", AllTypesExcept: []services.Entry{{Name: "Printer"}}},
		}
		matched, _, err := rules.Match([]services.Type{{ID: 1, Name: "Desktop", Active: true}, {ID: 2, Name: "Server", Active: true}, {ID: 3, Name: "Printer"}})
		if err != nil {
			t.Fatal(err)
		}
		companies := []autotask.Company{{ID: 0, Name: "Own", Active: true}, {ID: 1, Name: "A", Active: true}, {ID: 2, Name: "B"}}
		own, zero := rapid.Bool().Draw(t, "own"), rapid.Bool().Draw(t, "inactive as zero")
		cells := map[[2]int64]int64{}
		var items int64
		units, totals := map[int64]map[string]int64{}, map[string]int64{}
		var invisible, untyped, uncovered, left int64
		for range rapid.IntRange(0, 60).Draw(t, "items") {
			co := rapid.SampledFrom([]int64{0, 1, 2, 9, autotask.NoCompany}).Draw(t, "company")
			typ := rapid.SampledFrom([]int64{1, 2, 3, 8, autotask.NoType}).Draw(t, "type")
			cells[[2]int64{co, typ}]++
			items++
			add := func(service string) {
				if units[co] == nil {
					units[co] = map[string]int64{}
				}
				units[co][service]++
				totals[service]++
			}
			switch {
			case co == 9 || co == autotask.NoCompany:
				invisible++
			case co == 0 && !own:
				left++
			case typ == autotask.NoType:
				untyped++
			case co == 2 && zero:
			case typ == 3 || typ == 8:
				uncovered++
			case typ == 1:
				add("W")
				add("All")
			case typ == 2:
				add("All")
			}
		}
		read := autotask.ItemCounts{Items: items}
		for cell, n := range cells {
			read.Cells = append(read.Cells, autotask.CompanyType{Company: cell[0], Type: cell[1], Items: n})
		}
		f := count(types, companies, read, matched, own, zero)
		if fmt.Sprint(f.units) != fmt.Sprint(units) || fmt.Sprint(f.totals) != fmt.Sprint(totals) {
			t.Fatalf("counted %v, %v; want %v, %v", f.units, f.totals, units, totals)
		}
		var sum int64
		for _, n := range f.stats.Uncovered {
			sum += n
		}
		if f.stats.Invisible != invisible || f.stats.Untyped != untyped || sum != uncovered || f.stats.OwnCompany != left {
			t.Fatalf("beside the counts: %+v; want %d invisible, %d untyped, %d uncovered, %d own", f.stats, invisible, untyped, uncovered, left)
		}
	})
}
