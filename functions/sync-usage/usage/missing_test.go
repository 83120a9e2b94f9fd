package usage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// One of the run's services could not be made: its counts wait, and nothing else does.
func TestUsage_OneServiceIsNotMade_ItsCountsWaitAndTheOthersAreTold(t *testing.T) {
	d := newDesk(t, "1", "2")
	ctx := context.Background()
	_, err := d.book.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Apply(append(s.Rules(), ledger.Rule{Name: "Printers"}))
		return nil
	})
	d.must(err)
	m := d.message("1", observed, map[string]int64{"Servers": 3, "Printers": 2})
	failures, sum := d.stage.Handle(ctx, []queue.Received{
		m, d.message("2", observed, map[string]int64{"Servers": 5, "Printers": 0}),
	})
	if len(failures) != 1 || failures[0].ID != m.ID || failures[0].Dead || failures[0].RetryAfter == 0 || !strings.Contains(failures[0].Err.Error(), "no service Printers yet") {
		t.Fatalf("%+v, want the message that counts printers to come again", failures)
	}
	if d.held("1", "Servers") != "3" || d.held("2", "Servers") != "5" || sum.Outcomes.Posted != 2 || d.sim.Writes() != 2 {
		t.Errorf("Synthesize holds %v after %d posts; %+v", d.sim.Counts(), d.sim.Writes(), sum)
	}
	made, err := d.client(d.url, time.Minute).CreateService(ctx, synthesize.NewService{Name: "Printers", Description: "Printers", Category: "other", Subcategory: "other"}, nil)
	d.must(err)
	_, err = d.book.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Link([]ledger.Standing{{ID: made[len(made)-1].ID, Name: "Printers"}}, ledger.Services{})
		return nil
	})
	d.must(err)
	d.sim.MapAll()
	d.sim.ResetLog()
	if failures, _ := d.stage.Handle(ctx, []queue.Received{m}); len(failures) != 0 || d.held("1", "Printers") != "2" || d.sim.Writes() != 1 {
		t.Errorf("made since: %+v, Synthesize holds %v after %d posts", failures, d.sim.Counts(), d.sim.Writes())
	}
}
