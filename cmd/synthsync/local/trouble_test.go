package local_test

import (
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// trouble is what goes wrong before or while a run is under way.
type trouble struct {
	name    string
	happens func(*world)
	ends    ending
	in      []string // the starts that it strikes
}

type ending int

const (
	either ending = iota // the run may get over it or not
	good                 // it must get over it
	bad                  // it must say that it did not
)

// The situations that troubles strike. emptyLedger is a lost ledger, or an earlier integration: Synthesize is full of
// counts that this ledger knows nothing of.
const (
	firstRun     = "first run"
	mappedAtOnce = "first run, mapped at once"
	laterRun     = "later run"
	emptyLedger  = "empty ledger over stale counts"
)

var (
	anyTime = []string{mappedAtOnce, laterRun, emptyLedger}
	read    = []string{mappedAtOnce, laterRun} // for what concerns the reading
)

var starts = map[string]func(*world){
	firstRun:     func(*world) {},
	mappedAtOnce: func(w *world) { w.sim.Switch(func(s *synthesizetest.Switches) { s.MapOnCreate = true }) },
	laterRun: func(w *world) {
		w.settle()
		w.change()
	},
	emptyLedger: func(w *world) {
		w.settle()
		w.store = memory.New()
		w.machine.Store = w.store
		w.change()
		w.retire(5, serverType, 3)
	},
}

// strike lets each trouble happen in each situation.
func strike(t *testing.T, troubles []trouble, more int) {
	for _, trouble := range troubles {
		for _, start := range trouble.in {
			t.Run(trouble.name+"/"+start, func(t *testing.T) {
				t.Parallel()
				size := 0
				if start == laterRun {
					size = more
				}
				inWorld(t, size, func(w *world) {
					starts[start](w)
					trouble.happens(w)
					r, err := w.run(fetch.Event{})
					if trouble.ends == good && err != nil {
						w.Errorf("the run did not get over it: %v", err)
					}
					if trouble.ends == bad && err == nil {
						w.Errorf("the run ended as %s", r.State)
					}
					if w.mustStrike != nil && w.mustStrike.Taken() == 0 {
						w.Error("it never happened")
					}
					w.heals()
				})
			})
		}
	}
}
