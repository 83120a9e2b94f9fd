package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

var start = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// book is a ledger with one service and one account that stand at Synthesize, made by the ledger's own runs.
type book struct {
	*ledger.Ledger
	t        *testing.T
	now      time.Time
	services ledger.Services
}

func newBook(t *testing.T) *book {
	t.Helper()
	b := &book{t: t, now: start}
	b.Ledger = ledger.New(memory.New(), func() time.Time { return b.now })
	ctx := context.Background()
	var err error
	b.services, err = b.UpdateServices(ctx, func(s *ledger.Services) error {
		s.Apply([]ledger.Rule{{Name: "Servers"}, {Name: "Workstations"}})
		for i := range s.List {
			s.List[i].Making = &ledger.Making{Token: "x"}
		}
		s.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}, {ID: "w1", Name: "Workstations"}}, ledger.Services{})
		return nil
	})
	b.must(err)
	b.must(b.NoteAccount(ctx, "175", func(a *ledger.Account) { a.Made("Contoso") }))
	return b
}

func (b *book) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// runOf is the id of the one run that read at a time.
func runOf(at time.Time) string { return "run-" + at.Format("150405") }

func (b *book) start(token string, at time.Time, counts map[string]int64) ledger.Telling {
	b.t.Helper()
	t, err := b.StartTelling(context.Background(), runOf(at), at, "175", counts, b.services, token)
	b.must(err)
	return t
}

func (b *book) finish(t ledger.Telling, r ledger.Result) {
	b.t.Helper()
	results := map[string]ledger.Result{}
	for _, c := range t.Counts {
		results[c.Service.Key] = r
	}
	_, err := b.FinishTelling(context.Background(), t, results, r.Answer == ledger.Accepted || r.Answer == ledger.Unmapped)
	b.must(err)
}

func (b *book) pair(service string) ledger.Pair {
	b.t.Helper()
	a, err := b.Account(context.Background(), "175")
	b.must(err)
	services, err := b.Services(context.Background())
	b.must(err)
	s, _ := services.ByName(service)
	return a.Pair(s)
}

var (
	yes     = ledger.Result{Answer: ledger.Accepted, Definite: true}
	noMap   = ledger.Result{Answer: ledger.Unmapped, Definite: true}
	no      = ledger.Result{Answer: ledger.Refused, Definite: true}
	unclear = ledger.Result{Answer: ledger.Unclear}
)

func servers(n int64) map[string]int64 { return map[string]int64{"Servers": n} }

func TestTelling_IsMaybeToldFromTheMarkUntilTheAnswer(t *testing.T) {
	b := newBook(t)
	telling := b.start("a", start, servers(5))
	if p := b.pair("Servers"); p.State != ledger.MaybeTold || p.Units != 5 {
		t.Fatalf("after the mark: %+v", p)
	}
	b.finish(telling, yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 5 || !p.ObservedAt.Equal(start) || len(p.Open) != 0 {
		t.Fatalf("after the answer: %+v", p)
	}
}

func TestTelling_DefiniteRefusalRestoresWhatWas(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	b.finish(b.start("b", start.Add(time.Hour), servers(7)), no)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 5 || !p.ObservedAt.Equal(start) {
		t.Fatalf("got %+v, want told 5 as before", p)
	}
}

func TestTelling_RefusalAfterAnUnclearAttemptRestoresNothing(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	b.finish(b.start("b", start.Add(time.Hour), servers(7)), unclear)
	b.finish(b.start("c", start.Add(2*time.Hour), servers(8)), no)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v, want maybe told: the 7 may have arrived", p)
	}
}

// The first attempt was not answered, and the second one is a no. That says nothing of the first.
func TestTelling_ANoAfterAnAttemptThatWasNotAnswered_RestoresNothing(t *testing.T) {
	for name, answer := range map[string]ledger.Answer{"refused": ledger.Refused, "no map": ledger.Unmapped} {
		b := newBook(t)
		b.finish(b.start("a", start, servers(5)), yes)
		b.finish(b.start("b", start.Add(time.Hour), servers(7)), ledger.Result{Answer: answer})
		if p := b.pair("Servers"); p.State != ledger.MaybeTold {
			t.Errorf("%s: got %+v, want maybe told: the 7 may have arrived", name, p)
		}
	}
}

