package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// The settings of one client and the ledger of another: a check must not call well what a run will not begin.
func TestOperator_CheckWithTheLedgerOfAnotherTenant_IsExit2AsARunIs(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.mustDo("check --ledger LEDGER", 0)
	before, err := os.ReadFile(o.ledger)
	if err != nil {
		t.Fatal(err)
	}
	o.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	o.mustDo("check --ledger LEDGER", 2)
	o.said("this ledger belongs to the Synthesize tenant", o.sim.OrganizationID())
	if after, _ := os.ReadFile(o.ledger); !bytes.Equal(before, after) {
		t.Error("check changed the ledger")
	}
	o.mustDo("run --ledger LEDGER", 2)
	o.said("this ledger belongs to the Synthesize tenant", o.sim.OrganizationID())
	o.mustDo("check", 0)
}
