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

// moved is a desk whose ledger was exported, and has told a newer count since: 4, where a letter of before the export says 3.
type moved struct {
	*desk
	book   *ledger.Ledger
	letter queue.Received
	export bytes.Buffer
}

func newMoved(t *testing.T) *moved {
	t.Helper()
	ctx := context.Background()
	m := &moved{desk: newDesk(t, "1")}
	now := observed
	m.book = ledger.New(memory.New(), func() time.Time { return now })
	services, err := m.desk.book.Services(ctx)
	m.must(err)
	runs := func(id string) {
		lease, err := m.book.Begin(ctx, id, time.Minute)
		m.must(err)
		m.must(m.book.End(ctx, lease))
	}
	runs("run020000")
	_, err = m.book.UpdateServices(ctx, func(s *ledger.Services) error { *s = services; return nil })
	m.must(err)
	m.must(m.book.NoteAccount(ctx, "1", func(a *ledger.Account) {
		a.Made("Company 1")
		a.Intent = &ledger.Intent{RunID: "run020000", ObservedAt: observed}
	}))
	_, err = m.book.Export(ctx, &m.export, "here", "1")
	m.must(err)
	m.letter = m.message("1", observed, servers(3)) // it died

	newer := observed.Add(24 * time.Hour)
	now = newer
	runs("run of the next night")
	_, err = m.book.UpdateServices(ctx, func(s *ledger.Services) error { s.LookedAt = newer; s.Proven = "v1"; return nil })
	m.must(err)
	m.stage.Ledger = m.book
	m.stage.Handle(ctx, []queue.Received{m.message("1", newer, servers(4))})
	if m.held("1", "Servers") != "4" {
		t.Fatalf("Synthesize holds %s", m.held("1", "Servers"))
	}
	return m
}

func (m *moved) imports() {
	m.t.Helper()
	transfer, err := ledger.ReadTransfer(&m.export)
	m.must(err)
	_, err = m.book.Import(context.Background(), transfer, true, ledger.Act{Actor: "a person"})
	m.must(err)
}

// replays works the letter, which has to end as superseded.
func (m *moved) replays() {
	m.t.Helper()
	failures, sum := m.stage.Handle(context.Background(), []queue.Received{m.letter})
	if m.held("1", "Servers") != "4" || len(failures) != 0 || sum.Outcomes.Superseded != 1 {
		m.t.Errorf("Synthesize holds %s, the letter ended with %v, %+v; want that it is superseded", m.held("1", "Servers"), failures, sum.Outcomes)
	}
}

// A dead letter outlives the ledger that knew of the newer run. An imported one that is older must not let it win.
func TestImport_LetterOfBefore_ReplacesNothingNewer(t *testing.T) {
	m := newMoved(t)
	m.imports()
	m.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) {
		t.Error("Synthesize is asked whose the keys are, for a letter that tells nothing any more")
		return ledger.SynthesizeTenant{}, nil
	}
	m.replays()
}

// The letter is being worked while the ledger is imported: its worker, who has read how far the ledger is fenced, asks whose the
// keys are (they were rotated since), and just then the operator answers yes to the import's question.
func TestUsage_ImportWhileALetterIsWorked_ReplacesNothingNewer(t *testing.T) {
	m := newMoved(t)
	_, err := m.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.Proven = "v0"; return nil })
	m.must(err)
	m.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) {
		m.imports()
		return ledger.SynthesizeTenant{OrganizationID: "ours", VendorID: "v"}, nil
	}
	m.replays()
}
