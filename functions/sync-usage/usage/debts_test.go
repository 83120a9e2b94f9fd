package usage_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
)

// Another worker has noted that he will owe a rebuild, and is still posting. A rebuild that this batch asks for by then pays
// nothing of what he posts after it.
func TestUsage_DebtOfAWorkerWhoIsStillPosting_IsNotPaidByAnother(t *testing.T) {
	d := newDesk(t, "1")
	ctx := context.Background()
	d.stage.WorkerLives = 16 * time.Minute
	d.must(d.book.OweRebuild(ctx, "another"))
	if failures, _ := d.stage.Handle(ctx, []queue.Received{d.message("1", observed, servers(3))}); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	owed, err := d.book.RebuildOwed(ctx, 0)
	d.must(err)
	if !slices.Contains(owed, "another") {
		t.Errorf("owed are %v: what another worker posts now is never shown", owed)
	}
}
