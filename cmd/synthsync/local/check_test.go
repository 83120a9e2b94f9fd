package local_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// otherNames are rules for what stands there by another name: a former one, and one in another case.
const otherNames = `
- service: Servers of ours
  formerly: Managed Servers
  description: Managed Servers
  category: other
  subcategory: other
  types: [Server]
- service: managed workstations
  description: Managed Workstations
  category: other
  subcategory: other
  types: [Desktop, Laptop]
`

// check is what a check says of one rule.
func (w *world) check(service string) (local.Checked, local.RuleChecked) {
	w.Helper()
	checked, err := w.machine.Check(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range checked.Rules {
		if r.Service == service {
			return checked, r
		}
	}
	w.Fatalf("no rule %q in %+v", service, checked.Rules)
	return checked, local.RuleChecked{}
}

func TestCheck_ServiceStandsByAFormerNameOrInAnotherCase_IsNotCalledNew(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		w.machine.Store = memory.New()
		w.rules(otherNames)
		for service, there := range map[string]string{"Servers of ours": servers, "managed workstations": workstations} {
			if _, r := w.check(service); !r.Standing || r.Note != `called "`+there+`" there` {
				t.Errorf("%+v, want that it stands as %q", r, there)
			}
		}
	})
}

func TestCheck_ServiceIsMissing_IsCalledNew(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		if checked, r := w.check(servers); r.Standing || r.Note != "made by the first run" || checked.Failed {
			t.Errorf("%+v in %+v", r, checked)
		}
	})
}

func TestCheck_ServiceRenamedAtSynthesize_IsKnownByTheLedgersID(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		if err := w.sim.RenameService(servers, "Renamed by somebody"); err != nil {
			t.Fatal(err)
		}
		if _, r := w.check(servers); !r.Standing {
			t.Errorf("%+v, though a run would keep it", r)
		}
		w.machine.Store = memory.New()
		if _, r := w.check(servers); r.Standing {
			t.Errorf("%+v, though nothing but the ledger knows of it", r)
		}
	})
}

// A run makes no second one. It says what to put into the rule, and so does a check.
func TestCheck_ServiceRenamedThereAndInTheRulesWithoutFormerly_SaysSoAsARunDoes(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		if err := w.sim.RenameService(servers, "Servers of ours"); err != nil {
			t.Fatal(err)
		}
		w.rules(strings.Replace(otherNames, "  formerly: Managed Servers\n", "", 1))
		checked, r := w.check("Servers of ours")
		if !checked.Failed || r.Note == "made by the first run" || !strings.Contains(strings.Join(checked.Advice, "\n"), `say formerly: "Managed Servers"`) {
			t.Errorf("%+v in %+v", r, checked)
		}
	})
}

// The ledger belongs to others than the settings lead to: a run ends at that, and a check says it in the same words.
func TestCheck_LedgerOfAnotherTenant_EndsAsARunDoes(t *testing.T) {
	for name, moves := range map[string]func(*world){
		"Synthesize": func(w *world) { w.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true}) },
		"Autotask":   func(w *world) { w.bound(ledger.AutotaskTenant{Database: 4711, Name: "Somebody else"}) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 0, func(w *world) {
				w.settle()
				if _, err := w.machine.Check(context.Background()); err != nil {
					t.Fatalf("of its own tenant: %v", err)
				}
				moves(w)
				_, ran := w.machine.Run(context.Background(), fetch.Event{})
				writes := w.sim.Writes()
				_, err := w.machine.Check(context.Background())
				var settings *fetch.SettingsError
				if !errors.As(err, &settings) || ran == nil || err.Error() != ran.Error() || !strings.Contains(err.Error(), "belongs to the "+name+" tenant") {
					t.Errorf("a check says: %v\na run: %v", err, ran)
				}
				if w.sim.Writes() != writes {
					t.Errorf("a check wrote at Synthesize")
				}
			})
		})
	}
}

// bound binds the ledger to another tenant at Autotask.
func (w *world) bound(tenant ledger.AutotaskTenant) {
	w.Helper()
	book := ledger.New(w.store, time.Now)
	err := book.AcceptTenant(context.Background())
	if err == nil {
		_, err = book.BindAutotask(context.Background(), tenant)
	}
	if err != nil {
		w.Fatal(err)
	}
}
