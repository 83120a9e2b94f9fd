package simulation

import (
	"slices"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// losesMapping has somebody unmap an account that is billed, when all is well. The run that tells it meets that, and from then on
// each run names it until it is mapped again.
func (s *sim) losesMapping() {
	counts := s.vendor.Counts()
	billed := slices.SortedFunc(func(yield func(synthesizetest.Pair) bool) {
		for pair, units := range counts {
			if units.String() != "0" && s.billed(pair) && !yield(pair) {
				return
			}
		}
	}, func(a, b synthesizetest.Pair) int {
		return slices.Compare([]string{a.AccountID, a.Service}, []string{b.AccountID, b.Service})
	})
	if len(billed) == 0 {
		return
	}
	pair := billed[s.choose.of("which mapping is lost in the end", len(billed))]
	s.vendor.UnmapAccount(pair.AccountID)
	s.note("account %s is unmapped, when all is well", pair.AccountID)
	s.count("state mapping lost", "between")
	named := func() bool {
		return slices.ContainsFunc(s.last.Attention, func(a fetch.Attention) bool { return a.Kind == fetch.KindMappingLost && a.AccountID == pair.AccountID })
	}
	for _, event := range []fetch.Event{{Force: true, Full: true}, {}} {
		s.fetchRun(event)
		s.run(time.Time{})
		s.pass(25 * time.Hour)
	}
	if s.problem == "" && !named() {
		s.fail("a lost mapping is reported", "account %s of %q has no map any more, and the run says nothing of it: %+v", pair.AccountID, pair.Service, s.last.Attention)
	}
	s.vendor.MapAll()
	for range 2 {
		s.fetchRun(fetch.Event{Force: true})
		s.run(time.Time{})
		s.pass(25 * time.Hour)
	}
	if s.problem == "" && named() {
		s.fail("a lost mapping is reported", "account %s is mapped again, and the run says that it is not: %+v", pair.AccountID, s.last.Attention)
	}
}

// billed tells whether a pair is of a client whom runs count, and who was told something.
func (s *sim) billed(pair synthesizetest.Pair) bool {
	a := s.account(pair.AccountID)
	if !a.Wanted || a.Released || pair.AccountID == "0" {
		return false
	}
	for _, p := range a.Pairs {
		if p.State == ledger.Told && p.Units > 0 {
			return true
		}
	}
	return false
}
