package local_test

import (
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// SQS takes no message with a character that XML does not know, and JSON may write every one of them as it stands.
func TestNames_CompanyWithACharacterThatNoQueueTakes_AllAreTold(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.tenant.ChangeCompany(3, func(c *autotasktest.Company) { c.Name = "Odd \uffff\ufffe Ltd" })
		if r, err := w.run(fetch.Event{}); err != nil {
			t.Fatalf("%s: %v", r.State, err)
		}
		w.sim.MapAll()
		w.must()
		w.mapped("with an odd name")
	})
}
