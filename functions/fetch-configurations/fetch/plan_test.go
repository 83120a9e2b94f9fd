package fetch

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

var now = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// scene is one account and one service at Synthesize.
type scene struct {
	planner
	company company
	account ledger.Account
}

func newScene(p ledger.Pair) *scene {
	var s ledger.Services
	s.Apply([]ledger.Rule{{Name: "Servers"}})
	s.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}}, ledger.Services{})
	s.List[0].Adopted = false
	if p.State == ledger.Told || p.State == ledger.MaybeTold {
		p.ServiceID = "s1"
	}
	return &scene{
		planner: planner{services: s, refreshAfter: 20 * time.Hour, now: now},
		company: company{id: 175, name: "Contoso", active: true, visible: true, units: map[string]int64{}},
		account: ledger.Account{ID: "175", Name: "Contoso", Exists: true, Pairs: map[string]ledger.Pair{"Servers": p}},
	}
}

// told is the reason of the one count due, or "" if none is.
func (s *scene) told(t *testing.T, units int64) Reason {
	t.Helper()
	if units > 0 {
		s.company.units["Servers"] = units
	}
	plan := s.planner.account(s.company, s.account)
	if len(plan.counts) == 0 {
		return ""
	}
	if got := plan.counts[0].To; !s.company.leftOut && s.services.List[0].Ruled && !s.services.List[0].Retired && got != units {
		t.Errorf("would tell %d, counted %d", got, units)
	}
	return plan.counts[0].Reason
}

func told(units int64, age time.Duration) ledger.Pair {
	return ledger.Pair{State: ledger.Told, Units: units, PostedAt: now.Add(-age), EverTold: true}
}

func TestPlan_WhyACountIsTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		pair  ledger.Pair
		units int64
		want  Reason
	}{
		{"never told", ledger.Pair{}, 3, ReasonNew},
		{"never told, nothing to count", ledger.Pair{}, 0, ""},
		{"changed", told(2, time.Hour), 3, ReasonChanged},
		{"equal and fresh", told(3, time.Hour), 3, ""},
		{"equal and old", told(3, 20*time.Hour), 3, ReasonRefresh},
		{"equal, told by a clock that was years ahead", told(3, -24*365*time.Hour), 3, ReasonRefresh},
		{"the last device is gone", told(3, time.Hour), 0, ReasonGone},
		{"told 0, still 0, old", told(0, 30*24*time.Hour), 0, ""},
		{"answer not known", ledger.Pair{State: ledger.MaybeTold, Units: 3}, 3, ReasonMaybe},
		{"answer not known, none left", ledger.Pair{State: ledger.MaybeTold, Units: 3}, 0, ReasonMaybe},
		{"stood there before us", ledger.Pair{State: ledger.Unknown}, 0, ReasonUnknown},
		{"stood there before us, not mapped today, units to bill", ledger.Pair{State: ledger.Unknown, NoMap: true, TriedAt: now.Add(-time.Hour)}, 4, ReasonUnknown},
		{"stood there before us, not mapped today, none left", ledger.Pair{State: ledger.Unknown, NoMap: true, TriedAt: now.Add(-time.Hour)}, 0, ""},
		{"stood there before us, not mapped yesterday", ledger.Pair{State: ledger.Unknown, NoMap: true, TriedAt: now.Add(-21 * time.Hour)}, 4, ReasonUnknown},
		{"never told and not mapped", ledger.Pair{NoMap: true, TriedAt: now.Add(-time.Minute)}, 4, ReasonUnmapped},
		{"mapping lost, equal", func() ledger.Pair { p := told(3, time.Minute); p.NoMap = true; return p }(), 3, ReasonLost},
		{"mapping lost by a disconnect", ledger.Pair{State: ledger.Unknown, NoMap: true, EverTold: true, TriedAt: now}, 3, ReasonLost},
	} {
		if got := newScene(c.pair).told(t, c.units); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlan_OpenIntentIsToldAgainThoughNothingChanged(t *testing.T) {
	s := newScene(told(3, time.Hour))
	s.account.Intent = &ledger.Intent{RunID: "older", ObservedAt: now.Add(-time.Hour)}
	if got := s.told(t, 3); got != ReasonOpen {
		t.Errorf("got %q", got)
	}
}

func TestPlan_OpenIntentWithNothingToTellIsOvertaken(t *testing.T) {
	s := newScene(ledger.Pair{})
	s.account.Intent = &ledger.Intent{RunID: "older", ObservedAt: now.Add(-time.Hour)}
	if plan := s.planner.account(s.company, s.account); plan.tells() || !plan.fence {
		t.Errorf("got %+v, want a fence: the older message must not be applied any more", plan)
	}
}

func TestPlan_FullRunTellsEverythingThatWasTold(t *testing.T) {
	s := newScene(told(3, time.Minute))
	s.full = true
	if got := s.told(t, 3); got != ReasonFull {
		t.Errorf("got %q", got)
	}
}

func TestPlan_InvisibleCompanyGetsNoZero(t *testing.T) {
	s := newScene(told(3, 100*time.Hour))
	s.company.visible = false
	if got := s.told(t, 0); got != "" {
		t.Errorf("got %q: invisible is not gone", got)
	}
}

func TestPlan_InactiveCompanyCountsAndGetsNoNewAccount(t *testing.T) {
	s := newScene(told(2, time.Hour))
	s.company.active = false
	if got := s.told(t, 3); got != ReasonChanged {
		t.Errorf("with an account: got %q", got)
	}
	s.account = ledger.Account{ID: "175"}
	if plan := s.planner.account(s.company, s.account); plan.create || plan.tells() {
		t.Errorf("without one: got %+v, want nothing", plan)
	}
}

func TestPlan_ServiceWithoutARuleIsTakenBackOnlyIfWeToldIt(t *testing.T) {
	s := newScene(told(3, time.Hour))
	s.services.Apply(nil)
	if got := s.told(t, 0); got != ReasonUnruled {
		t.Errorf("told: got %q", got)
	}
	s = newScene(ledger.Pair{State: ledger.Unknown})
	s.services.Apply(nil)
	if got := s.told(t, 0); got != "" {
		t.Errorf("stood there before us: got %q, want it left alone", got)
	}
}

func TestPlan_RetiredServiceBecomesZeroAlsoWhereItStoodBeforeUs(t *testing.T) {
	for _, p := range []ledger.Pair{told(3, time.Hour), {State: ledger.Unknown}} {
		s := newScene(p)
		s.services.Apply([]ledger.Rule{{Name: "Servers", Retired: true}})
		if got := s.told(t, 0); got != ReasonRetired {
			t.Errorf("%q: got %q", p.State, got)
		}
	}
}

func TestPlan_CompanyLeftOutIsTakenBackOnlyIfWeToldIt(t *testing.T) {
	s := newScene(told(3, time.Hour))
	s.company.leftOut = true
	if got := s.told(t, 0); got != ReasonLeftOut {
		t.Errorf("told: got %q", got)
	}
	s = newScene(ledger.Pair{State: ledger.Unknown})
	s.company.leftOut = true
	if got := s.told(t, 0); got != "" {
		t.Errorf("stood there before us: got %q", got)
	}
}

func TestPlan_RenamedCompanyIsRenamed(t *testing.T) {
	s := newScene(told(3, time.Hour))
	s.company.name = "Contoso Ltd"
	if plan := s.planner.account(s.company, s.account); !plan.rename || plan.create {
		t.Errorf("got %+v", plan)
	}
}
