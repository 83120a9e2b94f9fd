package simulation

import (
	"os"
	"strconv"
	"testing"
)

// TestShow tells the story of SHOW=seed, reduced if it fails.
func TestShow(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("SHOW"), 10, 64)
	if err != nil {
		t.Skip("SHOW is no seed")
	}
	out := Run(t, seed)
	if out.Invariant != "" {
		out = Shrink(t, out, 1000)
	}
	t.Log(out)
}
