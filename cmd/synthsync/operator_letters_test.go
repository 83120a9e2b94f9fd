package main

import (
	"strings"
	"testing"

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