// A request that was never answered is repeated and accepted. The units are told; but the first one may land later, after
// those of a newer read.
func TestTelling_AcceptedWhileAnEarlierRequestIsLate_NextCountIsMaybeTold(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), ledger.Result{Answer: ledger.Accepted, Definite: true, Late: true})
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 5 {
		t.Fatalf("got %+v, want told 5: both requests set the same", p)
	}
	b.now = start.Add(time.Minute)
	b.finish(b.start("b", b.now, servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v, want maybe told: the late 5 may land after the 7", p)
	}
	b.now = start.Add(time.Hour)
	b.finish(b.start("c", b.now, servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 || len(p.Open) != 0 {
		t.Fatalf("got %+v, want told 7: by now the 5 cannot land any more", p)
	}
}

// Two workers post the same message. One is done, the other has not sent its request yet when a newer read is told.
func TestTelling_SecondWorkerOfAToldCount_NextCountIsMaybeToldUntilItReports(t *testing.T) {
	for name, answer := range map[string]ledger.Result{"accepted": yes, "refused": no, "unclear, and over": unclear} {
		b := newBook(t)
		first := b.start("a", start, servers(5))
		second := b.start("b", start, servers(5))
		b.finish(first, yes)
		third := b.start("c", start.Add(time.Minute), servers(7))
		b.finish(third, yes)
		if p := b.pair("Servers"); p.State != ledger.MaybeTold {
			t.Fatalf("got %+v, want maybe told: the second worker's 5 may land after the 7", p)
		}
		b.finish(second, answer)
		if p := b.pair("Servers"); (p.State == ledger.Told) != (answer == no) || p.Units != 7 {
			t.Errorf("%s: %+v; only a definite no leaves the 7 certain", name, p)
		}

		b = newBook(t)
		first, second = b.start("a", start, servers(5)), b.start("b", start, servers(5))
		b.finish(first, yes)
		b.finish(second, answer)
		b.finish(b.start("c", start.Add(time.Minute), servers(7)), yes)
		if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
			t.Errorf("%s: %+v; want told 7: nobody else was at work any more", name, p)
		}
	}
}

// Two workers post at the same time, the older read's with an answer that says nothing. Whose request took effect last is
// not known, whoever reports first.
func TestTelling_OlderOneEndsUnclearWhileTheNewerIsUnderWay_IsMaybeToldUntilTheNext(t *testing.T) {
	b := newBook(t)
	older := b.start("a", start, servers(5))
	newer := b.start("b", start.Add(time.Minute), servers(7))
	b.finish(older, unclear)
	b.finish(newer, yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v, want maybe told: the 5 may have landed after the 7", p)
	}
	b.finish(b.start("c", start.Add(2*time.Minute), servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
		t.Fatalf("got %+v, want told 7: nobody else was at work", p)
	}
}

// What was told stands again after a definite no, although an echo of it is still under way.
func TestTelling_RefusedWhileAnEchoIsOpen_WhatWasToldStands(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), ledger.Result{Answer: ledger.Accepted, Definite: true, Late: true})
	b.finish(b.start("b", start.Add(time.Minute), servers(7)), no)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 5 || len(p.Open) != 1 {
		t.Fatalf("got %+v, want told 5 with its echo", p)
	}
}

// The account was deleted and made again while a request was under way: it may set the new one's count.
func TestTelling_AccountMadeAgainWhileARequestIsLate_NextCountIsMaybeTold(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), ledger.Result{Answer: ledger.Unclear, Late: true})
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Missing(); a.Made("Contoso") }))
	b.finish(b.start("b", start.Add(time.Minute), servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v, want maybe told: the late 5 may land after the 7", p)
	}
}

// What was accepted went to the account that is gone. It says nothing of a copy's request to the one that was made since.
func TestTelling_AcceptedForTheAccountThatIsGone_SaysNothingOfTheNewOne(t *testing.T) {
	b := newBook(t)
	gone := b.start("a", start, servers(5))
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Missing(); a.Made("Contoso") }))
	b.start("copy", start, servers(5))
	b.finish(gone, yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told: the copy's request is under way", p)
	}
}

