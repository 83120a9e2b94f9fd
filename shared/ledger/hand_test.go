package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

var day = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

func clerk() (*ledger.Ledger, *time.Time) {
	now := day
	return ledger.New(memory.New(), func() time.Time { return now }), &now
}

func by(actor string) ledger.Act { return ledger.Act{Actor: actor, Reason: "because"} }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestHand_TheWordWinsOverTheSetting_AndTheFirstOfTwoStands(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	h := must[ledger.Hand](t)(l.Hand(ctx))
	if h.ModeOr("post") != "post" || h.ModeOr("observe") != "observe" || h.Silent("post") != "" || h.Silent("observe") == "" {
		t.Errorf("without a word the setting holds: %+v", h)
	}
	for _, actor := range []string{"anna", "ben"} {
		must[ledger.ModeWord](t)(l.SetMode(ctx, ledger.ModePost, by(actor)))
		must[ledger.HoldWord](t)(l.SetHold(ctx, true, by(actor)))
	}
	h = must[ledger.Hand](t)(l.Hand(ctx))
	if h.ModeOr("observe") != "post" || h.Mode.Actor != "anna" || h.Hold.Actor != "anna" || h.Silent("post") == "" {
		t.Errorf("%+v", h)
	}
	must[ledger.HoldWord](t)(l.SetHold(ctx, false, by("ben")))
	if h = must[ledger.Hand](t)(l.Hand(ctx)); h.Silent("observe") != "" {
		t.Errorf("%+v", h)
	}
	acts := must[[]ledger.Act](t)(l.Acts(ctx))
	if len(acts) != 3 {
		t.Errorf("%d acts, want mode, hold and resume, each once: %+v", len(acts), acts)
	}
}

func TestApprove_OfTwoAtOnce_TheFirstStandsAndIsRecordedOnce(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	held := ledger.Held{RunID: "r1", ObservedAt: day, Holds: []ledger.HeldFor{{Key: "k", Text: "falls"}}}
	if _, err := l.NoteHeld(ctx, held, ledger.Held{}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	mine := 0
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			_, was, err := l.Approve(context.Background(), "r1", by(fmt.Sprint("person ", n)))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if was {
				mine++
			}
		})
	}
	all.Wait()
	if acts := must[[]ledger.Act](t)(l.Acts(ctx)); mine != 1 || len(acts) != 1 {
		t.Errorf("%d of 8 were the first, %d acts", mine, len(acts))
	}
}

