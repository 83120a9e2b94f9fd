package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// recorded is a ledger whose newest run is recorded as given, and holds its lease.
type recorded struct {
	*testing.T
	*ledger.Ledger
	now time.Time
	run ledger.Lease
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	b := &recorded{T: t, now: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)}
	b.Ledger = ledger.New(memory.New(), func() time.Time { return b.now })
	var err error
	if b.run, err = b.Begin(context.Background(), "r1", 16*time.Minute); err != nil {
		t.Fatal(err)
	}
	b.save(ledger.Run{State: fetch.StateReading})
	return b
}

func (b *recorded) save(run ledger.Run) {
	b.Helper()
	run.ID, run.ObservedAt, run.StartedAt, run.Mode = b.run.RunID, b.run.ObservedAt, b.run.ObservedAt, fetch.ModePost
	if err := b.SaveRun(context.Background(), run); err != nil {
		b.Fatal(err)
	}
}

// done records that the run is done, and what it says of itself.
func (b *recorded) done(r fetch.Result) {
	b.Helper()
	r.RunID, r.ObservedAt = b.run.RunID, b.run.ObservedAt
	body, err := r.Record()
	if err != nil {
		b.Fatal(err)
	}
	b.save(ledger.Run{State: r.State, Report: body})
	if err := b.End(context.Background(), b.run); err != nil {
		b.Fatal(err)
	}
}

// became adds what became of messages, as the function does that works them.
func (b *recorded) became(o ledger.Outcomes) {
	b.Helper()
	if err := b.AddOutcomes(context.Background(), b.run.ObservedAt, o, true); err != nil {
		b.Fatal(err)
	}
}

// intends records that the run means to tell a company something, and that its message has not ended by being told.
func (b *recorded) intends(id string) {
	b.Helper()
	if err := b.NoteAccount(context.Background(), id, func(a *ledger.Account) {
		a.Intent = &ledger.Intent{RunID: b.run.RunID, ObservedAt: b.run.ObservedAt}
	}); err != nil {
		b.Fatal(err)
	}
}

// report is what the command says, and its text.
func (b *recorded) report() (Report, string) {
	b.Helper()
	run, _, err := b.LastRun(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	r, err := reportOf(context.Background(), b.Ledger, run)
	if err != nil {
		b.Fatal(err)
	}
	var text bytes.Buffer
	r.render(&text, place{Stack: "prod"})
	return r, text.String()
}

// On a stack the run's record is written before its counts are told: what became of them stands beside it.
func TestReport_OfAStacksRun_SaysWhatBecameOfItsCounts(t *testing.T) {
	for _, c := range []struct {
		due, open int
		became    ledger.Outcomes
		says      string
	}{
		{8, 0, ledger.Outcomes{Posted: 6, Unmapped: 1, Lost: 1}, "6 posted, 0 unchanged, 1 not mapped, 1 mapping lost"},
		{8, 3, ledger.Outcomes{Posted: 4, Superseded: 1}, "Still open: 3 of 8 counts"},
		{8, 8, ledger.Outcomes{}, "Still open: 8 of 8 counts"},
		{0, 0, ledger.Outcomes{}, "0 posted"},
	} {
		b := newRecorded(t)
		b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost, Due: c.due})
		b.became(c.became)
		if c.open > 0 {
			b.intends("1")
		}
		r, text := b.report()
		if r.Usage != c.became || r.Open != c.open || !strings.Contains(text, c.says) || (c.open == 0) == strings.Contains(text, "Still open") {
			t.Errorf("%+v: the report has %+v, %d open, and says:\n%s", c, r.Usage, r.Open, text)
		}
	}
}

// A message that came twice counts twice; what is open shows in the ledger.
func TestReport_OfAStacksRun_ACompanyWhoseMessageHasNotEnded_IsStillOpen(t *testing.T) {
	b := newRecorded(t)
	b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost, Due: 2})
	b.became(ledger.Outcomes{Posted: 1, Unchanged: 1})
	b.intends("1")
	if r, text := b.report(); r.Open != 1 {
		t.Errorf("%d open:\n%s", r.Open, text)
	}
}

