package services_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/services"
)

func FuzzParse(f *testing.F) {
	if text, err := os.ReadFile(defaultRules); err == nil {
		f.Add(text)
	}
	for _, text := range []string{
		"", "[]", "- service: A\n  types: [12, \"12\", 0x1]\n", `[{"service":"A","allTypesExcept":["B"]}]`, "- &a {service: *a}",
		"- service: A\n  types:\n  - B\n  -\n", "- ? {a: b}\n  : c\n", "- <<: {service: A}\n", "- !!str A\n", "\ufeff- service: |\n    A\n",
		"%YAML 1.2\n---\n- service: A\n...\n---\n", "- service: A\n  types: [.inf, ~, true, 2024-01-01]", "- \"\\ud800\": 1",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return // the parser is slow on deep nesting
		}
		rules, err := services.Parse("fuzz.yaml", text)
		if err != nil {
			if rules != nil {
				t.Fatal("rules beside an error")
			}
			for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
				fault := one.(*services.Fault)
				if fault.Source != "fuzz.yaml" || fault.Line < 1 || fault.Column < 1 || fault.Text == "" {
					t.Fatalf("a fault without a place: %+v", fault)
				}
			}
			return
		}
		if len(rules) == 0 {
			t.Fatal("no rules and no error")
		}
		for _, r := range rules {
			if r.Service == "" || r.Service != strings.TrimSpace(r.Service) || r.Description == "" || r.Category == "" || r.Subcategory == "" {
				t.Fatalf("half a rule: %+v", r)
			}
			if (len(r.Types) > 0) == (len(r.AllTypesExcept) > 0) && !r.Retired {
				t.Fatalf("a rule that counts nothing, or two things: %+v", r)
			}
		}
		// What is accepted means the same when it is written as JSON.
		again, err := services.Parse("again", asJSON(t, rules))
		if err != nil {
			t.Fatalf("not readable as JSON: %v", err)
		}
		if again.Hash() != rules.Hash() {
			t.Fatalf("reads differently as JSON: %+v, %+v", rules, again)
		}
	})
}

func asJSON(t *testing.T, rules services.Rules) []byte {
	t.Helper()
	list := make([]map[string]any, len(rules))
	for i, r := range rules {
		list[i] = map[string]any{
			"service": r.Service, "description": r.Description, "category": r.Category, "subcategory": r.Subcategory, "retired": r.Retired,
		}
		if len(r.Formerly) > 0 {
			list[i]["formerly"] = r.Formerly
		}
		for key, entries := range map[string][]services.Entry{"types": r.Types, "allTypesExcept": r.AllTypesExcept} {
			var out []any
			for _, e := range entries {
				if e.ID != 0 {
					out = append(out, e.ID)
				} else {
					out = append(out, e.Name)
				}
			}
			if out != nil {
				list[i][key] = out
			}
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
