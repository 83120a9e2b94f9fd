package accounts_test

import (
	"context"
	"testing"

	"github.com/synthsync/synthsync/shared/queue"
)

func TestAccounts_WhenNobodyMayBeTold_MessagesEndAndNothingIsMadeOrAsked(t *testing.T) {
	d := newDesk(t)
	stage := d.stage()
	stage.Silent = "posting is on hold"
	failures := stage.Handle(context.Background(), []queue.Received{
		d.services(observed, "Servers"), d.account(observed, "1", "One"), {ID: "poison", Group: "2", Body: []byte("{"), Receives: 1},
	})
	if len(failures) != 1 || !failures[0].Dead {
		t.Errorf("failures %+v, want the poisoned one alone, dead", failures)
	}
	if d.sim.Total() != 0 {
		t.Errorf("%d requests", d.sim.Total())
	}
	if failures := d.handle(d.services(observed, "Servers"), d.account(observed, "1", "One")); len(failures) != 0 || d.sim.Writes() == 0 {
		t.Errorf("later, when all may be told: %+v, %d writing requests", failures, d.sim.Writes())
	}
}
