package services_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/services"
)

func types(names ...string) []services.Type {
	out := make([]services.Type, len(names))
	for i, name := range names {
		out[i] = services.Type{ID: int64(i + 1), Name: name, Active: true}
	}
	return out
}

func match(t *testing.T, text string, tenant []services.Type) (services.Matched, []string) {
	t.Helper()
	matched, warnings, err := parse(t, text).Match(tenant)
	if err != nil {
		t.Fatal(err)
	}
	return matched, warnings
}

func TestMatch_NamesAreTrimmedAndCaseFolded_InAnyScript(t *testing.T) {
	matched, _ := match(t, "- {service: A, types: ['  gerät ', ΣΊΣΥΦΟΣ]}", types("GERÄT", " σίσυφος\u00a0", "Laptop"))
	for id, want := range map[int64][]services.Catch{
		1: {{Rule: 0, Service: "A", Entry: "gerät"}},
		2: {{Rule: 0, Service: "A", Entry: "ΣΊΣΥΦΟΣ"}},
		3: nil,
	} {
		if diff := cmp.Diff(want, matched.Catches(id)); diff != "" {
			t.Errorf("type %d: %s", id, diff)
		}
	}
}

func TestMatch_TypesOfOneName_AllMatch_InactiveOnesToo(t *testing.T) {
	tenant := []services.Type{{ID: 1, Name: "Server", Active: true}, {ID: 9, Name: "server"}}
	matched, _ := match(t, "- {service: A, types: [Server]}", tenant)
	counts := matched.Count(map[int64]int64{1: 2, 9: 3})
	if counts.Units["A"] != 5 || counts.Entries["A"]["Server"] != 5 {
		t.Errorf("counts = %+v", counts)
	}
}

func TestMatch_ByID_WhateverTheName(t *testing.T) {
	matched, _ := match(t, `- {service: A, types: [2]}`+"\n"+`- {service: B, types: ["2"]}`, types("2", "Laptop"))
	counts := matched.Count(map[int64]int64{1: 10, 2: 100})
	if counts.Units["A"] != 100 || counts.Units["B"] != 10 {
		t.Errorf("units = %v", counts.Units)
	}
}

