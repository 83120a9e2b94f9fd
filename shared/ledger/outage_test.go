package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Synthesize is out of reach for a year. DynamoDB takes 400 KB a document, and what is known must not get lost meanwhile.
func TestOutage_OutageOfAYear_ThePairStaysSmallAndForgetsNothing(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("before", start, servers(5)), yes)
	at := start
	for night := range 400 {
		at = at.Add(24 * time.Hour)
		for copies := range 2 {
			b.now = at.Add(time.Duration(copies) * time.Minute)
			telling := b.start(fmt.Sprint(night, "/", copies), at, servers(7))
			b.finish(telling, ledger.Result{Answer: ledger.Unclear, Late: copies == 0})
		}
	}
	if n := len(b.pair("Servers").Open); n > 4 {
		t.Errorf("%d attempts are remembered", n)
	}
	b.now = b.now.Add(24 * time.Hour)
	b.finish(b.start("refused", b.now, servers(8)), no)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told: one of the 7 may have arrived", p)
	}
	b.now = b.now.Add(24 * time.Hour)
	b.finish(b.start("accepted", b.now, servers(9)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 9 {
		t.Errorf("got %+v, want told 9", p)
	}
}

// An attempt that began long ago and may arrive yet is not among those that are forgotten: its worker reported late.
func TestOutage_LateRequestOfAnOldAttempt_IsRemembered(t *testing.T) {
	b := newBook(t)
	slow := b.start("slow", start, servers(7))
	b.now = start.Add(3 * b.AttemptLives)
	b.finish(slow, ledger.Result{Answer: ledger.Unclear, Late: true})
	b.now = b.now.Add(time.Second)
	b.finish(b.start("newer", b.now, servers(9)), yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told: the 7 may land after the 9", p)
	}
}

// Of the attempts that are long over one stands for all, but never an echo of what was before in place of another count.
func TestOutage_EchoThatEndedLast_StandsForNoOtherCount(t *testing.T) {
	b := newBook(t)
	first := b.start("first", start, servers(5))
	echo := b.start("echo", start, servers(5))
	b.finish(first, yes)
	b.now = start.Add(time.Minute)
	b.finish(b.start("lost", b.now, servers(7)), ledger.Result{Answer: ledger.Unclear})
	b.now = b.now.Add(time.Second)
	b.finish(echo, ledger.Result{Answer: ledger.Unclear, Late: true})
	b.now = b.now.Add(3 * b.AttemptLives)
	b.finish(b.start("refused", b.now, servers(9)), no)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told: the 7 may have arrived", p)
	}
}

// What ended while a worker who lives yet was at work is known to him when he ends, however much was begun since.
func TestOutage_AttemptThatEndedWhileAWorkerLives_IsRemembered(t *testing.T) {
	b := newBook(t)
	older := b.start("older", start, servers(5))
	read := start.Add(time.Second)
	slow, again := b.start("slow", read, servers(7)), b.start("again", read, servers(7))
	b.now = start.Add(time.Minute)
	b.finish(older, ledger.Result{Answer: ledger.Unclear})
	b.now = b.now.Add(time.Second)
	b.finish(again, ledger.Result{Answer: ledger.Unclear})
	b.now = b.now.Add(b.AttemptLives * 3 / 4)
	b.start("once more", read, servers(7))
	b.finish(slow, yes)
	if p := b.pair("Servers"); p.State != ledger.MaybeTold {
		t.Errorf("got %+v, want maybe told: the 5 may have landed after the 7", p)
	}
}

func TestOutage_OutageOfMonths_TheDebtsStayFewAndAreOwed(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	for batch := range 2000 {
		b.now = b.now.Add(time.Hour)
		b.must(b.OweRebuild(ctx, fmt.Sprint("batch ", batch)))
	}
	b.now = b.now.Add(time.Hour)
	owed, err := b.RebuildOwed(ctx, 16*time.Minute)
	b.must(err)
	if len(owed) == 0 || len(owed) > 3 {
		t.Errorf("%d debts", len(owed))
	}
	b.must(b.RebuildPaid(ctx, owed...))
	if owed, err := b.RebuildOwed(ctx, 0); err != nil || len(owed) != 0 {
		t.Errorf("paid, and %v are owed still (%v)", owed, err)
	}
}

// A debt that is long over is still a debt when a later one came to nothing.
func TestOutage_LaterDebtComesToNothing_TheOlderOnesAreOwed(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	for _, batch := range []string{"a", "b", "c"} {
		b.must(b.OweRebuild(ctx, batch))
		b.now = b.now.Add(time.Hour)
	}
	b.must(b.RebuildPaid(ctx, "c"))
	if owed, err := b.RebuildOwed(ctx, 16*time.Minute); err != nil || len(owed) != 1 {
		t.Errorf("owed are %v (%v), want one of those before", owed, err)
	}
}
