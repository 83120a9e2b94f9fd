package simulation

import (
	"context"
	"slices"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// counted is what a run that was let pass came to.
type counted struct {
	settings settings
	services map[string]int64
}

// compares notes what a run that begins is to be compared with: the newest run that was let pass and told, as the ledger says.
// Nothing, if a person has let something pass that this run may bring.
func (s *sim) compares(t *task) {
	base, err := s.desk().Baseline(context.Background())
	held, errHeld := s.desk().Held(context.Background())
	if err == nil && errHeld == nil && held.Approved == nil && len(s.releases(context.Background())) == 0 {
		t.read.base = base.ObservedAt
	}
}

// guarded holds a run that was let pass against the one that it is compared with: had a service's total moved as far as the
// guard's words say, a person had to be asked. What that one came to is the simulation's own record.
func (s *sim) guarded(t *task, event fetch.Event, result fetch.Result) {
	if t.dead || result.State != fetch.StateDone || result.Mode != fetch.ModePost {
		return
	}
	before, known := s.counted[t.read.base]
	s.counted[result.ObservedAt] = counted{t.read.set, result.Services}
	if t.read.base.IsZero() || !known || event.Force || !before.settings.same(t.read.set) {
		return
	}
	held, err := s.desk().Held(context.Background())
	if err != nil || held.Approved != nil || len(s.releases(context.Background())) > 0 {
		return // somebody spoke while it ran
	}
	if base, err := s.desk().Baseline(context.Background()); err != nil || !base.ObservedAt.Equal(t.read.base) && !base.ObservedAt.Equal(result.ObservedAt) {
		return // an older run's counts were told while this one ran: which of the two it read cannot be said
	}
	s.count("state guarded", "run")
	for service, was := range before.services {
		now := result.Services[service]
		if was-now >= 10 && 100*(was-now) > 30*was || now-was >= 10 && now-was > was {
			s.fail("a person is asked before a total moves far", "%s lets %q go from %d to %d units, and nobody was asked", t.name, service, was, now)
		}
	}
}

// same tells whether two settings count alike.
func (a settings) same(b settings) bool {
	return a.rules.name == b.rules.name && a.includeOwn == b.includeOwn && a.inactiveZero == b.inactiveZero && slices.Equal(a.companyTypes, b.companyTypes)
}
