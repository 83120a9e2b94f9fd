package usage_test

import (
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// scripted answers posts as it is told, and lets all others through.
type scripted struct {
	usage.Poster
	before func(post int)
	says   map[int]synthesize.Outcome // by post
	posts  int
}

func (s *scripted) PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome {
	s.posts++
	if s.before != nil {
		s.before(s.posts)
	}
	out := s.Poster.PostCount(ctx, c)
	if says, scripted := s.says[s.posts]; scripted {
		return says
	}
	return out
}

// A dead letter that was replayed twice comes as two messages in one batch.
func TestCopies_TwoInOneBatch_FirstAcceptedWhileARequestIsLate_TheSecondEnds(t *testing.T) {
	d := newDesk(t, "1")
	d.stage.Synthesize = &scripted{Poster: d.stage.Synthesize, says: map[int]synthesize.Outcome{
		1: {Result: synthesize.Accepted, Definite: true, Late: true},
	}}
	failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3)), d.message("1", observed, servers(3))})
	for _, f := range failures {
		t.Errorf("message %s failed: %v", f.ID, f.Err)
	}
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if p := a.Pairs["Servers"]; p.State != ledger.Told || p.Units != 3 || len(p.Open) != 1 {
		t.Errorf("the pair is %+v; want 3 told, with the request that is late", p)
	}
}

// The first copy has ended, so nothing of it can take effect any more. The second one's request can.
func TestCopies_TwoInOneBatch_NewerCountIsToldWhileTheSecondIsUnderWay_IsMaybeTold(t *testing.T) {
	d := newDesk(t, "1")
	newer := *d.stage
	s := &scripted{Poster: d.stage.Synthesize, says: map[int]synthesize.Outcome{
		1: {Result: synthesize.Unmapped, Err: context.DeadlineExceeded}, // after an attempt that was answered with nothing of use
	}}
	s.before = func(post int) {
		if post != 2 {
			return
		}
		_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.LookedAt = observed.Add(time.Hour); return nil })
		d.must(err)
		failures, _ := newer.Handle(context.Background(), []queue.Received{d.message("1", observed.Add(time.Hour), servers(9))})
		if len(failures) > 0 {
			t.Errorf("the newer count was not told: %v", failures[0].Err)
		}
	}
	d.stage.Synthesize = s
	d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3)), d.message("1", observed, servers(3))})
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if p := a.Pairs["Servers"]; p.State == ledger.Told && d.held("1", "Servers") != "9" {
		t.Errorf("the ledger says %d, and Synthesize holds %s", p.Units, d.held("1", "Servers"))
	}
}
