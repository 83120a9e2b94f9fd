package wiring_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/wiring"
)

// Every time-out that the template allows must leave most of the time to the work, and some to the recording after it.
func TestWithin_EveryTimeout_LeavesTimeToWorkAndToRecord(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		5 * time.Second: 4 * time.Second, 30 * time.Second: 25 * time.Second, 60 * time.Second: 50 * time.Second,
		120 * time.Second: 110 * time.Second, 900 * time.Second: 890 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			invocation, end := context.WithTimeout(t.Context(), timeout)
			defer end()
			ctx, cancel := wiring.Within(invocation)
			defer cancel()
			deadline, _ := ctx.Deadline()
			if got := time.Until(deadline); got != want {
				t.Errorf("of %s, %s are for the work, want %s", timeout, got, want)
			}
			if wiring.Margin(ctx) >= time.Until(deadline)/2 {
				t.Errorf("of %s, nothing new may be begun in the last %s", time.Until(deadline), wiring.Margin(ctx))
			}
		})
	}
}

func TestWithin_NoDeadline_NoMargin(t *testing.T) {
	ctx, cancel := wiring.Within(t.Context())
	defer cancel()
	if _, set := ctx.Deadline(); set || wiring.Margin(ctx) != 0 {
		t.Error("a deadline out of nothing")
	}
}
