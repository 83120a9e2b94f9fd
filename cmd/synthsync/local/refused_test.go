package local_test

import (
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// Synthesize does not make one of two new services, night after night: the runs say so, and tell what is counted for the
// other.
func TestServices_OneCannotBeMade_CountsOfTheOtherAreTold(t *testing.T) {
	for _, kind := range []synthesizetest.Kind{synthesizetest.BadRequest, synthesizetest.Conflict, synthesizetest.ServerError, synthesizetest.HangBefore} {
		t.Run(string(kind), func(t *testing.T) {
			inWorld(t, 0, func(w *world) {
				w.synthesize(synthesizetest.Fault{Times: forever, Kind: kind, Match: func(r synthesizetest.RequestInfo) bool {
					return r.Method == "POST" && strings.HasSuffix(r.Path, "/service") && strings.Contains(string(r.Body), `"`+servers+`"`)
				}})
				for range 2 { // what is made in the first is mapped for the second
					result, err := w.run(fetch.Event{})
					if err == nil || result.State != fetch.StateFailed || !strings.Contains(result.Reason, `make service "`+servers+`"`) {
						t.Fatalf("%+v %v", result, err)
					}
					w.sim.MapAll()
				}
				told := 0
				for pair := range w.sim.Counts() {
					if pair.Service == workstations {
						told++
					}
				}
				if told < len(companyIDs) {
					t.Errorf("%d companies' workstations are told: %v", told, w.sim.Counts())
				}
				w.sim.ClearFaults()
				w.heals()
			})
		})
	}
}
