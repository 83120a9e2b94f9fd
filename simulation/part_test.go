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
	var lives [2][]string
	for i := range lives {
		traced = func(line string) { lives[i] = append(lives[i], line) }
		Run(t, seed)
	}
	traced = nil
	for i := range lives[0] {
		if i >= len(lives[1]) || lives[0][i] != lives[1][i] {
			for j := max(0, i-12); j < i+5; j++ {
				t.Logf("%s\n     %s", lives[0][j], lives[1][j])
			}
			return
		}
	}
}
