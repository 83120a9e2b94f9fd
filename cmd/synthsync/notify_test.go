package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// told is a webhook and what it was sent.
func told(t *testing.T) (address string, got func() string) {
	t.Helper()
	var all []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all = append(all, r.Method+" "+string(body))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/hush", func() string {
		out := strings.Join(all, "\n")
		all = nil
		return out
	}
}

func TestNotify_OnOneMachine_HeldLostAndOver(t *testing.T) {
	o := settled(t)
	person, beat := "", ""
	var got, beats func() string
	person, got = told(t)
	beat, beats = told(t)
	o.env["NOTIFY_URL"], o.env["HEARTBEAT_URL"], o.env["NOTIFY_KIND"] = person, beat, "slack"
	o.mustDo("run --ledger LEDGER", 0)
	if first := got(); strings.Count(first, "POST") != 1 || !strings.Contains(first, "Something needs a hand") || beats() == "" {
		t.Errorf("the sample tenant has loose ends, and the person got %q", first)
	}
	lost := fmt.Sprint(o.tenant.Companies()[1].ID)
	if err := o.sim.UnmapAccount(lost); err != nil {
		t.Fatal(err)
	}
	o.mustDo("run --ledger LEDGER --full", 1)
	if text := got(); strings.Count(text, "POST") != 1 || !strings.Contains(text, "mappings were lost") || !strings.Contains(text, "synthsync report --ledger") || beats() != "" {
		t.Errorf("mapping lost: %q", text)
	}
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	if text := got(); strings.Count(text, "POST") != 1 || !strings.Contains(text, "no mapping is lost any more") || beats() == "" {
		t.Errorf("over: %q", text)
	}
	o.retire(10000, laptop)
	run := o.heldRun()
	if text := got(); strings.Count(text, "POST") != 1 || !strings.Contains(text, "synthsync approve "+run) || beats() != "" {
		t.Errorf("held: %q", text)
	}
	o.mustDo("check --notify", 0)
	o.says("Notification sent: yes. Dead man's switch told: yes.")
	if text := got(); !strings.Contains(text, "a test") {
		t.Errorf("test: %q", text)
	}
}

// A run with a lost mapping fails, night after night, and decides all the same. What it let pass is held no more, so that the
// next hold is told.
func TestNotify_OnOneMachine_HeldOnceMoreWhileAMappingIsLost_IsTold(t *testing.T) {
	o := settled(t)
	o.mustDo("run --ledger LEDGER", 0)
	person, got := told(t)
	o.env["NOTIFY_URL"], o.env["NOTIFY_KIND"] = person, "json"
	gone := o.retire(10000, laptop)
	o.mustType(0, "approve", o.heldRun(), "--ledger", o.ledger, "--reason", "true")
	if err := o.sim.UnmapAccount(fmt.Sprint(o.tenant.Companies()[1].ID)); err != nil {
		t.Fatal(err)
	}
	got()
	o.mustDo("run --ledger LEDGER --full", 1)
	if text := got(); !strings.Contains(text, "over: no run is held any more") {
		t.Errorf("the hold passed: %q", text)
	}
	for _, id := range gone {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	o.mustDo("run --ledger LEDGER --force", 1)
	got()
	o.retire(10000, laptop)
	run := o.heldRun()
	if text := got(); strings.Count(text, "POST") != 1 || !strings.Contains(text, "synthsync approve "+run) {
		t.Errorf("held once more: %q", text)
	}
}

// What is lost stays lost when its company cannot be seen any more: nobody maps it by that.
func TestNotify_OnOneMachine_TheCompanyOfALostMappingCannotBeSeen_TheRunStillFails(t *testing.T) {
	o := settled(t)
	company := o.tenant.Companies()[1].ID
	if err := o.sim.UnmapAccount(fmt.Sprint(company)); err != nil {
		t.Fatal(err)
	}
	o.mustDo("run --ledger LEDGER --full", 1)
	person, got := told(t)
	beat, beats := told(t)
	o.env["NOTIFY_URL"], o.env["HEARTBEAT_URL"], o.env["NOTIFY_KIND"] = person, beat, "json"
	o.tenant.ChangeCompany(company, func(c *autotasktest.Company) { c.Hidden = true })
	o.mustDo("run --ledger LEDGER", 1)
	o.says("mapping lost", "mappings lost: counts that were told before")
	if text := got(); strings.Contains(text, `"over":true`) || strings.Contains(text, "A run failed") || beats() != "" {
		t.Errorf("told %q", text)
	}
	o.mustType(0, "release", fmt.Sprint(company), "--ledger", o.ledger, "--reason", "left", "--yes")
	o.mustDo("run --ledger LEDGER", 0)
	if text := got(); !strings.Contains(text, "no mapping is lost any more") || beats() == "" {
		t.Errorf("released: %q", text)
	}
}

func TestNotify_CannotBeDelivered_ChangesNoExitCodeAndTellsNoAddress(t *testing.T) {
	o := newOperator(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	o.env["NOTIFY_URL"] = gone.URL + "/hush"
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Notified == nil || r.Notified.Waiting != 1 || r.Notified.Error == "" {
		t.Errorf("%+v", r.Notified)
	}
	o.said("the next run tries again")
	if strings.Contains(o.stdout.String()+o.stderr.String(), "hush") {
		t.Error("the address is told")
	}
	o.mustDo("check --notify", 1)
	address, got := told(t)
	o.env["NOTIFY_URL"] = address
	o.mustDo("run --ledger LEDGER", 0)
	if text := got(); strings.Count(text, "POST") != 1 {
		t.Errorf("the next run sends %q", text)
	}
}

func TestNotify_WrongAddress_IsAFaultOfTheSettings(t *testing.T) {
	o := newOperator(t)
	o.env["NOTIFY_URL"] = "http://example.com/hush"
	o.mustDo("run --ledger LEDGER", 2)
	o.said("NOTIFY_URL", "https://")
	if strings.Contains(o.stderr.String(), "hush") {
		t.Error("the address is told")
	}
	o.nobodyCalled()
	delete(o.env, "NOTIFY_URL")
	o.mustDo("check --notify", 2)
	o.said("NOTIFY_URL", "HEARTBEAT_URL")
}
