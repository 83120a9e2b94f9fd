package accounts_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// What a run of before an import meant to make is made by the next run, as things are by then.
func TestImport_LettersOfBefore_MakeNothing(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.now = observed
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lease, err := d.book.Begin(ctx, "run", time.Minute)
	must(err)
	must(d.book.End(ctx, lease))
	var export bytes.Buffer
	_, err = d.book.Export(ctx, &export, "here", "1")
	must(err)
	transfer, err := ledger.ReadTransfer(&export)
	must(err)
	_, err = d.book.Import(ctx, transfer, true, ledger.Act{Actor: "a person"})
	must(err)
	services, account := d.services(lease.ObservedAt, "Servers"), d.account(lease.ObservedAt, "1", "A")
	if failures := d.handle(services, account); len(failures) != 0 || d.sim.Total() != 0 {
		t.Errorf("%v, %d requests, want none", failures, d.sim.Total())
	}
	next := lease.ObservedAt.Add(time.Hour)
	d.now = next
	if failures := d.handle(d.services(next, "Servers")); len(failures) != 0 || d.sim.Total() == 0 {
		t.Errorf("the next run's: %v, %d requests", failures, d.sim.Total())
	}
	// The export may be older than an account: what is made now may have stood, and have been told, before.
	if failures := d.handle(d.account(next, "1", "A")); len(failures) != 0 {
		t.Error(failures)
	}
	if a, err := d.book.Account(ctx, "1"); err != nil || !a.Exists || !a.Adopted {
		t.Errorf("made after the import: %+v, %v", a, err)
	}
}
