package simulation

import (
	"os"
	"strconv"
	"testing"
)

// TestSeeds lives through the seeds of SEEDS=from:to (see the soak command for more).
func TestSeeds(t *testing.T) {
	from, err := strconv.ParseUint(os.Getenv("FROM"), 10, 64)
	if err != nil {
		t.Skip("FROM is no seed")
	}
	to, _ := strconv.ParseUint(os.Getenv("TO"), 10, 64)
	kinds := map[string]int{}
	for seed := from; seed < to; seed++ {
		if out := Run(t, seed); out.Invariant != "" {
			kinds[out.Invariant]++
			if kinds[out.Invariant] < 4 {
				t.Logf("seed %d: %s: %.300s", seed, out.Invariant, out.Problem)
			}
		}
	}
	t.Log(kinds)
}
