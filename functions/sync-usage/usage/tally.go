package usage

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Summary is what became of the pairs of one batch.
type Summary struct {
	Outcomes ledger.Outcomes
	Definite bool // at least one post got a definite answer
}

// count adds to the totals of the message's run.
func (w *work) count(observedAt time.Time, o ledger.Outcomes, definite bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.totals[observedAt]
	if s == nil {
		s = &Summary{}
		w.totals[observedAt] = s
	}
	s.Outcomes, s.Definite = s.Outcomes.Add(o), s.Definite || definite
}

// record adds the totals to the runs' records. They inform people and let the guard's comparison move on; a failure
// here undoes nothing that was told.
func (w *work) record(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, at := range slices.SortedFunc(maps.Keys(w.totals), time.Time.Compare) {
		s := w.totals[at]
		if err := w.Ledger.AddOutcomes(ctx, at, s.Outcomes, s.Definite); err != nil {
			w.Log.WarnContext(ctx, "outcomes not recorded", "observedAt", at, "error", err)
		}
	}
}

func (w *work) sum() Summary {
	var sum Summary
	for _, s := range w.totals {
		sum.Outcomes, sum.Definite = sum.Outcomes.Add(s.Outcomes), sum.Definite || s.Definite
	}
	return sum
}
