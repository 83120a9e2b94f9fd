package fetch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
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

// A hold for a type that matches nothing has no figures of its own: what the person saw, and approved, is what that run counted.
func TestApproval_OfAnEntryThatMatchesNothing_AFallThatNobodyHasSeen_IsHeldAnew(t *testing.T) {
	for name, c := range map[string]struct {
		then  func(o *office, servers []int64)
		state string
		says  string
	}{
		"nothing else changes": {func(*office, []int64) {}, fetch.StateDone, ""},
		"far fewer":            {func(o *office, servers []int64) { o.retire(servers[:36]) }, fetch.StateHeld, "approved were 129 units, and now it is 93"},
		"as many elsewhere":    {func(o *office, servers []int64) { o.retire(servers[:36]); o.add(2, 3, 36) }, fetch.StateHeld, "at other companies"},
		"others of no concern": {func(o *office, _ []int64) { o.add(2, 1, 30) }, fetch.StateDone, ""},
	} {
		o := newOffice(t)
		o.stage.Rules = parsed(t, "- service: Servers\n  types: [Server, Laptop]\n- service: Workstations\n  types: [Desktop]\n")
		laptops, servers := o.add(1, 2, 6), o.add(1, 3, 60)
		o.add(2, 3, 60)
		o.add(2, 1, 60)
		o.night()
		o.retire(laptops)
		o.add(1, 3, 6) // they were retyped: the total stays
		held := o.night()
		if held.State != fetch.StateHeld || len(held.Holds) != 1 || held.Holds[0].Was != 6 || held.Holds[0].Now != 0 {
			t.Fatalf("%s: %+v", name, held.Holds)
		}
		o.approve(held.RunID)
		c.then(o, servers)
		if r := o.night(); r.State != c.state || !strings.Contains(r.Reason, c.says) {
			t.Errorf("%s: %s, %s", name, r.State, r.Reason)
		}
	}
}

func TestApproval_OfATypeThatLeftTheList_AFallThatNobodyHasSeen_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	o.tenant.SetType(autotasktest.Type{ID: 9, Name: "Camera"}) // no rule names it
	o.add(1, 9, 3)
	desktops := o.add(2, 1, 60)
	o.night()
	o.tenant.RemoveType(9)
	held := o.night()
	if held.State != fetch.StateHeld || len(held.Holds) != 1 || held.Holds[0].Key != "type 9" {
		t.Fatalf("%s: %+v", held.State, held.Holds)
	}
	o.approve(held.RunID)
	o.retire(desktops[:9])
	if r := o.night(); r.State != fetch.StateHeld || !strings.Contains(r.Reason, "approved were 66 units, and now it is 57") {
		t.Errorf("%s, %s", r.State, r.Reason)
	}
}

// The rule's few devices are too little for the guard's figures: it is held because it fits no type any more.
func TestApproval_OfARuleThatFitsNothing_AFallThatNobodyHasSeen_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	desktops := o.add(2, 1, 60)
	o.night()
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Host"})
	held := o.night()
	if held.State != fetch.StateHeld || len(held.Holds) != 1 || !strings.HasPrefix(held.Holds[0].Key, "fits nothing") {
		t.Fatalf("%s: %s: %+v", held.State, held.Reason, held.Holds)
	}
	o.approve(held.RunID)
	o.retire(desktops[:9])
	if r := o.night(); r.State != fetch.StateHeld || !strings.Contains(r.Reason, "approved were 63 units, and now it is 54") {
		t.Errorf("%s, %s", r.State, r.Reason)
	}
}

// What a run was approved for, and did not come to tell, the next one may tell: the person has said his word.
func TestApproval_TheRunThatItLetsPassFails_LetsTheNextOnePass(t *testing.T) {
	for name, fails := range map[string]func(*office){
		"its messages cannot be sent": func(o *office) {
			o.accounts = &outbox{err: errors.New("SQS is out")}
			if _, err := o.run(fetch.Event{}); err == nil {
				t.Error("it did not fail")
			}
			o.accounts = &outbox{}
		},
		"Synthesize does not answer": func(o *office) {
			o.usage = &outbox{}
			if r, err := o.run(fetch.Event{}); err != nil || r.State != fetch.StateDone {
				t.Errorf("%s, %v", r.State, err)
			}
			o.lost()
		},
	} {
		o := newOffice(t)
		o.stage.Guard.MaxRisePercent = 10000
		many := o.add(1, 1, 30)
		o.night()
		o.retire(many)
		held := o.night()
		o.approve(held.RunID)
		o.now = o.now.Add(24 * time.Hour)
		fails(o)
		if r := o.night(); held.State != fetch.StateHeld || r.State != fetch.StateDone {
			t.Errorf("%s: %s, then %s (%s)", name, held.State, r.State, r.Reason)
		}
		again := o.add(1, 1, 30)
		o.night()
		o.retire(again)
		if r := o.night(); r.State != fetch.StateHeld {
			t.Errorf("%s: the approval serves a second time: %s", name, r.State)
		}
	}
}
