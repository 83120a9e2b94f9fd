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

// A dead letter outlives the ledger that knew of the newer run. An imported one that is older must not let it win.
func TestImport_LetterOfBefore_ReplacesNothingNewer(t *testing.T) {
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

	// The next night's count is told.
	newer := observed.Add(24 * time.Hour)
	now = newer
	lease, err = old.Begin(ctx, "run of the next night", time.Minute)
	d.must(err)
	d.must(old.End(ctx, lease))
	_, err = old.UpdateServices(ctx, func(s *ledger.Services) error { s.LookedAt = newer; return nil })
	d.must(err)
	d.stage.Ledger = old
	d.stage.Handle(ctx, []queue.Received{d.message("1", newer, servers(4))})
	if d.held("1", "Servers") != "4" {
		t.Fatalf("Synthesize holds %s", d.held("1", "Servers"))
	}

	transfer, err := ledger.ReadTransfer(&export)
	d.must(err)
	_, err = old.Import(ctx, transfer, true, ledger.Act{Actor: "a person"})
	d.must(err)
	d.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) {
		t.Error("Synthesize is asked whose the keys are, for a letter that tells nothing any more")
		return ledger.SynthesizeTenant{}, nil
	}
	failures, sum := d.stage.Handle(ctx, []queue.Received{letter})
	if d.held("1", "Servers") != "4" || len(failures) != 0 || sum.Outcomes.Superseded != 1 {
		t.Errorf("Synthesize holds %s, the letter ended with %v, %+v; want that it is superseded", d.held("1", "Servers"), failures, sum.Outcomes)
	}
}
