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

// unmapped answers "no map" for one service, and lets all others through.
type unmapped struct {
	usage.Poster
	service string // its id
}

func (u unmapped) PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome {
	if c.ServiceID == u.service {
		return synthesize.Outcome{Result: synthesize.Unmapped, Definite: true}
	}
	return u.Poster.PostCount(ctx, c)
}

// A message of four counts: one is posted, one is not mapped, one has no service yet, and one is a zero that needs none. It
// comes again until its service is made, and once more as a copy. The run's totals have each count once.
func TestTally_AMessageThatComesAgain_EachCountStandsOnceInTheRunsTotals(t *testing.T) {
	d := newDesk(t, "1")
	ctx := context.Background()
	d.must(d.book.SaveRun(ctx, ledger.Run{ID: "run020000", ObservedAt: observed}))
	services, err := d.book.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Apply(append(s.Rules(), ledger.Rule{Name: "Printers"}))
		return nil
	})
	d.must(err)
	workstations, _ := services.ByName("Workstations")
	d.stage.Synthesize = unmapped{d.stage.Synthesize, workstations.ID}
	m := d.message("1", observed, map[string]int64{"Servers": 3, "Workstations": 4, "Printers": 2, "Scanners": 0})
	totals := func(when string, want ledger.Outcomes) {
		t.Helper()
		d.stage.Handle(ctx, []queue.Received{m})
		run, _, err := d.book.RunAt(ctx, observed)
		d.must(err)
		if run.Outcomes != want {
			t.Errorf("%s: %+v, want %+v", when, run.Outcomes, want)
		}
	}
	totals("the first try", ledger.Outcomes{Posted: 1})
	totals("the second try", ledger.Outcomes{Posted: 1})
	made, err := d.client(d.url, time.Minute).CreateService(ctx, synthesize.NewService{Name: "Printers", Description: "Printers", Category: "other", Subcategory: "other"}, nil)
	d.must(err)
	_, err = d.book.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Link([]ledger.Standing{{ID: made[len(made)-1].ID, Name: "Printers"}}, ledger.Services{})
		return nil
	})
	d.must(err)
	d.sim.MapAll()
	totals("the last try", ledger.Outcomes{Posted: 2, Unmapped: 1, Unchanged: 1})
	totals("a copy of it", ledger.Outcomes{Posted: 2, Unmapped: 1, Unchanged: 1})
}

// A person says hold while a message comes again: what an earlier try has told did not end untold.
func TestTally_AMessageThatEndsUntoldAfterSomeOfItWasTold_OnlyTheRestIsSuperseded(t *testing.T) {
	d := newDesk(t, "1")
	ctx := context.Background()
	d.must(d.book.SaveRun(ctx, ledger.Run{ID: "run020000", ObservedAt: observed}))
	m := d.message("1", observed, map[string]int64{"Servers": 3, "Printers": 2, "Scanners": 1})
	d.stage.Handle(ctx, []queue.Received{m})
	d.stage.Silent = "posting is on hold"
	d.stage.Handle(ctx, []queue.Received{m})
	run, _, err := d.book.RunAt(ctx, observed)
	d.must(err)
	if want := (ledger.Outcomes{Posted: 1, Superseded: 2}); run.Outcomes != want {
		t.Errorf("%+v, want %+v", run.Outcomes, want)
	}
}
