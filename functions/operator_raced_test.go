package functions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// working is a desktop that nobody has retired yet.
func working(i autotasktest.Item) bool { return i.Type == 1 && !i.Inactive }

// toldStack is a stack that has told everything.
func toldStack(t *testing.T, settings map[string]string) *stack {
	t.Helper()
	s := deploy(t, settings)
	s.run()
	s.sim.MapAll()
	s.run()
	return s
}

func TestOperator_OnAStack_ApproveIsRaced(t *testing.T) {
	t.Parallel()
	s := toldStack(t, nil)

	// The tenant changes between the hold and the approval.
	s.retire(12, desktop)
	first := s.held()
	s.retire(4, working)
	s.mustType("approve "+first+" --stack prod --reason seen", 0)
	writes := s.sim.Writes()
	second := s.held()
	if s.sim.Writes() != writes {
		t.Error("something was told that nobody has seen")
	}
	s.mustType("report --stack prod", 0, "run "+first+" was approved by", "approved were 8 units, and now it is 4")
	s.mustType("approve "+first+" --stack prod --reason late", 1, "run "+first+" is superseded by run "+second+": nothing is approved", "synthsync report --stack prod")
	s.mustType("approve "+second+" --stack prod --reason seen", 0, "falls from 20 to 4")

	// What is approved waits while the stack observes, and what a run in observe holds can be approved.
	s.mustType("mode observe --stack prod", 0)
	s.mustType("run --stack prod", 0, "observed, nobody was told")
	s.retire(3, working)
	third := s.held()
	s.mustType("approve "+second+" --stack prod --reason late", 1, "superseded by run "+third)
	s.mustType("approve "+third+" --stack prod --reason seen", 0, "falls from 20 to 1")
	if s.sim.Writes() != writes {
		t.Error("observe told something")
	}
	s.mustType("mode post --stack prod --yes", 0)
	s.mustType("run --stack prod", 0, "as approved with run "+third)
	s.truth()
}

func TestOperator_OnAStack_RightsThatShrink_AreHeldAndNamed(t *testing.T) {
	t.Parallel()
	s := toldStack(t, nil)
	s.mustType("check --stack prod", 0)
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Restricted = true })
	s.mustType("check --stack prod", 1, "the API user may read Companies only in part", "the API user may read ConfigurationItems only in part", "full read access")
	writes := s.sim.Writes()
	s.mustType("run --stack prod", 3, "the rights of the API user were narrowed: he may read Companies only in part now")
	if s.sim.Writes() != writes {
		t.Error("fewer rights told something")
	}
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Restricted = false })
	s.mustType("run --stack prod", 0)
	s.truth()
}

func TestOperator_OnAStack_WhatIsToBeMapped_TheLargestFirst(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"COMPANY_TYPES": "Customer", "INACTIVE_COMPANIES": "zero", "MAX_DROP_PERCENT": "100"})
	for range 3 {
		s.tenant.AddItem(autotasktest.Item{Company: 4, Type: 1})
	}
	s.tenant.ChangeCompany(2, func(c *autotasktest.Company) { c.Type = 7 })
	for _, command := range []string{"run --stack prod --patience 20s", "report --stack prod", "check --stack prod"} {
		a := s.mustType(command, 0)
		if strings.HasPrefix(command, "run") {
			continue
		}
		_, list, _ := strings.Cut(a.stdout, "To be mapped in Synthesize")
		largest, other := strings.Index(list, "Company 4 "), strings.Index(list, "Company 1 ")
		if largest < 0 || other < largest {
			t.Errorf("%s: the largest does not stand first:\n%s", command, a.stdout)
		}
		for _, text := range []string{"no account: its company type is Vendor", "new, since", "Map accounts", "synthsync run --stack prod"} {
			if !strings.Contains(a.stdout, text) {
				t.Errorf("%s does not say %q:\n%s", command, text, a.stdout)
			}
		}
	}
	for _, account := range s.sim.Accounts() {
		if account.Description != "Autotask company "+account.ID {
			t.Errorf("account %s is described as %q", account.ID, account.Description)
		}
	}
	s.sim.MapAll()
	s.tenant.ChangeCompany(5, func(c *autotasktest.Company) { c.Inactive = true })
	s.mustType("run --stack prod", 0, `company 5 ("Company 5") is not active: its 6 items count as 0 (INACTIVE_COMPANIES=zero)`)
	for pair, count := range s.sim.Counts() {
		if pair.AccountID == "5" && count != "0" || pair.AccountID == "2" {
			t.Errorf("%+v stands at %s", pair, count)
		}
	}
}

