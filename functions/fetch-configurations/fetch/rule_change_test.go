package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

const split = `
- {service: Workstations, types: [Desktop]}
- {service: Laptops, types: [Laptop]}
- {service: Servers, types: [Server]}`

// night with a large client 2, so that only client 1 falls too far.
func newOfficeWithALargeClient(t *testing.T) *office {
	o := newOffice(t)
	o.stage.Rules = parsed(t, inForce)
	o.stage.Guard.MaxCompanyDropPercent = 30
	o.add(1, 2, 8)
	o.add(2, 1, 100)
	o.night()
	return o
}

// The others are told by the new rules in the first night, so in the second these are nothing new any more.
func TestRulesChange_OneCompanyFalls_ItsHoldNamesTheRuleEveryNightUntilItIsApproved(t *testing.T) {
	o := newOfficeWithALargeClient(t)
	o.stage.Rules = parsed(t, split)
	var last fetch.Result
	for night := range 3 {
		last = o.night()
		if len(last.Holds) != 1 || last.Holds[0].Company != "1" || last.Holds[0].Rule != "Workstations" ||
			strings.Count(last.Holds[0].Text, "Workstations: it counted Desktop, Laptop, and counts Desktop") != 1 {
			t.Fatalf("night %d: %+v", night, last.Holds)
		}
	}
	o.approve(last.RunID)
	if r := o.night(); len(r.Holds) != 0 || !slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" && c.Service == "Workstations" && c.To == 1 }) {
		t.Errorf("approved: %+v, %+v", r.Holds, r.Changes)
	}
}

func TestDevicesGo_OneCompanyFalls_ItsHoldNamesNoRule(t *testing.T) {
	o := newOffice(t)
	o.stage.Rules = parsed(t, inForce)
	o.stage.Guard.MaxCompanyDropPercent = 30
	ids := o.add(1, 2, 8)
	o.add(2, 1, 100)
	o.night()
	o.stage.Rules = parsed(t, strings.Replace(inForce, "[Server]", "[Server, ESXi Host]", 1)) // not what falls
	o.retire(ids[1:])
	if r := o.night(); len(r.Holds) != 1 || r.Holds[0].Rule != "" || strings.Contains(r.Holds[0].Text, "rules were changed") {
		t.Errorf("%+v", r.Holds)
	}
}

// What rules become, put in force: each is told what `rules diff` says beforehand.
func TestRulesChange_InForce_TellsWhatChangedAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		rules string
		told  []string // account, service, units
	}{
		"renamed":          {`[{service: Workstations, types: [Desktop, Laptop]}, {service: Managed Servers, formerly: Servers, types: [Server]}]`, nil},
		"split":            {split, []string{"1 Laptops 2", "1 Workstations 1"}},
		"mapped otherwise": {`[{service: Workstations, types: [Desktop]}, {service: Servers, types: [Server, Laptop]}]`, []string{"1 Servers 3", "1 Workstations 1"}},
		"retired":          {`[{service: Workstations, types: [Desktop, Laptop]}, {service: Servers, retired: true}]`, []string{"1 Servers 0", "2 Servers 0", "3 Servers 0"}},
		"put into one":     {`[{service: Workstations, types: [Desktop, Laptop, Server]}, {service: Servers, retired: true}]`, []string{"1 Servers 0", "1 Workstations 4", "2 Servers 0", "2 Workstations 2", "3 Servers 0", "3 Workstations 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOfficeWithRules(t)
			o.stage.RefreshAfter = 1000 * time.Hour
			o.stage.Rules = parsed(t, c.rules)
			r := o.night()
			var told []string
			for _, change := range r.Changes {
				told = append(told, fmt.Sprintf("%s %s %d", change.AccountID, change.Service, change.To))
			}
			slices.Sort(told)
			if r.State != fetch.StateDone || !slices.Equal(told, c.told) {
				t.Errorf("%s: %s, told %q, not %q", r.State, r.Reason, told, c.told)
			}
		})
	}
}

func TestRulesChange_TwoServicesPutIntoOneByFormerly_IsHeldAndSaysHowItIsDone(t *testing.T) {
	o := newOfficeWithRules(t)
	o.stage.Rules = parsed(t, `[{service: Workstations, formerly: servers, types: [Desktop, Laptop, Server]}]`)
	r := o.night()
	if r.State != fetch.StateHeld || !strings.Contains(r.Reason, `no rule names "Servers" any more`) ||
		!strings.Contains(r.Reason, `the rule of "Workstations" says so, but is a service of its own already: if it counts these devices now, take the formerly out of it, and give "Servers" a rule with retired: true`) {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}
