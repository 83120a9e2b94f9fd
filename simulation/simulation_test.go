package simulation

import (
	"runtime"
	"testing"
)

func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1) // so that the order in which goroutines reach their points is the same each time
	m.Run()
}

func TestHistories_FixedSeeds_EveryRuleHolds(t *testing.T) {
	seeds := uint64(120)
	if raced {
		seeds = 30
	}
	for seed := range seeds {
		if out := Run(t, seed); out.Invariant != "" {
			t.Fatalf("seed %d: %s", seed, out)
		}
	}
}

func TestHistory_OneSeed_OneTrace(t *testing.T) {
	if raced {
		t.Skip("the race detector shuffles goroutines")
	}
	for seed := range uint64(120) {
		if a, b := Run(t, seed), Run(t, seed); a.Trace != b.Trace {
			t.Errorf("seed %d: two lives of one history differ (%d and %d steps)", seed, a.Steps, b.Steps)
		} else if c := live(t, 0, a.Taken); c.Trace != a.Trace {
			t.Errorf("seed %d: its history, replayed, differs (%d and %d steps)", seed, a.Steps, c.Steps)
		}
	}
}
