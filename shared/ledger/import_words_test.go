package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// moved is an export of a ledger.
func moved(t *testing.T, from *ledger.Ledger) *ledger.Transfer {
	t.Helper()
	held, err := from.Begin(t.Context(), "a run", time.Minute)
	if err == nil {
		err = from.End(t.Context(), held)
	}
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := from.Export(t.Context(), &text, "there", "1"); err != nil {
		t.Fatal(err)
	}
	return must[*ledger.Transfer](t)(ledger.ReadTransfer(&text))
}

func TestImport_WhatAPersonHasSaidHere_Stays(t *testing.T) {
	for name, there := range map[string]func(*ledger.Ledger){
		"nobody has said anything there": func(*ledger.Ledger) {},
		"there posting goes on":          func(l *ledger.Ledger) { _, _ = l.SetMode(t.Context(), ledger.ModePost, by("ben")) },
	} {
		other, _ := clerk()
		there(other)
		here, _ := clerk()
		must[ledger.HoldWord](t)(here.SetHold(t.Context(), true, by("anna")))
		must[ledger.ModeWord](t)(here.SetMode(t.Context(), ledger.ModeObserve, by("anna")))
		must[ledger.Release](t)(here.Release(t.Context(), "9", "Nine", by("anna")))
		must[ledger.Imported](t)(here.Import(t.Context(), moved(t, other), true, by("anna")))
		hand := must[ledger.Hand](t)(here.Hand(t.Context()))
		if !hand.Hold.On || hand.Mode.Mode != ledger.ModeObserve || hand.Mode.Actor != "anna" {
			t.Errorf("%s: after the import %+v", name, hand)
		}
		if r := must[map[string]ledger.Release](t)(here.Releases(t.Context())); r["9"].Actor != "anna" {
			t.Errorf("%s: the release of 9 is %+v", name, r["9"])
		}
	}
}

func TestImport_AHoldThatComesAlong_Holds_UnlessPostingWentOnHereSince(t *testing.T) {
	other, now := clerk()
	must[ledger.HoldWord](t)(other.SetHold(t.Context(), true, by("ben")))
	export := moved(t, other)
	here, hereNow := clerk()
	if out := must[ledger.Imported](t)(here.Import(t.Context(), export, true, by("anna"))); !out.HoldCame || must[ledger.Hand](t)(here.Hand(t.Context())).Hold.Actor != "ben" {
		t.Errorf("the hold did not come along: %+v", out)
	}
	*hereNow = now.Add(time.Hour)
	must[ledger.HoldWord](t)(here.SetHold(t.Context(), false, by("anna")))
	if out := must[ledger.Imported](t)(here.Import(t.Context(), export, true, by("anna"))); out.HoldCame || must[ledger.Hand](t)(here.Hand(t.Context())).Hold.On {
		t.Errorf("an old hold is on again: %+v", out)
	}
}

func TestImport_OfTwoWordsAboutACompany_TheNewerHolds(t *testing.T) {
	other, _ := clerk()
	must[ledger.Release](t)(other.Release(t.Context(), "7", "Seven", by("ben")))
	must[ledger.Release](t)(other.Release(t.Context(), "8", "Eight", by("ben")))
	export := moved(t, other)
	here, now := clerk()
	must[ledger.Release](t)(here.Release(t.Context(), "7", "Seven", by("ben")))
	*now = now.Add(time.Hour)
	must[bool](t)(here.UndoRelease(t.Context(), "7", by("anna")))
	out := must[ledger.Imported](t)(here.Import(t.Context(), export, true, by("anna")))
	holds := must[map[string]ledger.Release](t)(here.Releases(t.Context()))
	if _, again := holds["7"]; again {
		t.Error("a release that was taken back here holds again")
	}
	if _, came := holds["8"]; !came || len(out.Released) != 1 || out.Released[0].AccountID != "8" {
		t.Errorf("the release of 8 did not come along, or is not told of: %+v", out.Released)
	}
}

// The run that it was given for may have been told since, and the approval be spent.
func TestImport_AnApprovalThatComesAlong_IsLeftBehind_WhatIsHeldCanBeApprovedAnew(t *testing.T) {
	other, _ := clerk()
	holds := ledger.Held{RunID: "r1", ObservedAt: day, Base: day.Add(-time.Hour), Holds: []ledger.HeldFor{{Key: "|Servers|falls", Was: 63, Now: 33}}}
	must[ledger.Held](t)(other.NoteHeld(t.Context(), holds, ledger.Held{}))
	here, _ := clerk()
	if out := must[ledger.Imported](t)(here.Import(t.Context(), moved(t, other), true, by("anna"))); out.ApprovalLeft != "" {
		t.Errorf("nothing was approved, and %q is said to be left behind", out.ApprovalLeft)
	}
	if _, _, err := other.Approve(t.Context(), "r1", by("ben")); err != nil {
		t.Fatal(err)
	}
	out := must[ledger.Imported](t)(here.Import(t.Context(), moved(t, other), true, by("anna")))
	held := must[ledger.Held](t)(here.Held(t.Context()))
	if held.Approved != nil || out.ApprovalLeft != "r1" {
		t.Errorf("approved by %v; said to be left behind: %q", held.Approved, out.ApprovalLeft)
	}
	if _, mine, err := here.Approve(t.Context(), "r1", by("anna")); err != nil || !mine {
		t.Errorf("it cannot be approved anew: %v, %v", mine, err)
	}
}

// bounded has DynamoDB's limits.
type bounded struct{ ledger.Store }

func (bounded) MaxDocument() int { return 399 << 10 }

func (b bounded) Write(ctx context.Context, writes ...ledger.Write) error {
	total := 0
	for _, w := range writes {
		if total += len(w.Body); len(w.Body) > 400<<10 {
			return errors.New("too large a document")
		}
	}
	if total > 4<<20 {
		return errors.New("too large a transaction")
	}
	return b.Store.Write(ctx, writes...)
}

func TestImport_IntoATableWithLimits(t *testing.T) {
	report := func(bytes int) []byte { return []byte(`"` + strings.Repeat("x", bytes) + `"`) }
	book := func(runs, bytes int) *ledger.Ledger {
		l, now := clerk()
		for range runs {
			*now = now.Add(time.Hour)
			if err := l.SaveRun(t.Context(), ledger.Run{ID: now.String(), ObservedAt: *now, State: "done", Report: report(bytes)}); err != nil {
				t.Fatal(err)
			}
		}
		return l
	}
	here := func() *ledger.Ledger { return ledger.New(bounded{memory.New()}, time.Now) }
	if out, err := here().Import(t.Context(), moved(t, book(60, 250_000)), false, by("anna")); err != nil || out.Documents < 60 {
		t.Errorf("60 long records: %+v, %v", out, err)
	}
	table := here()
	var large *ledger.NoRoomError
	if _, err := table.Import(t.Context(), moved(t, book(2, 500_000)), false, by("anna")); !errors.As(err, &large) {
		t.Errorf("a record with no room for it: %v", err)
	}
	if err := table.Check(t.Context()); err != nil {
		t.Errorf("a refused import has closed the ledger: %v", err)
	}
}