// Most counts of most nights are unchanged, and need no message. The record has them before anything is told.
func TestReport_OfAStacksRun_WithCountsThatNeededNoMessage_SaysWhatBecameOfTheOthers(t *testing.T) {
	b := newRecorded(t)
	b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost, Due: 8, Usage: ledger.Outcomes{Unchanged: 300}})
	b.became(ledger.Outcomes{Posted: 5})
	b.intends("1")
	if r, text := b.report(); r.Open != 3 || r.Usage != (ledger.Outcomes{Posted: 5, Unchanged: 300}) || !strings.Contains(text, "5 posted, 300 unchanged") || !strings.Contains(text, "Still open: 3 of 8 counts") {
		t.Errorf("%d open, %+v:\n%s", r.Open, r.Usage, text)
	}
}

// A person said hold while messages were on their way: they have ended, and no queue and no dead letter has them.
func TestReport_OfAStacksRun_CountsThatEndedUntold_AreTheNextRuns(t *testing.T) {
	b := newRecorded(t)
	b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost, Due: 8})
	b.became(ledger.Outcomes{Posted: 6, Superseded: 2})
	b.intends("1")
	r, text := b.report()
	if r.Open != 0 || r.Untold != 2 || strings.Contains(text, "dead letters") || !strings.Contains(text, "Ended untold: 2 of 8 counts") || !strings.Contains(text, "the next run that tells tells them: synthsync run --stack prod") {
		t.Errorf("%d open, %d untold:\n%s", r.Open, r.Untold, text)
	}
}

func TestReport_RunThatToldNobody_HasNothingOpen(t *testing.T) {
	for _, result := range []fetch.Result{
		{State: fetch.StateHeld, Mode: fetch.ModePost, Due: 8}, {State: fetch.StateDone, Mode: fetch.ModeObserve, Due: 8},
		{State: fetch.StateFailed, Mode: fetch.ModePost, Due: 8},
	} {
		b := newRecorded(t)
		b.done(result)
		if r, text := b.report(); r.Open != 0 || strings.Contains(text, "Still open") {
			t.Errorf("%+v: %d open:\n%s", result, r.Open, text)
		}
	}
}

// On one machine the record is corrected when all has been told, and says what failed in the end.
func TestReport_OfAMachinesRun_ItsOwnWordStays(t *testing.T) {
	b := newRecorded(t)
	own := ledger.Outcomes{Posted: 6, Failed: 2}
	b.done(fetch.Result{State: fetch.StateFailed, Mode: fetch.ModePost, Due: 8, Usage: own})
	b.became(ledger.Outcomes{Posted: 6})
	if r, text := b.report(); r.Usage != own || r.Open != 0 {
		t.Errorf("%+v, %d open:\n%s", r.Usage, r.Open, text)
	}
}

// The power went while the counts were told: on one machine nothing is under way then.
func TestReport_OfAMachinesRun_CutOffWhileItTold_TheNextRunTells(t *testing.T) {
	b := newRecorded(t)
	b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost, Due: 8, Usage: ledger.Outcomes{Unchanged: 300}})
	b.intends("1")
	r, _ := b.report()
	var text bytes.Buffer
	r.render(&text, place{Ledger: "x.ledger"})
	if !strings.Contains(text.String(), "8 of 8 counts; the next run tells them: synthsync run --ledger x.ledger") || strings.Contains(text.String(), "dead letters") {
		t.Errorf("%s", text.String())
	}
}

