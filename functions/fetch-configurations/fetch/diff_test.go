package fetch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/services"
)

func parsed(t *testing.T, text string) services.Rules {
	t.Helper()
	rules, err := services.Parse("rules", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// tries plans with other rules.
func (o *office) tries(text string) fetch.Result {
	o.t.Helper()
	inForce, book := o.stage.Rules, o.stage.Ledger
	defer func() { o.stage.Rules, o.stage.InForce, o.stage.Ledger = inForce, nil, book }()
	o.stage.Rules, o.stage.InForce = parsed(o.t, text), inForce
	o.stage.Ledger = ledger.New(memory.Overlay(o.store), o.stage.Now)
	r, err := o.run(fetch.Event{DryRun: true})
	if err != nil {
		o.t.Fatal(err)
	}
	if o.queued() != 0 || r.RulesDiff == nil {
		o.t.Fatalf("%d messages, diff %v", o.queued(), r.RulesDiff)
	}
	return r
}

const inForce = `
- {service: Workstations, types: [Desktop, Laptop]}
- {service: Servers, types: [Server]}`

// night with rules of two services: three companies with a desktop and a server each, and company 1 with two laptops more.
func newOfficeWithRules(t *testing.T) *office {
	o := newOffice(t)
	o.stage.Rules = parsed(t, inForce)
	o.add(1, 2, 2)
	o.night()
	return o
}

func TestRulesDiff_SaysPerServiceAndCompanyWhatWouldChange(t *testing.T) {
	number := func(n *int64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	for name, c := range map[string]struct {
		rules    string
		services []string // name, what, was, now, formerly
		pairs    []string // account, service, told, was, now
		held     string
	}{
		"the same rules in another order": {
			rules:    `[{service: Servers, types: [Server]}, {service: Workstations, types: [Laptop, Desktop]}]`,
			services: []string{"Workstations: same 5 5 ", "Servers: same 3 3 "},
		},
		"renamed": {
			rules:    inForce[:strings.Index(inForce, "- {service: Servers")] + `- {service: Managed Servers, formerly: Servers, types: [Server]}`,
			services: []string{"Workstations: same 5 5 ", "Managed Servers: renamed 3 3 Servers"},
		},
		"split": {
			rules:    "[{service: Workstations, types: [Desktop]}, {service: Laptops, types: [Laptop]}, {service: Servers, types: [Server]}]",
			services: []string{"Workstations: other types 5 3 ", "Servers: same 3 3 ", "Laptops: new - 2 "},
			pairs:    []string{"1 Laptops - 0 2", "1 Workstations 3 3 1"},
		},
		"mapped otherwise": {
			rules:    "[{service: Workstations, types: [Desktop]}, {service: Servers, types: [Server, Laptop]}]",
			services: []string{"Workstations: other types 5 3 ", "Servers: other types 3 5 "},
			pairs:    []string{"1 Servers 1 1 3", "1 Workstations 3 3 1"},
		},
		"retired": {
			rules:    "[{service: Workstations, types: [Desktop, Laptop]}, {service: Servers, retired: true}]",
			services: []string{"Workstations: same 5 5 ", "Servers: retired 3 - "},
			pairs:    []string{"1 Servers 1 1 0", "2 Servers 1 1 0", "3 Servers 1 1 0"},
		},
		"removed": {
			rules:    "[{service: Workstations, types: [Desktop, Laptop]}]",
			services: []string{"Workstations: same 5 5 ", "Servers: no rule any more 3 - "},
			pairs:    []string{"1 Servers 1 1 0", "2 Servers 1 1 0", "3 Servers 1 1 0"},
			held:     `no rule names "Servers" any more`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOfficeWithRules(t)
			r := o.tries(c.rules)
			var got []string
			for _, s := range r.RulesDiff.Services {
				got = append(got, fmt.Sprintf("%s: %s %s %s %s", s.Service, s.What, number(s.Was), number(s.Now), s.Formerly))
			}
			slices.Sort(got)
			slices.Sort(c.services)
			if !slices.Equal(got, c.services) {
				t.Errorf("services %q, not %q", got, c.services)
			}
			got = nil
			for _, p := range r.RulesDiff.Pairs {
				got = append(got, fmt.Sprintf("%s %s %s %d %d", p.AccountID, p.Service, number(p.Told), p.Was, p.Now))
			}
			if !slices.Equal(got, c.pairs) || r.RulesDiff.Differ != len(c.pairs) {
				t.Errorf("pairs %q, not %q", got, c.pairs)
			}
			if (r.State == fetch.StateHeld) != (c.held != "") || !strings.Contains(r.Reason, c.held) {
				t.Errorf("%s: %s", r.State, r.Reason)
			}
			if after := o.night(); after.State != fetch.StateDone || after.RulesDiff != nil {
				t.Errorf("the run after it: %s, %v", after.State, after.RulesDiff)
			}
		})
	}
}

// The rules in force may have become useless, which is when one tries others.
func TestRulesDiff_TypeIsRenamedInAutotask_NewRulesAreComparedWithWhatWasTold(t *testing.T) {
	o := newOfficeWithRules(t)
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Rack server"})
	r := o.tries(`[{service: Workstations, types: [Desktop, Laptop]}, {service: Servers, types: [Rack server]}]`)
	if r.RulesDiff.Unusable == "" || len(r.RulesDiff.Pairs) != 0 {
		t.Errorf("%+v", r.RulesDiff)
	}
}

func TestRulesChange_TotalsFall_HoldNamesTheRule(t *testing.T) {
	o := newOffice(t)
	o.stage.Rules = parsed(t, inForce)
	o.add(2, 2, 20)
	o.night()
	o.stage.Rules = parsed(t, "[{service: Workstations, types: [Desktop]}, {service: Servers, types: [Server]}]")
	r := o.night()
	if r.State != fetch.StateHeld || len(r.Holds) != 1 || r.Holds[0].Rule != "Workstations" || !strings.Contains(r.Reason, "its rule was changed since: it counted Desktop, Laptop, and counts Desktop") {
		t.Errorf("%s: %s, %+v", r.State, r.Reason, r.Holds)
	}
}

func TestDevicesGo_TotalsFall_HoldNamesNoRule(t *testing.T) {
	o := newOffice(t)
	o.stage.Rules = parsed(t, inForce)
	ids := o.add(2, 2, 20)
	o.night()
	o.retire(ids)
	if r := o.night(); r.State != fetch.StateHeld || r.Holds[0].Rule != "" || strings.Contains(r.Reason, "rule was changed") {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}

func TestEvent_RulesOfARunThatTells_AreRefused(t *testing.T) {
	_, err := fetch.ParseEvent([]byte(`{"rules": "[]"}`))
	var wrong *fetch.EventError
	if !errors.As(err, &wrong) || wrong.Field != "rules" {
		t.Errorf("got %v", err)
	}
	if e, err := fetch.ParseEvent([]byte(`{"rules": "[]", "dryRun": true}`)); err != nil || e.Rules != "[]" {
		t.Errorf("got %+v, %v", e, err)
	}
}
