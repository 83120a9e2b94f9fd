package fetch

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/ledger"
)

var guard = Guard{MaxDropPercent: 30, MaxRisePercent: 100}

func TestGuard_HoldsAtItsBorders(t *testing.T) {
	for _, c := range []struct {
		name     string
		was, now int64
		held     bool
	}{
		{"a fall of exactly the percentage passes", 100, 70, false},
		{"one more is held", 100, 69, true},
		{"a fall of 9 units passes whatever its percentage", 9, 0, false},
		{"a fall of 10 units above the percentage is held", 10, 0, true},
		{"a rise of exactly the percentage passes", 100, 200, false},
		{"one more is held", 100, 201, true},
		{"a rise of 9 units from nothing passes", 0, 9, false},
		{"a rise of 10 units from nothing is held", 0, 10, true},
		{"no change passes", 50, 50, false},
	} {
		if holds := guard.total("Servers", c.was, c.now); (len(holds) > 0) != c.held {
			t.Errorf("%s: %d -> %d: %v", c.name, c.was, c.now, holds)
		}
	}
}

func TestGuard_IsExactForAllNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Guard{MaxDropPercent: rapid.Int64Range(0, 200).Draw(t, "drop"), MaxRisePercent: rapid.Int64Range(0, 1000).Draw(t, "rise")}
		was, now := rapid.Int64Range(0, 1e7).Draw(t, "was"), rapid.Int64Range(0, 1e7).Draw(t, "now")
		change := float64(now-was) / float64(max(was, 1)) * 100
		if was == 0 {
			change = float64(now) * 1e9
		}
		want := now-was >= 10 && change > float64(g.MaxRisePercent)+1e-6 || was-now >= 10 && -change > float64(g.MaxDropPercent)+1e-6
		border := change > float64(g.MaxRisePercent)-1e-6 && change < float64(g.MaxRisePercent)+1e-6 ||
			-change > float64(g.MaxDropPercent)-1e-6 && -change < float64(g.MaxDropPercent)+1e-6
		if got := len(g.total("s", was, now)) > 0; got != want && !border {
			t.Fatalf("%+v: %d -> %d held %v", g, was, now, got)
		}
	})
}

func ruled(names ...string) ledger.Services {
	var s ledger.Services
	var rules []ledger.Rule
	for _, n := range names {
		rules = append(rules, ledger.Rule{Name: n})
	}
	s.Apply(rules)
	return s
}

func TestGuard_EntryThatMatchesNothingAnyMoreIsHeld(t *testing.T) {
	before := ledger.Baseline{
		Services: map[string]int64{"Workstations": 1000},
		Entries:  map[string]map[string]int64{"Workstations": {"Laptop": 5, "Desktop": 995, "Tablet": 4}},
	}
	now := ledger.Baseline{
		Services: map[string]int64{"Workstations": 995},
		Entries:  map[string]map[string]int64{"Workstations": {"Laptop": 0, "Desktop": 995, "Tablet": 0}},
	}
	holds := guard.check(before, now, ruled("Workstations"), nil)
	if len(holds) != 1 || !strings.Contains(holds[0].Text, "Laptop") {
		t.Fatalf("got %+v, want one hold for Laptop (Tablet had fewer than 5)", holds)
	}
	delete(now.Entries["Workstations"], "Laptop")
	if holds := guard.check(before, now, ruled("Workstations"), nil); len(holds) != 0 {
		t.Fatalf("an entry that the rules no longer name was held: %+v", holds)
	}
}

func TestGuard_TypeThatLeftTheListIsHeld(t *testing.T) {
	before := ledger.Baseline{Types: map[string]ledger.TypeCount{"3": {Name: "Server", Items: 1}, "4": {Name: "Never used", Items: 0}}}
	holds := guard.check(before, ledger.Baseline{}, ruled(), map[string]string{"1": "Desktop"})
	if len(holds) != 1 || !strings.Contains(holds[0].Text, "Server") {
		t.Fatalf("got %+v", holds)
	}
}

func TestGuard_RetiredServiceMayFall(t *testing.T) {
	var s ledger.Services
	s.Apply([]ledger.Rule{{Name: "Network Devices", Retired: true}})
	before := ledger.Baseline{Services: map[string]int64{"Network Devices": 500}}
	if holds := guard.check(before, ledger.Baseline{}, s, nil); len(holds) != 0 {
		t.Fatalf("retired is the person's word, and was held: %+v", holds)
	}
}

func TestGuard_WhatWasToldAndIsNoLongerRuledIsHeldWhateverItsSize(t *testing.T) {
	one := int64(1)
	holds := takenBack([]Change{
		{AccountID: "1", Account: "A", Service: "Servers", From: &one, wentOut: 1, Reason: ReasonUnruled},
		{AccountID: "2", Account: "B", Service: "Servers", From: &one, Reason: ReasonChanged},
		{AccountID: "0", Account: "Us", Service: "Workstations", From: &one, wentOut: 1, Reason: ReasonLeftOut},
	})
	if len(holds) != 2 {
		t.Fatalf("got %+v", holds)
	}
	for _, h := range holds {
		if h.Was != 1 || h.Now != 0 {
			t.Errorf("got %+v, want 1 -> 0", h)
		}
	}
}