func TestReport_RunThatHoldsItsLease_IsUnderWay(t *testing.T) {
	for state, does := range map[string]string{fetch.StateReading: "reading Autotask", fetch.StateQueued: "queueing"} {
		b := newRecorded(t)
		b.save(ledger.Run{State: state})
		b.now = b.now.Add(15 * time.Minute)
		r, text := b.report()
		if r.State != state || !strings.Contains(text, "under way") || !strings.Contains(text, does) || !strings.Contains(text, "since 02:00:00") || strings.Contains(text, "FAILED") {
			t.Errorf("%s: state %s:\n%s", state, r.State, text)
		}
	}
}

func TestReport_RunThatHoldsNoLeaseAnyMore_WasCutOff(t *testing.T) {
	for name, ends := range map[string]func(*recorded){
		"its lease has ended": func(b *recorded) { b.now = b.now.Add(16 * time.Minute) },
		"another run has it": func(b *recorded) {
			b.now = b.now.Add(16 * time.Minute)
			if _, err := b.Begin(context.Background(), "r2", 16*time.Minute); err != nil {
				b.Fatal(err)
			}
		},
	} {
		b := newRecorded(t)
		ends(b)
		if r, text := b.report(); r.State != fetch.StateFailed || !strings.Contains(text, "FAILED") || !strings.Contains(text, "cut off while it was reading") {
			t.Errorf("%s: state %s:\n%s", name, r.State, text)
		}
	}
}

func TestReport_RunCutOffAfterSomeOfItsCountsWereTold_SaysHowMany(t *testing.T) {
	b := newRecorded(t)
	b.save(ledger.Run{State: fetch.StateQueued})
	b.became(ledger.Outcomes{Posted: 4})
	b.now = b.now.Add(16 * time.Minute)
	if r, text := b.report(); r.Usage.Posted != 4 || !strings.Contains(text, "4 posted") || !strings.Contains(text, "cut off while it was queued") {
		t.Errorf("%+v:\n%s", r.Usage, text)
	}
}

// Nobody is billed for a released client, so nobody has to map him: the run says so, and the report must not say the contrary.
func TestReport_ReleasedClientWithoutAMap_NeedsNoHand(t *testing.T) {
	noMap := func(p ledger.Pair) ledger.Pair { p.NoMap = true; return p }
	lost := noMap(ledger.Pair{State: ledger.Told, Units: 4, ServiceID: "s1", EverTold: true, TriedUnits: 5})
	for name, c := range map[string]struct {
		pair     ledger.Pair
		released bool
		note     string
	}{
		"told before, and unmapped since":           {lost, false, "mapping lost: map account and service in Synthesize again"},
		"told before, unmapped, released":           {lost, true, ""},
		"never mapped":                              {noMap(ledger.Pair{TriedUnits: 5}), false, "not mapped: map account and service in Synthesize"},
		"never mapped, released":                    {noMap(ledger.Pair{TriedUnits: 5}), true, ""},
		"released, and nobody knows whether 0 came": {ledger.Pair{State: ledger.MaybeTold, ServiceID: "s1"}, true, "the answer never came to one try of it: an earlier count may stand"},
	} {
		b := newRecorded(t)
		b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost})
		if _, err := b.UpdateServices(context.Background(), func(s *ledger.Services) error {
			s.List = []ledger.Service{{Key: "servers", Name: "Servers", ID: "s1", Ruled: true}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := b.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
			a.Exists, a.Released, a.Pairs = true, c.released, map[string]ledger.Pair{"servers": c.pair}
		}); err != nil {
			t.Fatal(err)
		}
		r, text := b.report()
		switch {
		case c.note == "" && len(r.NeedsHand) > 0, c.note != "" && (len(r.NeedsHand) != 1 || r.NeedsHand[0].Note != c.note || !strings.Contains(text, c.note)):
			t.Errorf("%s: needs a hand: %+v\n%s", name, r.NeedsHand, text)
		}
		if again := c.pair.State == ledger.MaybeTold; strings.Contains(text, "Needs a hand:") != (c.note != "" && !again) || strings.Contains(text, "the next run tells it again:") != again {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}