// A pair that a newer read is being told is that one's, also where the account no longer says who has spoken.
func TestTelling_OlderReadOfAPairThatANewerOneMayHaveTold_IsSuperseded(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("newer", start.Add(time.Minute), servers(7)), unclear)
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Intent = nil }))
	_, err := b.StartTelling(context.Background(), runOf(start), start, "175", servers(5), b.services, "older")
	var superseded *ledger.SupersededError
	if !errors.As(err, &superseded) || b.pair("Servers").Units != 7 {
		t.Errorf("got %v and %+v, want superseded", err, b.pair("Servers"))
	}
}

// A zero that nobody maps again after a disconnect is no lost mapping: there is nothing that would not be billed.
func TestTelling_AccountMadeAgainThatWasToldZero_NoMapIsNoLoss(t *testing.T) {
	for units, lost := range map[int64]bool{0: false, 5: true} {
		b := newBook(t)
		b.finish(b.start("a", start, servers(units)), yes)
		b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Missing(); a.Made("Contoso") }))
		b.finish(b.start("b", start.Add(time.Minute), servers(units)), noMap)
		if p := b.pair("Servers"); p.Lost() != lost {
			t.Errorf("told %d before, got %+v, want lost %t", units, p, lost)
		}
	}
}

// A ledger restored from a backup issues the times of forgotten runs anew. A message of a forgotten run is not that of the
// run that has its time now.
func TestTelling_OfAnotherRunOfTheSameTime_IsSuperseded(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	_, err := b.StartTelling(context.Background(), "forgotten", start, "175", servers(9), b.services, "b")
	var superseded *ledger.SupersededError
	if !errors.As(err, &superseded) || superseded.By.RunID != runOf(start) {
		t.Fatalf("got %v, want superseded by %s", err, runOf(start))
	}
	claim := func(run string) error {
		_, err := b.ClaimAccount(context.Background(), "175", run, start, func(*ledger.Account) error { return nil })
		return err
	}
	if err := errors.Join(claim(runOf(start)), claim(runOf(start))); err != nil {
		t.Fatal(err)
	}
	if err := claim("forgotten"); !errors.As(err, &superseded) {
		t.Fatalf("got %v, want superseded", err)
	}
}

func TestTelling_OneOfTwoWorkersRefusedRestoresNothing(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	one := b.start("b", start.Add(time.Hour), servers(7))
	two := b.start("c", start.Add(time.Hour), servers(7))
	b.finish(one, no)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v while another worker still posts", p)
	}
	b.finish(two, yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
		t.Fatalf("got %+v, want told 7", p)
	}
}

func TestTelling_RepeatedFinishChangesNothingMore(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	refused := b.start("b", start.Add(time.Hour), servers(7))
	b.finish(refused, no)
	b.finish(refused, no)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 5 {
		t.Fatalf("got %+v, want told 5", p)
	}
}

func TestTelling_OlderMessageIsSuperseded(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("b", start.Add(time.Hour), servers(7)), yes)
	_, err := b.StartTelling(context.Background(), runOf(start), start, "175", servers(5), b.services, "a")
	var superseded *ledger.SupersededError
	if !errors.As(err, &superseded) || !superseded.By.ObservedAt.After(start) {
		t.Fatalf("got %v, want superseded by the newer run", err)
	}
	if p := b.pair("Servers"); p.Units != 7 || p.State != ledger.Told {
		t.Fatalf("got %+v", p)
	}
}

func TestTelling_SameMessageAgainHasNothingDue(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	again := b.start("b", start, servers(5))
	if len(again.Counts) != 0 || len(again.Standing) != 1 {
		t.Fatalf("got %+v, want the count standing", again)
	}
}

func TestTelling_LateAnswerOfASlowWorkerNeverReplacesANewerCount(t *testing.T) {
	b := newBook(t)
	slow := b.start("slow", start, servers(5))
	b.now = start.Add(time.Hour)
	b.finish(b.start("new", start.Add(time.Hour), servers(7)), yes)
	b.finish(slow, yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
		t.Fatalf("got %+v, want told 7", p)
	}
}

