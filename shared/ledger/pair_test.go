package ledger

import (
	"testing"
	"time"
)

// A worker stalls after its mark; a newer count is accepted meanwhile; then the worker finds that its own post never went
// out. What stands is the newer count, not what stood before both.
func TestPair_OlderAttemptRefusedAfterANewerOneWasAccepted_TheNewerStands(t *testing.T) {
	first := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	second := first.Add(10 * time.Minute)
	service := Service{Key: "Servers", Name: "Servers", ID: "s1"}
	lives := 20 * time.Minute
	older := Telling{ObservedAt: first, Token: "older"}
	newer := Telling{ObservedAt: second, Token: "newer"}
	for name, before := range map[string]Pair{
		"never told": {},
		"told 5":     {State: Told, Units: 5, ObservedAt: first.Add(-time.Hour), ServiceID: "s1", EverTold: true},
	} {
		p := before.begin("older", "s1", 7, Attempt{ObservedAt: first, Begun: first}, lives, time.Time{})
		p = p.begin("newer", "s1", 9, Attempt{ObservedAt: second, Begun: second}, lives, time.Time{})
		p = p.accepted(newer, Count{Service: service, Units: 9}, false, second, lives)
		if p.State != MaybeTold {
			t.Errorf("%s: %q while the older one may still land", name, p.State)
		}
		p = p.refused(older.Token)
		if p.State != Told || p.Units != 9 || !p.ObservedAt.Equal(second) || !p.EverTold {
			t.Errorf("%s: Synthesize holds 9 and the ledger says %q %d", name, p.State, p.Units)
		}
	}
}