func TestMatch_ATypeInSeveralRules_CountsInEach(t *testing.T) {
	matched, _ := match(t, "- {service: A, types: [Desktop]}\n- {service: B, types: [Laptop, desktop]}", types("Desktop", "Laptop"))
	counts := matched.Count(map[int64]int64{1: 4, 2: 1})
	if diff := cmp.Diff(map[string]int64{"A": 4, "B": 5}, counts.Units); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_ATypeByNameAndByID_IsOneItemAllTheSame(t *testing.T) {
	matched, _ := match(t, "- {service: A, types: [Desktop, 1]}", types("Desktop"))
	counts := matched.Count(map[int64]int64{1: 4})
	if counts.Units["A"] != 4 {
		t.Errorf("units = %v", counts.Units)
	}
	if diff := cmp.Diff(map[string]int64{"Desktop": 4, "1": 4}, counts.Entries["A"]); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_AllTypesExcept_CatchesTheOthersByName(t *testing.T) {
	matched, warnings := match(t, "- {service: Rest, allTypesExcept: [desktop, 2]}", types("Desktop", "Laptop", "Switch", "Switch", " Router "))
	counts := matched.Count(map[int64]int64{1: 1, 2: 10, 3: 100, 4: 1000})
	if diff := cmp.Diff(map[string]map[string]int64{"Rest": {"Switch": 1100, "Router": 0}}, counts.Entries); diff != "" {
		t.Error(diff)
	}
	if counts.Units["Rest"] != 1100 || len(warnings) > 0 {
		t.Errorf("units = %v, warnings = %v", counts.Units, warnings)
	}
}

func TestMatch_AllTypesExcept_NeverCatchesATypeThatTheTenantDoesNotList(t *testing.T) {
	matched, _ := match(t, "- {service: Rest, allTypesExcept: [Desktop]}", types("Desktop", "Switch"))
	if catches := matched.Catches(99); len(catches) > 0 {
		t.Errorf("catches = %v", catches)
	}
	counts := matched.Count(map[int64]int64{99: 7, 2: 1, 1: 3})
	if diff := cmp.Diff(map[int64]int64{99: 7, 1: 3}, counts.Uncovered); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_AllTypesExcept_LeavingNothing_IsAWarning(t *testing.T) {
	_, warnings := match(t, "- {service: Rest, allTypesExcept: [Desktop]}", types("Desktop"))
	if len(warnings) != 1 || !strings.Contains(warnings[0], `"Rest"`) {
		t.Errorf("warnings = %v", warnings)
	}
}

func TestMatch_OneTypeMissingAmongSeveral_IsAWarning(t *testing.T) {
	matched, warnings := match(t, "- {service: A, types: [Desktop, Notebook]}\n- {service: Rest, allTypesExcept: [Notebook, Desktop]}", types("Desktop", "Switch"))
	if len(warnings) != 2 || !strings.Contains(warnings[0], "Notebook") || !strings.Contains(warnings[1], "Notebook") {
		t.Errorf("warnings = %q", warnings)
	}
	if items, named := matched.Entries()["A"]["Notebook"]; !named || items != 0 {
		t.Error("an entry that fits no type must be counted as 0, not left out")
	}
}

func TestMatch_RuleWithoutAnyType_NamesTheRuleAndTheTenantsTypes(t *testing.T) {
	tenant := append(types("Server", "Switch"), services.Type{ID: 7, Name: "Old"})
	matched, _, err := parse(t, "- {service: A, types: [Desktop, 12]}\n- {service: B, types: [Server]}").Match(tenant)
	var none *services.NoTypesError
	if !errors.As(err, &none) {
		t.Fatalf("err = %v", err)
	}
	if diff := cmp.Diff([]services.Unmatched{{Service: "A", Entries: []services.Entry{{Name: "Desktop"}, {ID: 12}}}}, none.Unmatched); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{`"A"`, "Desktop", "12", "Server (id 1)", "Switch (id 2)", "Old (id 7, inactive)"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
	// What the guard needs when the tenant, and not the rule, has changed.
	if diff := cmp.Diff([]string{"A"}, none.Rules()); diff != "" {
		t.Error(diff)
	}
	for entry, want := range map[string]bool{"Desktop": true, "DESKTOP": true, "12": true, `"12"`: false, "Server": false} {
		if none.Names("A", entry) != want || none.Names("B", entry) {
			t.Errorf("Names(A, %s) = %t, Names(B, %s) = %t", entry, !want, entry, none.Names("B", entry))
		}
	}
	counts := matched.Count(map[int64]int64{1: 2})
	if diff := cmp.Diff(map[string]int64{"A": 0, "B": 2}, counts.Units); diff != "" {
		t.Errorf("Matched is not whole beside the error: %s", diff)
	}
	if _, named := counts.Entries["A"]["Desktop"]; !named {
		t.Error("the entry Desktop is not counted")
	}
}

func TestMatch_TenantWithoutTypes(t *testing.T) {
	_, _, err := parse(t, "- {service: A, types: [Desktop]}\n- {service: Rest, allTypesExcept: [Desktop]}\n- {service: Old, retired: true}").Match(nil)
	var none *services.NoTypesError
	if !errors.As(err, &none) {
		t.Fatalf("err = %v", err)
	}
	if diff := cmp.Diff([]string{"A", "Rest"}, none.Rules()); diff != "" {
		t.Error(diff)
	}
	if !none.Names("Rest", "Switch") || none.Names("Rest", "Desktop") {
		t.Error("allTypesExcept would have counted Switch, and not Desktop")
	}
	if !strings.Contains(err.Error(), "none at all") {
		t.Errorf("err = %v", err)
	}
}

func TestHash_KnowsTheMeaning_NotTheOrder(t *testing.T) {
	base := parse(t, "- {service: A, formerly: [X, Y], types: [Desktop, 3]}\n- {service: B, retired: true}")
	same := parse(t, "- {service: ' B', retired: true, category: other}\n- {service: A, description: A, types: [3, Desktop], formerly: [Y, X]}")
	if base.Hash() != same.Hash() || len(base.Hash()) != 12 {
		t.Errorf("%s and %s", base.Hash(), same.Hash())
	}
	for _, text := range []string{
		"- {service: A, formerly: [X, Y], types: [Desktop, 3]}",
		"- {service: A, formerly: [X, Y], types: [Desktop, 3]}\n- {service: B, types: [B]}",
		"- {service: A, formerly: [X], types: [Desktop, 3]}\n- {service: B, retired: true}",
		"- {service: A, formerly: [X, Y], types: [Desktop, \"3\"]}\n- {service: B, retired: true}",
		"- {service: A, formerly: [X, Y], allTypesExcept: [Desktop, 3]}\n- {service: B, retired: true}",
		"- {service: A, category: backup, formerly: [X, Y], types: [Desktop, 3]}\n- {service: B, retired: true}",
	} {
		if parse(t, text).Hash() == base.Hash() {
			t.Errorf("the same hash for %s", text)
		}
	}
	if base[0].Types[0].Name != "Desktop" {
		t.Error("Hash has sorted the rules themselves")
	}
}
