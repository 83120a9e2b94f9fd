package usage_test

import (
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// lateRebuild answers the last post of a message "no map", and loses the answer of the one that is repeated for the
// rebuild: it may take effect yet.
type lateRebuild struct {
	usage.Poster
	posts int
}

func (l *lateRebuild) PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome {
	l.posts++
	switch l.posts {
	case 2:
		return synthesize.Outcome{Result: synthesize.Unmapped, Definite: true, Err: context.DeadlineExceeded}
	case 3:
		return synthesize.Outcome{Result: synthesize.Unclear, Late: true, Err: context.DeadlineExceeded}
	}
	return l.Poster.PostCount(ctx, c)
}

func TestLate_RepeatedForTheRebuild_AnswerLost_MakesTheNextCountMaybeTold(t *testing.T) {
	d := newDesk(t, "1")
	l := &lateRebuild{Poster: d.stage.Synthesize}
	d.stage.Synthesize = l
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, map[string]int64{"Servers": 3, "Workstations": 2})})
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if p := a.Pairs["Servers"]; p.State != ledger.Told || p.Units != 3 || len(p.Open) != 1 || l.posts != 4 {
		t.Errorf("after %d posts the pair is %+v; want 3 told after 4, and the third post open: it may land after a newer count", l.posts, p)
	}
	// A newer count that is accepted while the third may still arrive is not certain.
	d.stage.Token = func() string { return "newer" }
	_, err = d.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.LookedAt = observed.Add(time.Hour); return nil })
	d.must(err)
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed.Add(time.Hour), servers(9))})
	a, err = d.book.Account(context.Background(), "1")
	d.must(err)
	if got := a.Pairs["Servers"].State; got != ledger.MaybeTold {
		t.Errorf("the newer count is %q although the older one may land after it", got)
	}
}

// What Synthesize will never take ends with the dead letters at once, with its reason, and is not tried ten times. After an
// answer that was lost, it comes again: an earlier request may have been taken.
func TestUsage_CountThatSynthesizeRefusesForGood_DiesAtOnce_UnlessAnEarlierRequestIsUnclear(t *testing.T) {
	for name, first := range map[string][]synthesizetest.Fault{
		"refused": nil, "refused after an answer was lost": {{Match: isCount, Kind: synthesizetest.DropAfter, Times: 1}},
	} {
		d := newDesk(t, "1")
		for _, fault := range append(first, synthesizetest.Fault{Match: isCount, Kind: synthesizetest.BadRequest, Times: -1}) {
			d.sim.Inject(fault)
		}
		failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3))})
		if len(failures) != 1 || failures[0].Dead != (first == nil) {
			t.Errorf("%s: %+v", name, failures)
		}
	}
}
