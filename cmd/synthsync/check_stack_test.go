package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// checked is what a check of a stack says of its ledger.
func (b *recorded) checked() (CheckedStack, string) {
	b.Helper()
	var c CheckedStack
	if err := c.ledger(context.Background(), b.Ledger, place{Stack: "prod"}); err != nil {
		b.Fatal(err)
	}
	return c, strings.Join(c.Advice, "\n")
}

func TestCheckStack_LastRunCutOff_NeedsAHand(t *testing.T) {
	for state, was := range map[string]string{fetch.StateReading: "reading", fetch.StateQueued: "queued"} {
		b := newRecorded(t)
		b.save(ledger.Run{State: state})
		b.now = b.now.Add(16 * time.Minute)
		c, advice := b.checked()
		if !c.Failed || c.LastRun.State != fetch.StateFailed || !strings.Contains(advice, "The last run failed: the run was cut off while it was "+was) {
			t.Errorf("%s: failed %v, last run %s: %s", state, c.Failed, c.LastRun.State, advice)
		}
	}
}

func TestCheckStack_LastRunUnderWay_IsSaidAndFailsNothing(t *testing.T) {
	b := newRecorded(t)
	b.now = b.now.Add(15 * time.Minute)
	c, advice := b.checked()
	if c.Failed || c.LastRun.State != fetch.StateReading || !strings.Contains(advice, "The last run is not done: it has been under way since 02:00:00 UTC; if it says nothing by 02:16:00 UTC, it was cut off") {
		t.Errorf("failed %v, last run %s: %s", c.Failed, c.LastRun.State, advice)
	}
}

func TestCheckStack_LastRunDone_NeedsNoHand(t *testing.T) {
	b := newRecorded(t)
	b.done(fetch.Result{State: fetch.StateDone, Mode: fetch.ModePost})
	if c, advice := b.checked(); c.Failed || advice != "" {
		t.Errorf("failed %v: %s", c.Failed, advice)
	}
}
