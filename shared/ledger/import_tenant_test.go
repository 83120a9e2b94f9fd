package ledger_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// An export of before the first run was bound to nothing. What it goes to does not become the next comer's.
func TestImport_ExportBoundToNothing_TheLedgerStaysItsTenants(t *testing.T) {
	autotask := ledger.AutotaskTenant{Database: 20264, Name: "Example MSP"}
	synthesize := ledger.SynthesizeTenant{OrganizationID: "o", VendorID: "v"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, bind := range map[string]func(*ledger.Ledger){
		"to nothing":    func(*ledger.Ledger) {},
		"to one tenant": func(l *ledger.Ledger) { _, err := l.BindAutotask(t.Context(), autotask); must(err) },
		"to the other":  func(l *ledger.Ledger) { must(l.BindSynthesize(t.Context(), synthesize)) },
	} {
		from := ledger.New(memory.New(), time.Now)
		held, err := from.Begin(t.Context(), "run", time.Minute)
		must(err)
		bind(from)
		must(from.End(t.Context(), held))
		var text bytes.Buffer
		_, err = from.Export(t.Context(), &text, "there", "1")
		must(err)
		transfer, err := ledger.ReadTransfer(&text)
		must(err)

		here := ledger.New(memory.New(), time.Now)
		_, err = here.BindAutotask(t.Context(), autotask)
		must(err)
		must(here.BindSynthesize(t.Context(), synthesize))
		_, err = here.Import(t.Context(), transfer, true, ledger.Act{Actor: "anna", Reason: "test"})
		must(err)
		if tenant, err := here.Tenant(t.Context()); err != nil || tenant.Autotask != autotask || tenant.Synthesize != synthesize {
			t.Errorf("bound %s: the ledger is bound to %+v, %v", name, tenant, err)
		}
	}
}