func TestApprove_OnlyOfWhatTheNewestRunHolds(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	var no *ledger.ApprovalError
	if _, _, err := l.Approve(ctx, "r1", by("x")); !errors.As(err, &no) || !no.Other {
		t.Errorf("nothing is held: %v", err)
	}
	hold := []ledger.HeldFor{{Key: "k"}}
	for n, h := range []ledger.Held{{RunID: "r1", Holds: hold}, {RunID: "r2", Holds: hold}, {RunID: "old", Holds: hold}, {RunID: "r3"}} {
		h.ObservedAt = day.Add(time.Duration(n) * time.Hour)
		if h.RunID == "old" {
			h.ObservedAt = day.Add(-time.Hour) // a frozen run that ends late
		}
		if _, err := l.NoteHeld(ctx, h, must[ledger.Held](t)(l.Held(ctx))); err != nil {
			t.Fatal(err)
		}
		if h.RunID == "old" {
			continue
		}
		if _, _, err := l.Approve(ctx, "r1", by("x")); (err == nil) != (h.RunID == "r1") {
			t.Errorf("after %s, r1: %v", h.RunID, err)
		}
	}
	if _, _, err := l.Approve(ctx, "r3", by("x")); !errors.As(err, &no) || no.Other {
		t.Errorf("a run that holds nothing: %v", err)
	}
	if _, err := l.NoteHeld(ctx, ledger.Held{RunID: "r4", ObservedAt: day.Add(9 * time.Hour), Hand: true}, ledger.Held{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Approve(ctx, "r4", by("x")); !errors.As(err, &no) {
		t.Errorf("a run that a person holds: %v", err)
	}
}

// Between a run's question and its record a person approves the run before it.
func TestNoteHeld_WhatWasApprovedMeanwhile_StandsIfTheRunHoldsAnything(t *testing.T) {
	for name, c := range map[string]struct {
		now    ledger.Held
		stands bool
	}{
		"held again":       {ledger.Held{Holds: []ledger.HeldFor{{Key: "k"}}}, true},
		"nothing is held":  {ledger.Held{}, false},
		"a person's order": {ledger.Held{Hand: true}, false},
	} {
		l, _ := clerk()
		ctx := t.Context()
		must[ledger.Held](t)(l.NoteHeld(ctx, ledger.Held{RunID: "r1", ObservedAt: day, Holds: []ledger.HeldFor{{Key: "k"}}}, ledger.Held{}))
		read := must[ledger.Held](t)(l.Held(ctx))
		if _, _, err := l.Approve(ctx, "r1", by("anna")); err != nil {
			t.Fatal(err)
		}
		c.now.RunID, c.now.ObservedAt = "r2", day.Add(time.Hour)
		approved := must[ledger.Held](t)(l.NoteHeld(ctx, c.now, read))
		stands := must[ledger.Held](t)(l.Held(ctx)).RunID == "r1"
		if stands != c.stands || (approved.RunID == "r1") != c.stands {
			t.Errorf("%s: the approval stands %v, and the run hears of %+v", name, stands, approved)
		}
		// A run that has read the approval and is held all the same holds something else: that is what is to be seen now.
		must[ledger.Held](t)(l.NoteHeld(ctx, ledger.Held{RunID: "r3", ObservedAt: day.Add(2 * time.Hour), Holds: []ledger.HeldFor{{Key: "k"}}}, must[ledger.Held](t)(l.Held(ctx))))
		if h := must[ledger.Held](t)(l.Held(ctx)); h.RunID != "r3" || h.Approved != nil {
			t.Errorf("%s: after a newer run: %+v", name, h)
		}
	}
}

func TestRelease_HoldsUntilItIsBackOrTakenBack(t *testing.T) {
	l, now := clerk()
	ctx := t.Context()
	open := func() int { t.Helper(); return len(must[map[string]ledger.Release](t)(l.Releases(ctx))) }
	first := must[ledger.Release](t)(l.Release(ctx, "7", "Seven", by("anna")))
	if r := must[ledger.Release](t)(l.Release(ctx, "7", "Seven", by("ben"))); r.Actor != "anna" || open() != 1 {
		t.Errorf("%+v", r)
	}
	for _, found := range []ledger.Found{ledger.StillThere, ledger.Gone, ledger.BackAgain} {
		if err := l.FollowRelease(ctx, first, found, *now); err != nil {
			t.Fatal(err)
		}
		if r := must[map[string]ledger.Release](t)(l.Releases(ctx))["7"]; found == ledger.StillThere && (!r.Stays || r.Gone) || found == ledger.Gone && !r.Gone {
			t.Errorf("found %d, and what is noted is %+v", found, r)
		}
	}
	if open() != 0 {
		t.Error("it is back, and still released")
	}
	*now = now.Add(time.Hour)
	must[ledger.Release](t)(l.Release(ctx, "7", "Seven", by("ben")))
	// A run that has read the first word ends the second one not.
	if err := l.FollowRelease(ctx, first, ledger.BackAgain, *now); err != nil || open() != 1 {
		t.Errorf("%d released, %v", open(), err)
	}
	if held := must[bool](t)(l.UndoRelease(ctx, "7", by("ben"))); !held || open() != 0 {
		t.Error("not taken back")
	}
	if held := must[bool](t)(l.UndoRelease(ctx, "7", by("ben"))); held {
		t.Error("taken back twice")
	}
	acts := must[[]ledger.Act](t)(l.Acts(ctx))
	if len(acts) != 3 || acts[0].What != ledger.ActRelease || acts[2].What != ledger.ActUndo {
		t.Errorf("%+v", acts)
	}
}

func TestAcceptTenant_ForgetsWhatWasDecidedAboutTheOldTenantsCompanies(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	must[ledger.Release](t)(l.Release(ctx, "7", "Seven", by("anna")))
	must[ledger.Held](t)(l.NoteHeld(ctx, ledger.Held{RunID: "r1", ObservedAt: day, Holds: []ledger.HeldFor{{Key: "k"}}}, ledger.Held{}))
	if err := errors.Join(
		l.NoteHistory(ctx, day, map[string]int64{"s": 9}, nil), l.AcceptTenant(ctx),
	); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := must[ledger.History](t)(l.History(ctx)).Highest("s"); ok || len(must[map[string]ledger.Release](t)(l.Releases(ctx))) != 0 || must[ledger.Held](t)(l.Held(ctx)).RunID != "" {
		t.Error("something is left")
	}
	if len(must[[]ledger.Act](t)(l.Acts(ctx))) == 0 {
		t.Error("who did what is history, and stays")
	}
}

func TestActs_OfOneMillisecondAreAllKept_AndARunIsOne(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	for n := range 3 {
		must[ledger.Release](t)(l.Release(ctx, fmt.Sprint(n), "", by("x")))
	}
	for _, state := range []string{"reading", "done"} {
		if err := l.NoteRun(ctx, ledger.Act{At: day, Target: "r", State: state, Rules: "abc"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, hash := range []string{"abc", "abc", "def"} {
		if err := l.NoteRules(ctx, ledger.Act{Target: "r", Rules: hash}); err != nil {
			t.Fatal(err)
		}
	}
	what := map[string]int{}
	for _, a := range must[[]ledger.Act](t)(l.Acts(ctx)) {
		what[a.What+a.State]++
	}
	if what["release"] != 3 || what["rundone"] != 1 || what["rules"] != 2 {
		t.Errorf("%v", what)
	}
}

func TestActs_OfAPerson_NameTheRulesInForce(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	must[ledger.HoldWord](t)(l.SetHold(ctx, true, by("anna"))) // before any run there are none
	for _, hash := range []string{"old", "new"} {
		act := by("schedule")
		act.Rules, act.Target = hash, "run with "+hash
		if err := l.NoteRules(ctx, act); err != nil {
			t.Fatal(err)
		}
	}
	must[ledger.ModeWord](t)(l.SetMode(ctx, ledger.ModeObserve, by("anna")))
	must[ledger.Release](t)(l.Release(ctx, "7", "Seven", by("anna")))
	stored := by("anna")
	stored.What, stored.Rules = ledger.ActRules, "stored elsewhere"
	if err := errors.Join(l.NoteAct(ctx, stored), l.NoteAct(ctx, ledger.Act{What: ledger.ActImport, Actor: "anna"})); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ledger.ActHold: "", ledger.ActMode: "new", ledger.ActRelease: "new", ledger.ActImport: "new"}
	for _, a := range must[[]ledger.Act](t)(l.Acts(ctx)) {
		if hash, of := want[a.What]; of && a.Rules != hash {
			t.Errorf("%s: rules %q, want %q", a.What, a.Rules, hash)
		}
		if a.What == ledger.ActRules && a.Actor == "anna" && a.Rules != "stored elsewhere" {
			t.Errorf("rules that were stored: %q", a.Rules)
		}
	}
}

func TestHistory_FindsTheHighestOf30Days_AndForgetsWhatAPersonLetPass(t *testing.T) {
	l, _ := clerk()
	ctx := t.Context()
	units := int64(1000)
	note := func(d int, passed ...string) {
		t.Helper()
		if err := l.NoteHistory(ctx, day.AddDate(0, 0, d), map[string]int64{"s": units, "o": 5}, passed); err != nil {
			t.Fatal(err)
		}
	}
	for d := range 40 {
		units -= 10
		note(d)
		note(d) // a second run of the day
	}
	h := must[ledger.History](t)(l.History(ctx))
	if n, _, ok := h.Highest("s"); !ok || n != 900 || len(h.Days) != 31 {
		t.Errorf("highest %d in %d days, want 900, the 30 days' first", n, len(h.Days))
	}
	units = 100
	note(40, "s")
	h = must[ledger.History](t)(l.History(ctx))
	if n, _, _ := h.Highest("s"); n != 100 {
		t.Errorf("what was let pass is still looked back to: %d", n)
	}
	if _, _, ok := h.Highest("o"); !ok {
		t.Error("the other service's are forgotten")
	}
}

func TestDecide_WhatAltersNothing_IsNoActOfAnybody(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	held, err := b.UndoRelease(ctx, "175", ledger.Act{Actor: "anna", Reason: "undone"})
	b.must(err)
	_, err = b.SetHold(ctx, false, ledger.Act{Actor: "anna", Reason: "resumed"})
	b.must(err)
	acts, err := b.Acts(ctx)
	b.must(err)
	if held || len(acts) != 0 {
		t.Errorf("nothing was released or held, and the log says %+v", acts)
	}
}
