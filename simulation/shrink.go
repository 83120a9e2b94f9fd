package simulation

import (
	"maps"
	"slices"
	"testing"
)

// Shrink reduces a failing history to the smallest one found in so many lives that breaks the same rule.
func Shrink(t *testing.T, failing Outcome, lives int) Outcome {
	best := failing
	fails := func(taken map[string]int) bool {
		if lives--; lives < 0 {
			return false
		}
		out := live(t, failing.Seed, taken)
		if out.Invariant != failing.Invariant {
			return false
		}
		best = out // with what was really asked for, which is less
		return true
	}
	if !fails(maps.Clone(best.Taken)) {
		return failing
	}
	for size := len(best.Taken) / 2; size > 0 && lives > 0; {
		smaller := false
		keys := slices.Sorted(maps.Keys(best.Taken))
		for at := 0; at < len(keys) && lives > 0; at += size {
			without := maps.Clone(best.Taken)
			for _, key := range keys[at:min(at+size, len(keys))] {
				delete(without, key)
			}
			if len(without) < len(best.Taken) && fails(without) {
				smaller = true
			}
		}
		if size = min(size, len(best.Taken)); !smaller || size > 1 {
			size /= 2
		}
	}
	return best
}

// Replay lives through a history as a failing one is printed, and fails the test if a rule does not hold.
func Replay(t *testing.T, history string) {
	t.Helper()
	taken, err := decode(history)
	if err != nil {
		t.Fatal(err)
	}
	if out := live(t, 0, taken); out.Invariant != "" {
		t.Error(out)
	}
}
