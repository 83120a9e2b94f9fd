package usage_test

import (
	"context"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
)

func TestUsage_WhenNobodyMayBeTold_MessagesEndAndStayOwed(t *testing.T) {
	d := newDesk(t, "1")
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.Intent = &ledger.Intent{RunID: "run020000", ObservedAt: observed}
	}))
	d.stage.Silent = "the mode is observe"
	batch := []queue.Received{d.message("1", observed, servers(3)), {ID: "poison", Group: "2", Body: []byte("{"), Receives: 1}}
	failures, sum := d.stage.Handle(context.Background(), batch)
	if len(failures) != 1 || !failures[0].Dead {
		t.Fatalf("failures %+v, want the poisoned one alone, dead", failures)
	}
	if d.sim.Total() != 0 || sum.Outcomes != (ledger.Outcomes{Superseded: 1}) || sum.Definite {
		t.Errorf("%d requests, %+v", d.sim.Total(), sum)
	}
	a, err := d.book.Account(context.Background(), "1")
	d.must(err)
	if !a.OpenIntent() {
		t.Error("what was not told is not owed any more")
	}
	// Delivered again after all: it is still the newest word, and may be told.
	d.stage.Silent = ""
	if failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3))}); len(failures) != 0 || d.held("1", "Servers") != "3" {
		t.Errorf("%+v, Synthesize holds %s", failures, d.held("1", "Servers"))
	}
}
