package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

func TestBegin_SecondRunIsRefusedWhileTheLeaseLasts(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	_, err := b.Begin(ctx, "one", 16*time.Minute)
	b.must(err)
	b.now = b.now.Add(10 * time.Minute)
	_, err = b.Begin(ctx, "two", 16*time.Minute)
	var running *ledger.RunningError
	if !errors.As(err, &running) || running.RunID != "one" {
		t.Fatalf("got %v, want: already running", err)
	}
	if !strings.Contains(err.Error(), "already running") {
		t.Fatalf("message %q", err)
	}
}

func TestBegin_ARunWhoseLeaseWasTakenOverCanRecordNothing(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	one, err := b.Begin(ctx, "one", time.Minute)
	b.must(err)
	b.now = b.now.Add(2 * time.Minute)
	_, err = b.Begin(ctx, "two", time.Minute)
	b.must(err)
	known, err := b.Accounts(ctx)
	b.must(err)
	err = b.UpdateAccounts(ctx, &one, known, []string{"175"}, func(a *ledger.Account) {
		a.Intent = &ledger.Intent{RunID: "one", ObservedAt: one.ObservedAt}
	})
	var lost *ledger.LeaseLostError
	if !errors.As(err, &lost) {
		t.Fatalf("got %v, want the lease lost", err)
	}
	if a, _ := b.Account(ctx, "175"); a.Intent != nil {
		t.Fatalf("an intent was recorded without the lease: %+v", a.Intent)
	}
}

func TestBegin_ObservationTimesOnlyGrowWhateverTheClockSays(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	var last time.Time
	for i, clock := range []time.Time{start, start.AddDate(10, 0, 0), start.Add(time.Hour), start.AddDate(-3, 0, 0), start.Add(2 * time.Hour)} {
		b.now = clock
		held, err := b.Begin(ctx, fmt.Sprint("run", i), 16*time.Minute)
		b.must(err)
		if !held.ObservedAt.After(last) {
			t.Fatalf("run %d observed at %s, not after %s", i, held.ObservedAt, last)
		}
		if behind := i >= 2; behind != (held.Behind > 0) {
			t.Errorf("run %d: reported behind by %s", i, held.Behind)
		}
		last = held.ObservedAt
	}
}

func TestBegin_ALeaseOfAWrongClockFreezesNothing(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.now = start.AddDate(10, 0, 0)
	_, err := b.Begin(ctx, "ahead", 16*time.Minute)
	b.must(err)
	b.now = start
	if _, err = b.Begin(ctx, "right", 16*time.Minute); err != nil {
		t.Fatalf("a lease ten years ahead keeps a right clock from running: %v", err)
	}
}

func TestCheck_NewerFormatIsRefused(t *testing.T) {
	store := memory.New()
	key := ledger.Key{Kind: "state", ID: "head"}
	if err := store.Write(context.Background(), ledger.Write{Key: key, Body: []byte(`{"format":99}`)}); err != nil {
		t.Fatal(err)
	}
	err := ledger.New(store, time.Now).Check(context.Background())
	var format *ledger.FormatError
	if !errors.As(err, &format) || format.Format != 99 {
		t.Fatalf("got %v", err)
	}
}

func TestTenant_OneOfNameAndDatabaseMayChange(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	bind := func(database int64, name string) (string, error) {
		return b.BindAutotask(ctx, ledger.AutotaskTenant{Database: database, Name: name})
	}
	_, err := bind(1, "MSP")
	b.must(err)
	note, err := bind(2, "MSP")
	b.must(err)
	if note == "" {
		t.Error("a new database number is followed in silence")
	}
	_, err = bind(2, "MSP GmbH")
	b.must(err)
	_, err = bind(3, "Another")
	var other *ledger.TenantError
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "MSP GmbH") || !strings.Contains(err.Error(), "Another") {
		t.Fatalf("got %v, want an error that names both", err)
	}
}