func TestTelling_AcceptedWhileAnOlderAttemptMayStillArriveStaysMaybe(t *testing.T) {
	b := newBook(t)
	b.start("slow", start, servers(5))
	b.now = start.Add(time.Minute)
	b.finish(b.start("new", start.Add(time.Minute), servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Fatalf("got %+v: the older worker began a minute ago and may post after us", p)
	}
	b.now = start.Add(time.Hour)
	b.finish(b.start("next", start.Add(time.Hour), servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told {
		t.Fatalf("got %+v: after an hour the older worker is dead", p)
	}
}

func TestTelling_NoMapBeforeAnythingWasToldIsNoLoss(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), noMap)
	if p := b.pair("Servers"); p.State != ledger.Never || !p.NoMap || p.Lost() || p.TriedUnits != 5 {
		t.Fatalf("got %+v", p)
	}
}

func TestTelling_NoMapAfterItWasToldIsALostMapping(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	b.finish(b.start("b", start.Add(time.Hour), servers(6)), noMap)
	if p := b.pair("Servers"); !p.Lost() || p.State != ledger.Told || p.Units != 5 {
		t.Fatalf("got %+v", p)
	}
}

func TestTelling_DisconnectMakesToldUnknownAndStillCallsItLost(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Missing(); a.Made("Contoso") }))
	if p := b.pair("Servers"); p.State != ledger.Unknown || !p.MayStandAboveZero() {
		t.Fatalf("got %+v, want unknown", p)
	}
	b.finish(b.start("b", start.Add(time.Hour), servers(5)), noMap)
	if p := b.pair("Servers"); !p.Lost() {
		t.Fatalf("got %+v, want mapping lost", p)
	}
}

func TestTelling_AnswerForAnAccountThatWasFoundGoneClaimsNothing(t *testing.T) {
	b := newBook(t)
	telling := b.start("a", start, servers(5))
	b.must(b.NoteAccount(context.Background(), "175", func(a *ledger.Account) { a.Missing(); a.Made("Contoso") }))
	b.finish(telling, yes)
	if p := b.pair("Servers"); p.State != ledger.Unknown {
		t.Fatalf("got %+v, want unknown: the account that took the 5 is gone", p)
	}
}

func TestTelling_ServiceMadeAnewIsUnknown(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	_, err := b.UpdateServices(context.Background(), func(s *ledger.Services) error {
		s.Link([]ledger.Standing{{ID: "s2", Name: "Servers"}, {ID: "w1", Name: "Workstations"}}, *s)
		return nil
	})
	b.must(err)
	if p := b.pair("Servers"); p.State != ledger.Unknown || !p.EverTold {
		t.Fatalf("got %+v, want unknown", p)
	}
}

func TestRetelling_PostsTheSameUnitsOnlyWhenNothingNewerIsMeant(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	b.finish(b.start("a", start, servers(5)), yes)
	service, _ := b.services.ByName("Servers")
	again, err := b.StartRetelling(ctx, "175", service, "r")
	b.must(err)
	if len(again.Counts) != 1 || again.Counts[0].Units != 5 {
		t.Fatalf("got %+v", again)
	}
	b.finish(again, yes)
	b.must(b.NoteAccount(ctx, "175", func(a *ledger.Account) {
		a.Intent = &ledger.Intent{RunID: "newer", ObservedAt: start.Add(time.Hour)}
	}))
	_, err = b.StartRetelling(ctx, "175", service, "r2")
	var notTold *ledger.NotTold
	if !errors.As(err, &notTold) {
		t.Fatalf("got %v, want a refusal: a newer run is about to tell", err)
	}
}

// The newer count's worker took long to write down that it was accepted. By then the older request can take effect no
// more; but it could when the newer one was posted, so it may have landed in between.
func TestTelling_OlderRequestRanOutWhileTheNewerWasUnderWay_IsMaybeTold(t *testing.T) {
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

// A ledger restored from a backup issues a time anew. A worker of the forgotten run that had it ends its own telling, not
// the word of the run that has it now.
func TestTelling_ForgottenRunOfTheSameTimeEnds_TheWordOfTheOtherStaysOpen(t *testing.T) {
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
