package simulation

import (
	"os"
	"strconv"
	"testing"
)

// TestPart says where two lives of one history part, for whoever looks into a seed: PART=seed.
func TestPart(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("PART"), 10, 64)
	if err != nil {
		t.Skip("PART is no seed")
	}
	life := func() (lines []string) {
		traced = func(line string) { lines = append(lines, line) }
		defer func() { traced = nil }()
		Run(t, seed)
		return lines
	}
	first := life()
	for range 30 {
		other := life()
		for i := range min(len(first), len(other)) {
			if first[i] == other[i] {
				continue
			}
			for j := max(0, i-12); j < min(i+5, len(first), len(other)); j++ {
				t.Logf("%s\n     %s", first[j], other[j])
			}
			return
		}
	}
}