func TestAcceptTenant_ForgetsWhatWasToldAndBindsAnew(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.must(b.BindSynthesize(ctx, ledger.SynthesizeTenant{OrganizationID: "o1", VendorID: "v1"}))
	b.finish(b.start("a", start, servers(5)), yes)
	b.must(b.MoveBaseline(ctx, ledger.Baseline{RunID: "a", ObservedAt: start}))
	if err := b.BindSynthesize(ctx, ledger.SynthesizeTenant{OrganizationID: "o1", VendorID: "v2"}); err == nil {
		t.Fatal("another vendor id was taken in silence")
	}
	b.must(b.AcceptTenant(ctx))
	b.must(b.BindSynthesize(ctx, ledger.SynthesizeTenant{OrganizationID: "o2", VendorID: "v2"}))
	a, err := b.Account(ctx, "175")
	b.must(err)
	if a.Exists || a.Pairs["Servers"].State != ledger.Unknown || a.Pairs["Servers"].EverTold {
		t.Errorf("account after the move: %+v", a)
	}
	if base, _ := b.Baseline(ctx); !base.ObservedAt.IsZero() {
		t.Errorf("the guard still compares with %+v", base)
	}
}

// The companies of another tenant have the same small ids: a message, or a dead letter, that was meant for the old one's
// company 175 must not be told to the new one's.
func TestAcceptTenant_WhatWasMeantForTheOldTenant_IsSuperseded(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	old, err := b.Begin(ctx, "old", 0)
	b.must(err)
	known, err := b.Accounts(ctx)
	b.must(err)
	intent := ledger.Intent{RunID: "old", ObservedAt: old.ObservedAt}
	b.must(b.UpdateAccounts(ctx, &old, known, []string{"175"}, func(a *ledger.Account) { a.Intent, a.NameIntent = &intent, &intent }))
	_, err = b.UpdateServices(ctx, func(s *ledger.Services) error { s.Intent = &intent; return nil })
	b.must(err)
	b.must(b.AcceptTenant(ctx))

	services, err := b.UpdateServices(ctx, func(s *ledger.Services) error {
		s.List = []ledger.Service{{Key: "Servers", Name: "Servers", ID: "new", Ruled: true}}
		return nil
	})
	b.must(err)
	var superseded *ledger.SupersededError
	if _, err := b.StartTelling(ctx, "old", old.ObservedAt, "175", servers(5), services, "replay"); !errors.As(err, &superseded) {
		t.Errorf("the old tenant's count may be told to the new one's company: %v", err)
	}
	made := func(*ledger.Account) error { return nil }
	if _, err := b.ClaimAccount(ctx, "175", "old", old.ObservedAt, made); !errors.As(err, &superseded) {
		t.Errorf("the old tenant's account may be made at the new one's: %v", err)
	}
	if !services.Intent.ObservedAt.After(old.ObservedAt) {
		t.Error("the old tenant's services may be made at the new one's")
	}
	next, err := b.Begin(ctx, "new", 0)
	b.must(err)
	if _, err := b.StartTelling(ctx, "new", next.ObservedAt, "175", servers(2), services, "next"); err != nil {
		t.Errorf("the new tenant's own run is refused: %v", err)
	}
}

func TestServices_RenamedRuleKeepsServiceAndEverythingTold(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.finish(b.start("a", start, servers(5)), yes)
	services, err := b.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Apply([]ledger.Rule{{Name: "Managed Servers", Formerly: []string{"Servers"}}, {Name: "Workstations"}})
		return nil
	})
	b.must(err)
	renamed, ok := services.ByName("Managed Servers")
	if !ok || renamed.ID != "s1" || renamed.Key != "Servers" {
		t.Fatalf("got %+v", services.List)
	}
	if p := b.pair("Managed Servers"); p.State != ledger.Told || p.Units != 5 {
		t.Fatalf("got %+v, want told 5", p)
	}
	services.Apply([]ledger.Rule{{Name: "Managed Servers", Formerly: []string{"Servers"}}, {Name: "Servers"}})
	if again, _ := services.ByName("Servers"); again.Key == "Servers" {
		t.Error("a new rule of the old name took the old one's pairs over")
	}
}

func TestServices_RenameAtSynthesizeChangesNothing(t *testing.T) {
	b := newBook(t)
	s := b.services
	s.Link([]ledger.Standing{{ID: "s1", Name: "Renamed by somebody"}, {ID: "w1", Name: "Workstations"}}, b.services)
	if got, _ := s.ByName("Servers"); got.ID != "s1" {
		t.Fatalf("got %+v", got)
	}
}

