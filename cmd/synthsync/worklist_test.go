package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func (o *operator) toMap(line string) []ToMap {
	o.t.Helper()
	o.does(line)
	var r struct{ ToMap []ToMap }
	if err := json.Unmarshal(o.stdout.Bytes(), &r); err != nil || r.ToMap == nil {
		o.t.Fatalf("%v\n%s", err, o.stdout.String())
	}
	return r.ToMap
}

func TestWorklist_NothingIsMapped_TheLargestStandsFirstAndItSaysHow(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	first := o.toMap("report --ledger LEDGER --json")
	withAccount := slices.DeleteFunc(slices.Clone(first), func(m ToMap) bool { return strings.HasPrefix(m.Reason, "no account") })
	if len(withAccount) != len(o.sim.Accounts()) || len(withAccount) == len(first) {
		t.Fatalf("%d of %d listed have an account; there are %d", len(withAccount), len(first), len(o.sim.Accounts()))
	}
	if !slices.IsSortedFunc(first, func(a, b ToMap) int { return int(b.Units - a.Units) }) {
		t.Errorf("not by units: %+v", first)
	}
	for _, m := range withAccount {
		var sum int64
		for _, s := range m.Services {
			sum += s.Units
		}
		if sum != m.Units || m.Reason != "new" && !strings.HasPrefix(m.Reason, "new; ") || time.Since(m.Since) > time.Hour {
			t.Errorf("%+v", m)
		}
	}
	o.mustDo("run --ledger LEDGER", 0)
	for _, m := range o.toMap("report --ledger LEDGER --json") {
		if len(m.Services) > 0 && !strings.HasPrefix(m.Reason, "never mapped") {
			t.Errorf("after a second run: %+v", m)
		}
	}
	for _, command := range []string{"report --ledger LEDGER", "check --ledger LEDGER"} {
		o.mustDo(command, 0)
		o.says("To be mapped in Synthesize, the largest first:", first[0].Account, "Map accounts: each to the client", "active companies of type Customer", "synthsync run --ledger "+o.ledger)
	}
	o.mustDo("check", 0)
	o.says("synthsync check --ledger FILE")
	// What tells two of one name apart is really there.
	for _, a := range o.sim.Accounts() {
		if a.Description != "Autotask company "+a.ID {
			t.Errorf("account %+v", a)
		}
	}
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	if left := o.toMap("check --ledger LEDGER --json"); len(left) != len(first)-len(withAccount) {
		t.Errorf("all is mapped, and these are left: %+v", left)
	}
}

func TestWorklist_EachReasonThatIsKnown(t *testing.T) {
	o := settled(t)
	companies := o.tenant.Companies()
	lost, left := companies[1], companies[2]
	if err := o.sim.UnmapAccount(fmt.Sprint(lost.ID)); err != nil {
		t.Fatal(err)
	}
	o.tenant.ChangeCompany(left.ID, func(c *autotasktest.Company) { c.Inactive = true })
	if err := o.sim.UnmapAccount(fmt.Sprint(left.ID)); err != nil {
		t.Fatal(err)
	}
	// A prospect and one who was told before and became a vendor since: Synthesize does not offer them.
	vendor := companies[3]
	o.tenant.ChangeCompany(vendor.ID, func(c *autotasktest.Company) { c.Type = 7 })
	if err := o.sim.UnmapAccount(fmt.Sprint(vendor.ID)); err != nil {
		t.Fatal(err)
	}
	o.tenant.SetCompany(autotasktest.Company{ID: 7003, Name: "Newcomer 7003", Type: 3})
	o.tenant.AddItem(autotasktest.Item{Company: 7003, Type: 1})
	o.mustDo("run --ledger LEDGER --full", 1)
	if list := o.toMap("report --ledger LEDGER --json"); !slices.ContainsFunc(list, func(m ToMap) bool {
		return m.AccountID == "7003" && m.Reason == "new; not a customer: its company type is id 3"
	}) {
		t.Errorf("the prospect is not said to be one on its first day: %+v", list)
	}
	o.mustDo("run --ledger LEDGER", 1)
	reasons := map[string]string{}
	for _, m := range o.toMap("report --ledger LEDGER --json") {
		reasons[m.AccountID] = m.Reason
	}
	if a, b := reasons["7003"], reasons[fmt.Sprint(vendor.ID)]; a != "never mapped; not a customer: its company type is id 3" || b != "mapping lost; not a customer: its company type is id 7" {
		t.Errorf("the prospect: %q, the vendor: %q", a, b)
	}
	o.mustDo("check --ledger LEDGER", 0)
	o.says("not a customer: its company type is id 3")
	o.tenant.ChangeCompany(vendor.ID, func(c *autotasktest.Company) { c.Type = 1 })
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER --full", 0)
	for _, m := range o.toMap("report --ledger LEDGER --json") {
		if m.AccountID == "7003" {
			t.Errorf("mapped all the same, and still listed: %+v", m)
		}
	}
	for _, c := range []autotasktest.Company{lost, left} {
		if err := o.sim.UnmapAccount(fmt.Sprint(c.ID)); err != nil {
			t.Fatal(err)
		}
	}
	for id, inactive := range map[int64]bool{7001: false, 7002: true} {
		o.tenant.SetCompany(autotasktest.Company{ID: id, Name: fmt.Sprint("Newcomer ", id), Inactive: inactive, Type: map[bool]int64{false: 7, true: 1}[inactive]})
		for range 3 {
			o.tenant.AddItem(autotasktest.Item{Company: id, Type: 1})
		}
	}
	o.env["COMPANY_TYPES"] = "Customer"
	o.mustDo("run --ledger LEDGER --full", 1)
	want := map[string]string{
		fmt.Sprint(lost.ID): "mapping lost", fmt.Sprint(left.ID): "mapping lost; not active",
		"7001": "no account: its company type is Vendor", "7002": "no account: not active",
	}
	got := map[string]string{}
	for _, m := range o.toMap("report --ledger LEDGER --json") {
		got[m.AccountID] = m.Reason
		if strings.HasPrefix(m.Reason, "mapping lost") && (m.Since.IsZero() || !m.Services[0].Lost) {
			t.Errorf("%+v", m)
		}
	}
	for id, reason := range want {
		if got[id] != reason {
			t.Errorf("company %s: %q, not %q", id, got[id], reason)
		}
	}
	o.mustDo("report --ledger LEDGER", 0)
	o.says("mapping lost, since "+time.Now().UTC().Format(time.DateOnly), "no account: not active")
}
