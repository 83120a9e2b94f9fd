package usage_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/queue"
)

// A letter of an older run is being worked (the worker asks whose the keys are, or waits its turn in the batch) while the
// ledger is imported. The worker read how far the ledger is fenced before that.
func TestUsage_ImportWhileALetterIsWorked_ReplacesNothingNewer(t *testing.T) {
	d := newDesk(t, "1")
	ctx := context.Background()
	now := observed
	old := ledger.New(memory.New(), func() time.Time { return now })
	services, err := d.book.Services(ctx)
	d.must(err)
	lease, err := old.Begin(ctx, "run020000", time.Minute)
	d.must(err)
	d.must(old.End(ctx, lease))
	_, err = old.UpdateServices(ctx, func(s *ledger.Services) error { *s = services; return nil })
	d.must(err)
	d.must(old.NoteAccount(ctx, "1", func(a *ledger.Account) {
		a.Made("Company 1")
		a.Intent = &ledger.Intent{RunID: "run020000", ObservedAt: observed}
	}))
	var export bytes.Buffer
	_, err = old.Export(ctx, &export, "here", "1")
	d.must(err)
	letter := d.message("1", observed, servers(3)) // it died

	newer := observed.Add(24 * time.Hour)
	now = newer
	lease, err = old.Begin(ctx, "run of the next night", time.Minute)
	d.must(err)
	d.must(old.End(ctx, lease))
	_, err = old.UpdateServices(ctx, func(s *ledger.Services) error { s.LookedAt = newer; s.Proven = "v1"; return nil })
	d.must(err)
	d.stage.Ledger = old
	d.stage.Handle(ctx, []queue.Received{d.message("1", newer, servers(4))})
	if d.held("1", "Servers") != "4" {
		t.Fatalf("Synthesize holds %s", d.held("1", "Servers"))
	}

	// The letter is replayed: its worker asks whose the keys are (they were rotated since), and just then the operator
	// answers yes to the import's question.
	_, err = old.UpdateServices(ctx, func(s *ledger.Services) error { s.Proven = "v0"; return nil })
	d.must(err)
	d.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) {
		transfer, err := ledger.ReadTransfer(&export)
		d.must(err)
		_, err = old.Import(ctx, transfer, true, ledger.Act{Actor: "a person"})
		d.must(err)
		return ledger.SynthesizeTenant{OrganizationID: "ours", VendorID: "v"}, nil
	}
	failures, sum := d.stage.Handle(ctx, []queue.Received{letter})
	if d.held("1", "Servers") != "4" {
		a, _ := old.Account(ctx, "1")
		t.Errorf("Synthesize holds %s, the letter ended with %v, %+v; the ledger says %+v; want 4, and the letter superseded", d.held("1", "Servers"), failures, sum.Outcomes, a.Pairs["Servers"])
	}
}