func TestServices_WhatStoodThereBeforeIsAdopted(t *testing.T) {
	var s ledger.Services
	s.Apply([]ledger.Rule{{Name: "Managed Servers", Formerly: []string{"Servers"}}})
	s.Link([]ledger.Standing{{ID: "x", Name: "Servers"}, {ID: "y", Name: "Network Devices"}}, ledger.Services{})
	got, _ := s.ByName("Managed Servers")
	if got.ID != "x" || !got.Adopted {
		t.Errorf("got %+v, want the one that it was formerly, adopted", got)
	}
	if len(s.Strangers.Services) != 1 || s.Strangers.Services[0] != "Network Devices" {
		t.Errorf("strangers: %v", s.Strangers.Services)
	}
	account := ledger.Account{ID: "175"}
	account.Stands("Contoso")
	if p := account.Pair(got); p.State != ledger.Unknown {
		t.Errorf("a pair that stood there before is %q, want unknown", p.State)
	}
}

func TestRebuild_OnlyDebtsOfTheDeadAreForOthers(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.must(b.OweRebuild(ctx, "w1"))
	b.now = b.now.Add(time.Minute)
	if owed, err := b.RebuildOwed(ctx, 15*time.Minute); err != nil || len(owed) != 0 {
		t.Fatalf("a living worker's debt is another's: %v %v", owed, err)
	}
	b.now = b.now.Add(time.Hour)
	owed, err := b.RebuildOwed(ctx, 15*time.Minute)
	if err != nil || len(owed) != 1 {
		t.Fatalf("got %v %v", owed, err)
	}
	b.must(b.RebuildPaid(ctx, owed...))
	if owed, _ := b.RebuildOwed(ctx, 0); len(owed) != 0 {
		t.Fatalf("still owed: %v", owed)
	}
}

func TestRebuild_NotedByAClockFarAhead_IsForOthersAtOnce(t *testing.T) {
	b := newBook(t)
	b.must(b.OweRebuild(t.Context(), "w1"))
	b.now = b.now.Add(-10 * time.Minute)
	if owed, err := b.RebuildOwed(t.Context(), 15*time.Minute); err != nil || len(owed) != 0 {
		t.Fatalf("a little ahead is a living worker's: %v %v", owed, err)
	}
	b.now = b.now.Add(-24 * time.Hour)
	if owed, err := b.RebuildOwed(t.Context(), 15*time.Minute); err != nil || len(owed) != 1 {
		t.Fatalf("it waits for a day that may never come: %v %v", owed, err)
	}
}

func TestRefusal_HoldsForTheRunUntilTheSecretHasAnotherVersion(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.must(b.NoteRefusal(ctx, ledger.Refusal{Vendor: ledger.Synthesize, RunID: "r1", ObservedAt: start, SecretVersion: "v1", Text: "401"}))
	var refusal *ledger.Refusal
	if err := b.Refused(ctx, ledger.Synthesize, "r1", start, "v1"); !errors.As(err, &refusal) {
		t.Errorf("same run, same secret: %v", err)
	}
	if err := b.Refused(ctx, ledger.Synthesize, "r0", start.Add(-time.Hour), "v1"); !errors.As(err, &refusal) {
		t.Errorf("older run, same secret: %v", err)
	}
	if err := b.Refused(ctx, ledger.Synthesize, "r1", start, "v2"); err != nil {
		t.Errorf("new secret: %v", err)
	}
	if err := b.Refused(ctx, ledger.Synthesize, "r2", start.Add(time.Hour), "v1"); err != nil {
		t.Errorf("newer run: %v", err)
	}
}

func TestOutcomes_FirstDefiniteAnswerMovesTheBaseline(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	base := &ledger.Baseline{RunID: "r1", ObservedAt: start, Services: map[string]int64{"Servers": 7}}
	b.must(b.SaveRun(ctx, ledger.Run{ID: "r1", ObservedAt: start, State: "queued", Baseline: base}))
	b.must(b.AddOutcomes(ctx, start, ledger.Outcomes{Failed: 1}, false))
	if got, _ := b.Baseline(ctx); !got.ObservedAt.IsZero() {
		t.Fatal("moved without a definite answer")
	}
	b.must(b.AddOutcomes(ctx, start, ledger.Outcomes{Posted: 2}, true))
	if got, _ := b.Baseline(ctx); got.Services["Servers"] != 7 {
		t.Fatalf("got %+v", got)
	}
	last, ok, err := b.LastRun(ctx)
	if err != nil || !ok || last.Outcomes.Posted != 2 || last.Outcomes.Failed != 1 {
		t.Fatalf("got %+v %v %v", last, ok, err)
	}
	b.must(b.AddOutcomes(ctx, start.Add(time.Hour), ledger.Outcomes{Posted: 1}, true)) // a run without a record
}

