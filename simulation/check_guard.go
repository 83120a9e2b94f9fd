package simulation

import (
	"context"
	"slices"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// passed is a run that was let pass, and what it counted.
type passed struct {
	settings settings
	services map[string]int64
}

// guarded holds a run that was let pass against the one before it: had a service's total fallen or risen as far as the guard's
// own words say, a person had to be asked. The comparison is the simulation's own, and only made where nobody has said or
// changed anything in between, and no run came to a bad end that may have moved what the next one is compared with.
func (s *sim) guarded(t *task, event fetch.Event, result fetch.Result) {
	before := s.passedLast
	s.passedLast = nil
	if t.dead || s.overlapped(t) || len(s.releases(context.Background())) > 0 {
		return
	}
	if result.State != fetch.StateDone || result.Mode != fetch.ModePost || len(result.Holds) > 0 {
		if result.State == fetch.StateHeld {
			s.passedLast = before // nothing moved
		}
		return
	}
	s.passedLast = &passed{t.read.set, result.Services}
	if before == nil || event.Force || !before.settings.same(t.read.set) {
		return
	}
	for service, was := range before.services {
		now := result.Services[service]
		s.count("state guarded", "run")
		if was-now >= 10 && 100*(was-now) > 30*was || now-was >= 10 && now-was > was {
			s.fail("a person is asked before the total moves far", "%s lets %q go from %d to %d units, and nobody was asked", t.name, service, was, now)
		}
	}
}

// overlapped tells whether another run is under way.
func (s *sim) overlapped(t *task) bool {
	return slices.ContainsFunc(s.tasks, func(other *task) bool {
		return other != t && other.stage == "run" && !other.ended && !other.dead
	})
}

// same tells whether two settings count alike.
func (a settings) same(b settings) bool {
	return a.rules.name == b.rules.name && a.includeOwn == b.includeOwn && a.inactiveZero == b.inactiveZero && slices.Equal(a.companyTypes, b.companyTypes)
}

// unlike are the acts after which two runs are not to be compared.
var unlike = map[string]bool{
	"approve": true, "release": true, "release undone": true, "ledger restored": true, "ledger imported": true, "settings changed": true,
	"rights changed": true, "mode observe": true, "mode post": true, "a type is retired": true,
}
