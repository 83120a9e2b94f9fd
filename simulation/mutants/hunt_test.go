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
`,
}

func TestTested_ATestThatFailsNowAndThen_IsNotBelieved(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
	for name, text := range flakyModule {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := hunt{root: dir, dir: t.TempDir()}
	overlay, err := h.write(mutant{file: "right.go", old: "return true", new: "return false"})
	if err != nil {
		t.Fatal(err)
	}
	if test, err := tested(overlay, "."); err != nil || test != "TestB_Catches" {
		t.Errorf("caught by %q: %v", test, err)
	}
}