// A name that goes from one service to another means the old one in messages that are older than the change.
// A name is given up, lies unused, and is given to a new service. A message of the first time, replayed, means that one no more.
func TestServices_NameLiesUnusedBetweenTwoServices_OlderMessageIsNotToldToTheNewOne(t *testing.T) {
	b := newBook(t)
	at := start
	for _, rules := range [][]ledger.Rule{
		{{Name: "Servers"}, {Name: "Workstations"}},
		{{Name: "Managed Servers", Formerly: []string{"Servers"}}, {Name: "Workstations"}},
		{{Name: "Managed Servers"}, {Name: "Servers"}, {Name: "Workstations"}},
	} {
		services, err := b.UpdateServices(t.Context(), func(s *ledger.Services) error {
			s.Apply(rules)
			s.Intent = &ledger.Intent{RunID: runOf(at), ObservedAt: at}
			for i := range s.List {
				s.List[i].ID = "id of " + s.List[i].Key
			}
			return nil
		})
		b.must(err)
		b.services, at = services, at.Add(24*time.Hour)
	}
	if old := b.start("replayed", start, servers(8)); len(old.Counts) != 0 {
		t.Errorf("8 of what was called Servers are told as the new Servers: %+v", old.Counts)
	}
	if now := b.start("newest", at.Add(-24*time.Hour), servers(2)); len(now.Counts) != 1 || now.Counts[0].Service.ID != "id of Servers#2" {
		t.Errorf("the newest run's count is told to %+v", now.Counts)
	}
}

func TestServices_NameGivenToAnotherOne_OlderMessageMeansTheOldOne(t *testing.T) {
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

// counted counts the writes.
type counted struct {
	ledger.Store
	writes int
}

func (c *counted) Write(ctx context.Context, writes ...ledger.Write) error {
	c.writes++
	return c.Store.Write(ctx, writes...)
}

// Accounts grow with their services, and with each attempt whose answer was lost.
func TestUpdateAccounts_TogetherTheyAreMoreThanATransactionTakes_AreWrittenInParts(t *testing.T) {
	for name, c := range map[string]struct{ accounts, bytes, least, most int }{
		"ordinary ones, as many as one write may name": {ledger.MaxWrites, 700, 1, 1},
		"long ones":                                  {ledger.MaxWrites, 60_000, 2, 10},
		"the longest that there can be":              {20, 390_000, 5, 10},
		"as long as go into one write":               {ledger.MaxWrites, 10_000, 1, 1},
		"more than one write may name, all ordinary": {ledger.MaxWrites + 1, 700, 2, 2},
	} {
		store := &counted{Store: bounded{memory.New()}}
		book := ledger.New(store, func() time.Time { return start })
		var ids []string
		for i := range c.accounts {
			ids = append(ids, fmt.Sprint(i+1))
		}
		known := map[string]ledger.Account{}
		last := fmt.Sprint(c.accounts)
		for round, word := range []string{"a", "b"} {
			if round > 0 { // another writer changes one meanwhile, which costs one try more
				must[any](t)(nil, book.NoteAccount(t.Context(), last, func(a *ledger.Account) { a.Wanted = true }))
			}
			store.writes = 0
			text := strings.Repeat(word, c.bytes)
			if err := book.UpdateAccounts(t.Context(), nil, known, ids, func(a *ledger.Account) { a.Name = text }); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if store.writes < c.least || store.writes > c.most+round {
				t.Errorf("%s, round %d: %d writes", name, round, store.writes)
			}
			stand, err := book.Accounts(t.Context())
			if err != nil || len(stand) != c.accounts || stand[last].Wanted != (round > 0) {
				t.Fatalf("%s: %d accounts, %v", name, len(stand), err)
			}
			for id, a := range stand {
				if a.Name != text || known[id].Name != text {
					t.Fatalf("%s: account %s is not written, or not known", name, id)
				}
			}
		}
	}
}