func TestOperator_OnAStack_OtherRules_AreShownFirstAndAHoldNamesThem(t *testing.T) {
	t.Parallel()
	s := toldStack(t, nil)
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	split := "- {service: Managed Workstations, types: [Laptop]}\n- {service: Managed Desktops, types: [Desktop]}\n- {service: Managed Servers, types: [Server]}\n"
	write(split)
	writes := s.sim.Writes()
	s.mustType("rules diff "+file+" --stack prod", 3, "Managed Desktops", "Laptop (until now: Desktop, Laptop)", "Company 3",
		"With these rules a run would be held: Managed Workstations falls from 20 to 0", "its rule was changed since: it counted Desktop, Laptop, and counts Laptop")
	write("- {service: Managed Workstations, types: [Desktop, Laptop]}\n")
	s.mustType("rules diff "+file+" --stack prod", 3, `no rule names "Managed Servers" any more`)
	write("- service: Managed Workstations\n  tpyes: [Desktop]\n")
	s.mustType("rules diff "+file+" --stack prod", 2, file+`:2:3: unknown key "tpyes"`)
	if s.sim.Writes() != writes {
		t.Error("looking told something")
	}
}

func TestOperator_OnAStack_ADamagedExport_OrAnotherTenants_IsRefused(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.onALaptop()
	good, err := os.ReadFile(s.moved)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.jsonl")
	if err := os.WriteFile(cut, good[:len(good)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	s.mustType("ledger import "+cut+" --stack prod --reason moved", 2, cut+": line ", "the ledger is left as it is: export it again")

	s.tenant.SetCompany(autotasktest.Company{ID: 0, Name: "Another MSP"})
	s.tenant.MoveZone("zone7", 999)
	s.run() // binds the stack to the other one
	s.mustType("report --stack prod", 0)
	writes := s.sim.Writes()
	s.mustType("ledger import "+s.moved+" --stack prod --reason moved --replace", 2, "nobody has answered")
	s.mustType("ledger import "+s.moved+" --stack prod --reason moved --replace --yes", 2, "Another MSP", "tenant")
	s.mustType("report --stack prod", 0)
	if s.sim.Writes() != writes {
		t.Error("a refused import told something")
	}
}

func TestNotify_OnAStack_AWebhookThatBreaks_FailsNoRunAndIsSaid(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	c := autotasktest.DefaultCredentials
	hook := func(notify string) string {
		return object(map[string]string{"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode, "notifyUrl": notify})
	}
	person := newHook(t)
	person.fail = true
	s.tenant.AddItem(autotasktest.Item{Company: 1, Type: 9}) // of a type that nobody knows
	s.cloud.SetSecret(autotaskARN, hook(person.url+"/hush-hook"), "told")
	s.mustType("run --stack prod --patience 20s --json", 0, "status 502")
	for _, line := range []string{"report --stack prod", "check --stack prod"} {
		s.mustType(line, 0, "nobody can be told: send a notification to NOTIFY_URL (json): status 502", "synthsync check --notify --stack prod")
	}
	other := deploy(t, nil)
	other.cloud.SetSecret(autotaskARN, hook("http://example.com/hush-hook"), "not https")
	other.mustType("run --stack prod --patience 20s --json", 0, "https://")
	other.mustType("check --stack prod --notify", 1, "https://")
	other.mustType("report --stack prod", 0, "nobody can be told: NOTIFY_URL: must begin with https://")
	if strings.Contains(s.logs()+other.logs(), "hush") {
		t.Error("an address stands in the logs")
	}
	if s.sim.Calls(synthesizetest.PostCount) == 0 {
		t.Error("the runs told nothing")
	}
}
