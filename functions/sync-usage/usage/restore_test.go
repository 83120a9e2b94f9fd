package usage_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

// Night 2 was an outage: its messages are dead letters. Night 3 told its counts. The table is restored to a point in time
// between nights 1 and 2, and, as docs/tasks.md says, exported and imported into itself. Then the operator replays the letters.
func TestUsage_RestoredAsDocumented_LettersOfBefore_ReplaceNothingNewer(t *testing.T) {
	d := newDesk(t, "1")
	ctx := context.Background()
	now := observed
	clock := func() time.Time { return now }
	services, err := d.book.Services(ctx)
	d.must(err)
	night := func(book *ledger.Ledger, id string) time.Time {
		lease, err := book.Begin(ctx, id, time.Minute)
		d.must(err)
		d.must(book.End(ctx, lease))
		return lease.ObservedAt
	}
	afterNight1 := func() *ledger.Ledger {
		book := ledger.New(memory.New(), clock)
		at := night(book, "night 1")
		_, err := book.UpdateServices(ctx, func(s *ledger.Services) error {
			*s = services
			s.Proven, s.LookedAt, s.Intent = "v1", at, &ledger.Intent{RunID: "night 1", ObservedAt: at, Ended: true}
			return nil
		})
		d.must(err)
		d.must(book.NoteAccount(ctx, "1", func(a *ledger.Account) {
			a.Made("Company 1")
			a.Intent = &ledger.Intent{RunID: "night 1", ObservedAt: at, Ended: true}
		}))
		return book
	}
	original, backup := afterNight1(), afterNight1() // the same documents

	now = observed.Add(24 * time.Hour)
	night2 := night(original, "night 2")
	look := message.Accounts{RunID: "night 2", ObservedAt: night2, Services: []message.Service{{Name: "Servers", Description: "s", Category: "other", Subcategory: "other"}}}
	body, err := look.Encode()
	d.must(err)
	lookLetter := queue.Received{ID: "look", Group: "services", Body: body, Receives: 1}
	letter := d.message("1", night2, servers(3))

	now = observed.Add(48 * time.Hour)
	night3 := night(original, "night 3")
	_, err = original.UpdateServices(ctx, func(s *ledger.Services) error { s.LookedAt = night3; return nil })
	d.must(err)
	d.stage.Ledger = original
	d.stage.Handle(ctx, []queue.Received{d.message("1", night3, servers(5))})
	if d.held("1", "Servers") != "5" {
		t.Fatal(d.held("1", "Servers"))
	}

	// The restore, by the book.
	now = observed.Add(58 * time.Hour)
	var export bytes.Buffer
	_, err = backup.Export(ctx, &export, "here", "1")
	d.must(err)
	transfer, err := ledger.ReadTransfer(&export)
	d.must(err)
	_, err = backup.Import(ctx, transfer, true, ledger.Act{Actor: "a person", Reason: "restored from the backup"})
	d.must(err)

	makes := &accounts.Stage{
		Synthesize: d.client(d.url, time.Minute), Ledger: backup, Log: slog.New(slog.DiscardHandler), Now: clock, Token: d.stage.Token,
		SecretVersion: d.stage.SecretVersion, MakingLives: time.Minute,
	}
	if failures := makes.Handle(ctx, []queue.Received{lookLetter}); len(failures) != 0 {
		t.Log(failures)
	}
	d.stage.Ledger, d.stage.Now = backup, clock
	failures, sum := d.stage.Handle(ctx, []queue.Received{letter})
	if got := d.held("1", "Servers"); got != "5" {
		t.Errorf("Synthesize holds %s of night 2, over 5 of night 3 (%v, %+v)", got, failures, sum.Outcomes)
	}
}
