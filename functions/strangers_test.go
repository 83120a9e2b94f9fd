package functions_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// An earlier integration left a service and an account that no rule and no company explains. Their counts stay as they are, and
// so a person must hear of them.
func TestCloud_WhatAnEarlierIntegrationLeft_IsReportedByName(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	if err := s.sim.SeedEarlier(synthesizetest.Earlier{
		Accounts: []synthesizetest.Account{{ID: "old-7", Name: "Somebody"}}, Services: []synthesizetest.Service{{Name: "Network Devices", Description: "switches", Category: "other", Subcategory: "other"}},
	}); err != nil {
		t.Fatal(err)
	}
	s.run() // its sync-accounts looks at Synthesize, and the next run knows
	var texts []string
	for _, a := range s.run().Attention {
		if a.Kind == fetch.KindStranger {
			texts = append(texts, a.Text)
		}
	}
	for _, name := range []string{`service "Network Devices"`, `account "Somebody" (id old-7)`} {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(text, name) }) {
			t.Errorf("nobody hears of %s: %q", name, texts)
		}
	}
	for _, text := range texts {
		if strings.Contains(text, "Managed") {
			t.Errorf("a service of ours is taken for a stranger: %s", text)
		}
	}
}

func TestOperator_OnAStack_WhatAPersonHasToSetRight_ExitsWith2(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"SERVICES": "- service: Phones\n  types: [Phone]\n"})
	if a := s.types("run --stack prod"); a.code != 2 || !strings.Contains(a.stderr, "Phone") {
		t.Errorf("exit %d: %s", a.code, a.stderr)
	}
}
