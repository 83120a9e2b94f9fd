package ledger_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// The newer count's worker took long to write down that it was accepted. By then the older request can take effect no
// more; but it could when the newer one was posted, so it may have landed in between.
func TestReview_OlderRequestRanOutWhileTheNewerWasUnderWay_IsMaybeTold(t *testing.T) {
	b := newBook(t)
	b.start("killed", start, servers(5)) // its request is on its way
	b.now = start.Add(b.AttemptLives - time.Minute)
	newer := b.start("b", b.now, servers(7))
	b.now = b.now.Add(2 * time.Minute)
	b.finish(newer, yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v, want maybe told: the 5 may have landed after the 7", p)
	}
}

// forgetful carries a write out and says that it met a conflict: its answer was lost, and another writer came in between.
type forgetful struct {
	ledger.Store
	forget bool
}

func (f *forgetful) Write(ctx context.Context, writes ...ledger.Write) error {
	err := f.Store.Write(ctx, writes...)
	if err == nil && f.forget {
		f.forget = false
		return &ledger.Conflict{Keys: []ledger.Key{writes[0].Key}}
	}
	return err
}

// Of what was imported nothing is known of the time before.
func TestReview_ImportedPairIsMarked_AnswerToTheMarkLost_IsTold(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	lease, err := b.Begin(context.Background(), "r", time.Minute)
	b.must(err)
	b.must(b.End(context.Background(), lease))
	var text bytes.Buffer
	_, err = b.Export(context.Background(), &text, "here", "1")
	b.must(err)
	transfer, err := ledger.ReadTransfer(&text)
	b.must(err)
	store := &forgetful{Store: memory.New()}
	moved := ledger.New(store, func() time.Time { return b.now })
	_, err = moved.Import(context.Background(), transfer, false, ledger.Act{Actor: "a person"})
	b.must(err)
	b.Ledger = moved
	store.forget = true
	at := start.Add(time.Hour)
	b.finish(b.start("b", at, servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
		t.Errorf("got %+v, want told 7", p)
	}
}

// A ledger restored from a backup issues a time anew. A worker of the forgotten run that had it ends its own telling, not
// the word of the run that has it now.
func TestReview_ForgottenRunOfTheSameTimeEnds_TheWordOfTheOtherStaysOpen(t *testing.T) {
	b := newBook(t)
	forgotten := b.start("a", start, servers(5))
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) {
		a.Intent = &ledger.Intent{RunID: "other", ObservedAt: start}
	}))
	b.finish(forgotten, yes)
	if a, err := b.Account(context.Background(), "175"); err != nil || !a.OpenIntent() {
		t.Errorf("the word of run %+v has been ended by another run's worker (%v)", a.Intent, err)
	}
}

// A name that goes from one service to another means the old one in messages that are older than the change.
func TestReview_NameGivenToAnotherService_OlderMessageMeansTheOldOne(t *testing.T) {
	for name, rules := range map[string][]ledger.Rule{
		"a new service":     {{Name: "Managed Servers", Formerly: []string{"Servers"}}, {Name: "Servers"}, {Name: "Workstations"}},
		"a service renamed": {{Name: "Managed Servers", Formerly: []string{"Servers"}}, {Name: "Servers", Formerly: []string{"Workstations"}}},
	} {
		b := newBook(t)
		ctx := context.Background()
		_, err := b.UpdateServices(ctx, func(s *ledger.Services) error {
			s.Intent = &ledger.Intent{RunID: runOf(start), ObservedAt: start}
			return nil
		})
		b.must(err)
		b.finish(b.start("a", start, servers(5)), yes)
		second := start.Add(5 * time.Minute)
		b.services, err = b.UpdateServices(ctx, func(s *ledger.Services) error {
			s.Apply(rules)
			s.Intent = &ledger.Intent{RunID: runOf(second), ObservedAt: second}
			for i := range s.List {
				if s.List[i].ID == "" {
					s.List[i].ID = "new"
				}
			}
			return nil
		})
		b.must(err)
		// SQS hands the first run's message out once more: its worker was cut off before it was deleted.
		again := b.start("b", start, servers(5))
		if len(again.Counts) != 0 || len(again.Standing) != 1 {
			t.Errorf("%s: the 5 that were told are told again, to %+v", name, again.Counts)
		}
		// The newer run's message means the new one.
		if now := b.start("c", second, servers(2)); len(now.Counts) != 1 || now.Counts[0].Service.Name != "Servers" {
			t.Errorf("%s: the newer run's count is told to %+v", name, now.Counts)
		}
	}
}
