package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A module whose code is wrong only as a mutant, with a test that fails the first time it runs, whatever the code.
var flakyModule = map[string]string{
	"go.mod":   "module flaky\n\ngo 1.26\n",
	"right.go": "package flaky\n\nfunc right() bool { return true }\n",
	"right_test.go": `package flaky

import (
	"os"
	"testing"
)

func TestA_NowAndThen(t *testing.T) {
	if _, err := os.Stat("ran"); err != nil {
		_ = os.WriteFile("ran", nil, 0o600)
		t.Fatal("the first time")
	}
}

func TestB_Catches(t *testing.T) {
	if !right() {
		t.Fatal("it is wrong")
	}
}

func TestC_SeesNothing(*testing.T) {}
`,
}

// flaky is that module, wrong by a mutant.
func flaky(t *testing.T) (h hunt, overlay string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
	for name, text := range flakyModule {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h = hunt{root: dir, dir: t.TempDir()}
	overlay, err := h.write(mutant{file: "right.go", old: "return true", new: "return false"})
	if err != nil {
		t.Fatal(err)
	}
	return h, overlay
}

func TestTested_ATestThatFailsNowAndThen_IsNotBelieved(t *testing.T) {
	_, overlay := flaky(t)
	if test, err := tested(overlay, "."); err != nil || test != "TestB_Catches" {
		t.Errorf("caught by %q: %v", test, err)
	}
}

func TestRows_SayWhatTheTableSays(t *testing.T) {
	known := map[string]found{}
	for n, m := range mutants {
		known[m.key()] = []found{
			{Caught: true, By: "simulation: a rule", After: "12"},
			{Caught: true, By: "`TestA` (shared/a)"},
			{Caught: true, By: "`FuzzA/one|two` (shared/a)"},
		}[n%3]
	}
	for key, f := range rows(table(known)) {
		if f.By != known[key].By || f.After != known[key].After {
			t.Errorf("%+v is read as %+v", known[key], f)
		}
	}
	if n := len(rows(table(known))); n != len(mutants) {
		t.Errorf("%d rows for %d mutants", n, len(mutants))
	}
}

func TestAgain_WhatCaughtItBefore_IsAskedFirst_AndBelievedOnlyIfItDoes(t *testing.T) {
	h, overlay := flaky(t)
	for by, catches := range map[string]bool{
		"`TestB_Catches` (.)":     true,
		"`TestC_SeesNothing` (.)": false,
		"`TestGone` (.)":          false,
		"":                        false,
	} {
		if f, err := h.again(overlay, found{By: by}); err != nil || f.Caught != catches || catches && f.By != "`TestB_Catches` (.)" {
			t.Errorf("%q: %+v, %v", by, f, err)
		}
	}
}
