//go:build e2e

package e2e

import (
	"testing"
	"time"
)

// within asks again and again until nothing is wrong any more, at most so long. The emulator's clock is the real one.
func within(t *testing.T, most time.Duration, what string, wrong func() error) {
	t.Helper()
	began := time.Now()
	for {
		err := wrong()
		if err == nil {
			t.Logf("%s: after %s", what, time.Since(began).Round(100*time.Millisecond))
			return
		}
		if time.Since(began) > most {
			t.Fatalf("%s: not within %s: %v", what, most, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
