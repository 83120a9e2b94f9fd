package functions_test

import (
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// Synthesize refuses one of two new services for good. What is counted for the other is told all the same.
func TestCloud_OneServiceIsRefused_CountsOfTheOtherAreTold(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.sim.Inject(synthesizetest.Fault{Times: -1, Kind: synthesizetest.BadRequest, Match: func(r synthesizetest.RequestInfo) bool {
		return r.Method == "POST" && strings.HasSuffix(r.Path, "/service") && strings.Contains(string(r.Body), `"Managed Servers"`)
	}})
	s.run()
	letters := s.cloud.Letters("accounts-dead.fifo")
	if len(letters) != 1 || !strings.Contains(letters[0].Attributes["reason"], `"Managed Servers"`) {
		t.Fatalf("dead letters: %+v\n%s", letters, s.account.Log())
	}
	s.sim.MapAll()
	s.run()
	for _, company := range []string{"1", "2", "3", "4", "5"} {
		if got := s.sim.Counts()[synthesizetest.Pair{AccountID: company, Service: "Managed Workstations"}]; got != "4" {
			t.Errorf("company %s holds %q workstations, want 4", company, got)
		}
	}
	s.sim.ClearFaults()
	s.run()
	s.sim.MapAll()
	s.run()
	s.truth()
}
