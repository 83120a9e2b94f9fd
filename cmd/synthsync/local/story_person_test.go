package local_test

import (
	"errors"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// wrongClock has one run under a wrong clock: nothing wrong is told then, and nothing is frozen afterwards.
func (w *world) wrongClock(by time.Duration) {
	w.settle()
	w.change()
	w.clock(by)
	w.must()
	w.sim.MapAll()
	w.must()
	w.clock(0)
	time.Sleep(time.Minute)
	w.retire(4, laptopType, 1)
	w.must()
	w.holds(pair("4", workstations), "4")
	time.Sleep(time.Minute)
	w.must()
	w.quiet()
}

// needsAWord has the run refuse what is not the tenant that the ledger is bound to, until a person accepts it.
func (w *world) needsAWord(change func()) {
	w.Helper()
	change()
	before := w.sim.Writes()
	_, err := w.run(fetch.Event{})
	var settings *fetch.SettingsError
	if !errors.As(err, &settings) || w.sim.Writes() != before {
		w.Fatalf("%v; %d writing requests", err, w.sim.Writes()-before)
	}
	if err := ledger.New(w.store, time.Now).AcceptTenant(w.Context()); err != nil {
		w.Fatal(err)
	}
	for range 2 {
		w.must()
		w.sim.MapAll()
	}
	w.must()
	w.mapped("after the move")
	w.quiet()
}
