package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func TestPage_IsWhatTheCommandWrites(t *testing.T) {
	modules, err := collect(root)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, pagePath))
	if err != nil {
		t.Fatal(err)
	}
	want, err := page(modules, string(have))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) == want {
		return
	}
	rows := strings.Split(string(have), "\n")
	for line := range strings.SplitSeq(want, "\n") {
		if !slices.Contains(rows, line) {
			t.Errorf("not in %s: %s", pagePath, line)
		}
	}
	t.Errorf("%s is out of date: go run ./build/licences", pagePath)
}

func TestPage_LicenceNobodyAllowed_Refused(t *testing.T) {
	m := &module{path: "example.com/m", licences: []string{"MIT", "GPL"}}
	if text, err := page([]*module{m}, ""); err == nil || !strings.Contains(err.Error(), "example.com/m: licence GPL") {
		t.Errorf("got %v\n%s", err, text)
	}
}

func TestPage_DirectDependencyWithoutReason_Refused(t *testing.T) {
	m := &module{path: "example.com/m", licences: []string{"MIT"}, enters: []string{"shared/queue"}}
	if text, err := page([]*module{m}, ""); err == nil || !strings.Contains(err.Error(), "what is it for") {
		t.Errorf("got %v\n%s", err, text)
	}
}

func TestPage_ModuleNotOnThisMachine_KeepsTheLicenceThatWasReadElsewhere(t *testing.T) {
	text, err := page([]*module{{path: "example.com/m"}}, "| example.com/m | BSD-3-Clause | nothing |\n")
	if err != nil || !strings.Contains(text, "| example.com/m | BSD-3-Clause | nothing |\n") {
		t.Errorf("got %v\n%s", err, text)
	}
	if _, err := page([]*module{{path: "example.com/m"}}, ""); err == nil {
		t.Error("a module of which nobody ever read a licence passed")
	}
}

func TestLicenceOf_SeveralFiles(t *testing.T) {
	const mit = "Permission is hereby granted, free of charge, to any\n person obtaining a copy of this software ...\n" +
		"The above copyright notice and this permission notice shall be included in all copies"
	const bsd = "Redistribution and use in source and binary forms, with or without modification, are permitted provided"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // the licences, or a part of the error
	}{
		{"one", map[string]string{"LICENSE": mit}, "MIT"},
		{"none", map[string]string{"README.md": mit}, ""},
		{"MIT without its condition", map[string]string{"LICENSE": mit[:100]}, "MIT-0"},
		{"two clauses", map[string]string{"COPYING.txt": bsd}, "BSD-2-Clause"},
		{"three clauses", map[string]string{"LICENSE": bsd + " ... may be used to endorse or promote products derived from\nthis software without specific prior written permission."}, "BSD-3-Clause"},
		{"two licences", map[string]string{"LICENSE": bsd, "LICENSE.MIT": mit}, "BSD-2-Clause MIT"},
		{"copyleft", map[string]string{"LICENCE": "GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007"}, "GPL"},
		{"a notice beside it", map[string]string{"LICENSE": mit, "NOTICE": "Copyright somebody"}, "MIT"},
		{"a text of its own", map[string]string{"LICENSE": mit, "LICENSE-extra": "You may not."}, "LICENSE-extra: a licence text that is not known"},
	} {
		dir := t.TempDir()
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ids, err := licenceOf(dir)
		got := strings.Join(ids, " ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTexts_HoldTheLicenceOfWhatIsShippedAndNoOther(t *testing.T) {
	goRoot, shipped, other := t.TempDir(), t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{goRoot: "go's own", shipped: "shipped's own", other: "other's own"} {
		if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := texts([]*module{
		{path: "example.com/shipped", dir: shipped, ships: []string{"command"}}, {path: "example.com/other", dir: other},
	}, goRoot)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(all, "go's own") || !strings.Contains(all, "example.com/shipped: LICENSE\n\nshipped's own") || strings.Contains(all, "other") {
		t.Errorf("got %s", all)
	}
}
