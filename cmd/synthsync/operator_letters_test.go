package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestOperator_DeadLettersOnOneMachine_AreDeliveredWithoutAReadOfAutotask(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "No dead letters") {
		t.Fatal(o.stdout.String())
	}
	broken := synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}}
	o.sim.Inject(broken)
	o.mustDo("run --ledger LEDGER", 1)
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	listed := o.stdout.String()
	for _, text := range []string{"status 400", "would post", "posts: "} {
		if !strings.Contains(listed, text) {
			t.Errorf("the list does not say %q:\n%s", text, listed)
		}
	}
	o.mustDo("dead-letters replay --ledger LEDGER", 1) // the vendor still refuses
	if !strings.Contains(o.stderr.String(), "status 400") {
		t.Errorf("the replay does not say why: %s", o.stderr.String())
	}
	o.mustDo("dead-letters replay --ledger LEDGER --dry-run", 0)
	if !strings.Contains(o.stdout.String(), "posts: ") {
		t.Errorf("a replay that failed lost its letters:\n%s", o.stdout.String())
	}
	o.sim.ClearFaults()
	reads := len(o.tenant.Requests())
	o.mustDo("dead-letters replay --ledger LEDGER", 0)
	if n := len(o.tenant.Requests()) - reads; n != 0 {
		t.Errorf("a replay sent %d requests to Autotask", n)
	}
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "No dead letters") {
		t.Errorf("letters are left:\n%s", o.stdout.String())
	}
	writes := o.sim.Writes()
	o.mustDo("run --ledger LEDGER", 0)
	if n := o.sim.Writes() - writes; n != 0 {
		t.Errorf("after the replay, %d writing requests were left to the next run", n)
	}
}

func TestOperator_DeadLettersOnOneMachine_ThatARunOvertook_AreGone(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	o.mustDo("run --ledger LEDGER", 1)
	o.sim.ClearFaults()
	o.mustDo("run --ledger LEDGER", 0)
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "No dead letters") {
		t.Errorf("overtaken letters are left:\n%s", o.stdout.String())
	}
}

func TestOperator_DeadLettersOnOneMachine_AreDeletedOnlyWhenNamed(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	o.mustDo("run --ledger LEDGER", 1)
	o.mustDo("dead-letters discard --ledger LEDGER", 2)
	o.mustDo("dead-letters discard --ledger LEDGER --queue usage", 2) // shown, not deleted
	o.mustDo("dead-letters discard --ledger LEDGER --queue usage --yes", 0)
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "No dead letters") {
		t.Errorf("letters are left:\n%s", o.stdout.String())
	}
	o.sim.ClearFaults()
	o.mustDo("run --ledger LEDGER", 0) // and still tells what they were to tell
	if u := o.sim.Counts(); len(u) == 0 {
		t.Error("nothing was told")
	}
}

// A ledger was restored from a backup that never knew of a count: it knows of nothing that could stand above 0. A full run
// does not believe it.
func TestOperator_RestoredLedgerHasForgottenACount_FullRunTellsItsZero(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	backup, err := os.ReadFile(o.ledger)
	if err != nil {
		t.Fatal(err)
	}
	o.tenant.SetCompany(autotasktest.Company{ID: 9001, Name: "Backed Up Too Late"})
	id := o.tenant.AddItem(autotasktest.Item{Company: 9001, Type: autotasktest.TypeServer})
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	pair := synthesizetest.Pair{AccountID: "9001", Service: "Managed Servers"}
	if got := o.sim.Counts()[pair]; got != "1" {
		t.Fatalf("Synthesize holds %q", got)
	}
	if err := os.WriteFile(o.ledger, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	o.tenant.AddItem(autotasktest.Item{Company: 9001, Type: autotasktest.TypeLaptop}) // the company is still a client
	o.tenant.Retire(id)
	o.mustDo("run --ledger LEDGER --full --force", 0)
	if got := o.sim.Counts()[pair]; got != "0" {
		t.Errorf("Synthesize holds %q servers of a company that has none", got)
	}
}

// The letters of one tenant, and by mistake the settings of another: two clients' ledgers lie side by side, and ids are small
// numbers in both.
func TestOperator_DeadLettersOnOneMachine_WithTheKeysOfAnotherOrganization_AreToldToNobody(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	o.mustDo("run --ledger LEDGER", 1)
	other := synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{RateLimit: -1}})
	other.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	server := synthesizetest.Start(other)
	t.Cleanup(server.Close)
	own := o.env["SYNTHESIZE_URL"]
	o.env["SYNTHESIZE_URL"] = server.URL
	o.mustDo("dead-letters replay --ledger LEDGER", 2)
	o.said("this ledger belongs to the Synthesize tenant", o.sim.OrganizationID(), other.OrganizationID())
	if n := other.Writes(); n != 0 {
		t.Errorf("%d writing requests went to another organization", n)
	}
	o.env["SYNTHESIZE_URL"] = own
	o.sim.ClearFaults()
	o.mustDo("dead-letters replay --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), " 0 left") || strings.Contains(o.stdout.String(), "Letters: 0 ") {
		t.Errorf("the letters did not stay until the settings were right: %s", o.stdout.String())
	}
}

// The run that left the letters has said nothing of the map: it went between the two.
func TestOperator_DeadLettersOnOneMachine_AMappingWasLostSince_TheReplaySaysSo(t *testing.T) {
	o := settled(t)
	o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	o.mustDo("run --ledger LEDGER --full", 1)
	o.sim.ClearFaults()
	if err := o.sim.UnmapAccount(fmt.Sprint(o.tenant.Companies()[1].ID)); err != nil {
		t.Fatal(err)
	}
	o.mustDo("dead-letters replay --ledger LEDGER", 1)
	o.says(" 0 left", "mappings lost: counts that were told before have no map at Synthesize any more; map them there again")
	o.mustDo("dead-letters list --ledger LEDGER", 0)
	o.says("No dead letters")
}
