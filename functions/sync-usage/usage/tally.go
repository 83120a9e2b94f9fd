package usage

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// Summary is what became of the pairs of one batch.
type Summary struct {
	Outcomes ledger.Outcomes
	Definite bool // at least one post got a definite answer

	ended ledger.Outcomes // what of Outcomes goes into the run's record, where each count stands once
}

func (s Summary) add(o Summary) Summary {
	return Summary{s.Outcomes.Add(o.Outcomes), s.Definite || o.Definite, s.ended.Add(o.ended)}
}

// count adds to the totals of the message's run.
func (w *work) count(observedAt time.Time, s Summary) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.totals[observedAt] = w.totals[observedAt].add(s)
}

// supersede counts a message that ends untold. The run's record has of it what no earlier try has told.
func (w *work) supersede(ctx context.Context, m message.Usage) {
	all := ledger.Outcomes{Superseded: len(m.Counts)}
	rest := all
	if a, err := w.Ledger.Account(ctx, m.Account.ID); err != nil {
		w.Log.WarnContext(ctx, "how much of a superseded message was told before is not known", "runId", m.RunID, "company", m.Account.ID, "error", err)
	} else {
		rest.Superseded -= toldAt(a, m.ObservedAt)
	}
	w.count(m.ObservedAt, Summary{Outcomes: all, ended: rest})
}

func toldAt(a ledger.Account, observedAt time.Time) (n int) {
	for _, p := range a.Pairs {
		if p.State == ledger.Told && p.ObservedAt.Equal(observedAt) {
			n++
		}
	}
	return n
}

// endedBy is what of a try's outcomes has come to its end by it. A post has once it is accepted; all else only with its
// message, since one that comes again tries it again. What stood already was counted by the try that posted it, and a copy
// of a message that has ended tells nothing new but posts.
func endedBy(t ledger.Telling, tally ledger.Outcomes, ended bool) ledger.Outcomes {
	if !ended || t.Account.Intent.Ended {
		return ledger.Outcomes{Posted: tally.Posted}
	}
	tally.Unchanged -= len(t.Standing)
	return tally
}

// record adds the totals to the runs' records. They inform people and let the guard's comparison move on; a failure
// here undoes nothing that was told.
func (w *work) record(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, at := range slices.SortedFunc(maps.Keys(w.totals), time.Time.Compare) {
		s := w.totals[at]
		if err := w.Ledger.AddOutcomes(ctx, at, s.ended, s.Definite); err != nil {
			w.Log.WarnContext(ctx, "outcomes not recorded", "observedAt", at, "error", err)
		}
	}
}

func (w *work) sum() Summary {
	var sum Summary
	for _, s := range w.totals {
		sum = sum.add(s)
	}
	return sum
}
