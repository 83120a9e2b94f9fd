package ledger_test

import (
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

// The two small sigmas of Greek differ in case only.
func TestLink_NameInAnotherCase_OfAnyScript_IsTheSame(t *testing.T) {
	for there, ours := range map[string]string{"managed servers ": "Managed Servers", "Υπηρεσίες": "ΥΠΗΡΕΣΊΕΣ"} {
		var services ledger.Services
		services.Apply([]ledger.Rule{{Name: ours}})
		services.Link([]ledger.Standing{{ID: "1", Name: there}}, services)
		if s, ok := services.ByName(ours); !ok || s.ID != "1" {
			t.Errorf("%q stands there, %q is %+v", there, ours, s)
		}
	}
}
