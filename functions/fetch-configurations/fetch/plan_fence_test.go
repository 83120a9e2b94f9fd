package fetch

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// An older run's word that an account is made or renamed is overtaken by a run that has nothing to make or rename: its message
// may lie with the dead letters, and would make an account for a company that deserves none any more.
func TestPlan_OpenWordAboutANameWithNothingToMake_IsOvertaken(t *testing.T) {
	s := newScene(ledger.Pair{})
	s.account.Exists, s.account.Pairs = false, nil
	s.account.NameIntent = &ledger.Intent{RunID: "older", ObservedAt: now.Add(-time.Hour)}
	plan := s.planner.account(s.company, s.account)
	if plan.create || !plan.fenceName {
		t.Errorf("got %+v, want a fence: the older message must make nothing any more", plan)
	}
	a := s.account
	intend(&a, plan, ledger.Intent{RunID: "this", ObservedAt: now})
	if a.NameIntent.RunID != "this" || !a.NameIntent.Ended {
		t.Errorf("the account's word is %+v", a.NameIntent)
	}
}

// A client is released while an older run's message about him is under way: it must not bill him once more.
func TestPlan_ReleasedWhileAnOlderMessageIsUnderWay_ItIsOvertaken(t *testing.T) {
	s := newScene(ledger.Pair{})
	s.released = map[string]ledger.Release{"175": {AccountID: "175"}}
	s.account.Intent = &ledger.Intent{RunID: "older", ObservedAt: now.Add(-time.Hour)}
	s.account.NameIntent = &ledger.Intent{RunID: "older", ObservedAt: now.Add(-time.Hour)}
	if plan := s.planner.account(s.company, s.account); plan.tells() || !plan.fence || !plan.fenceName {
		t.Errorf("got %+v, want fences for both messages", plan)
	}
}

// A person has let the zero of a service without a rule pass, and its answer was lost, or was "no map": it is tried again, and
// nobody is asked a second time.
func TestPlan_ZeroOfAServiceWithoutARule_WentOutAlready_IsNoNewHold(t *testing.T) {
	for want, pair := range map[Reason]ledger.Pair{
		ReasonMaybe: {State: ledger.MaybeTold, Units: 0, EverTold: true},
		ReasonLost:  {State: ledger.Told, Units: 5, EverTold: true, NoMap: true, TriedUnits: 0},
	} {
		s := newScene(pair)
		s.services.List[0].Ruled = false
		plan := s.planner.account(s.company, s.account)
		if len(plan.counts) != 1 || plan.counts[0].Reason != want || len(takenBack(plan.counts)) != 0 {
			t.Errorf("got %+v, want it told as %q and not held", plan.counts, want)
		}
	}
}

// The zero of a count that stood there before us waits a day after "no map", unless the account has a map by now or a person
// asks for everything.
func TestPlan_ZeroThatHadNoMap_IsTriedAtOnceWhereItMayHaveOne(t *testing.T) {
	pair := ledger.Pair{State: ledger.Unknown, NoMap: true, TriedAt: now.Add(-time.Hour)}
	s := newScene(pair)
	if got := s.told(t, 0); got != "" {
		t.Errorf("not mapped: %q", got)
	}
	s.mapped = map[string]bool{"175": true}
	if got := s.told(t, 0); got != ReasonUnknown {
		t.Errorf("mapped: %q", got)
	}
	s = newScene(pair)
	s.full = true
	if got := s.told(t, 0); got != ReasonUnknown {
		t.Errorf("full: %q", got)
	}
	s = newScene(ledger.Pair{State: ledger.Unknown, NoMap: true, EverTold: true, TriedAt: now.Add(-time.Hour)})
	s.services.List[0].Retired = true
	if got := s.told(t, 0); got != ReasonRetired {
		t.Errorf("retired, and its mapping is lost: %q", got)
	}
}
