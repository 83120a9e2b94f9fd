package fetch_test

import (
	"slices"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// A person has approved that a client falls to so many devices of one service. As many of another are not what he saw.
func TestApproval_OfACompany_SameUnitsOfAnotherService_AreHeldAnew(t *testing.T) {
	o := newOffice(t)
	o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
	desktops := o.add(1, 1, 20)
	servers := o.add(1, 3, 20)
	o.add(2, 1, 300)
	o.add(2, 3, 300)
	o.night()
	for _, id := range servers {
		o.tenant.Retire(id)
	}
	for _, id := range desktops[:10] {
		o.tenant.Retire(id)
	}
	r := o.night()
	if len(r.Holds) != 1 || r.Holds[0].Company != "1" {
		t.Fatalf("%+v", r.Holds)
	}
	o.approve(r.RunID)
	for _, id := range desktops[10:] {
		o.tenant.Retire(id)
	}
	o.add(1, 3, 10)
	r = o.night()
	if len(r.Holds) != 1 || slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" }) {
		t.Errorf("told what nobody has seen: %+v", r.Changes)
	}
}
