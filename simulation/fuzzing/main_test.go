package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/simulation/journal"
)

func TestJournal_OnlyTargetsThatHadTheirTimeWithoutAFinding_AreDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fuzzing.jsonl")
	long, short, finding := target{"a", "FuzzLong"}, target{"a", "FuzzShort"}, target{"b", "FuzzLong"}
	for _, e := range []entry{{target: long, Seconds: 600}, {target: short, Seconds: 3}, {target: finding, Seconds: 600, Finding: true}} {
		if err := journal.Append(path, e); err != nil {
			t.Fatal(err)
		}
	}
	done, err := ran(path, 10*time.Minute)
	if err != nil || !done[long] || done[short] || done[finding] {
		t.Errorf("done %v, %v", done, err)
	}
	if done, err := ran(path+".not", time.Minute); err != nil || len(done) != 0 {
		t.Errorf("no journal yet: %v, %v", done, err)
	}
}

func TestJournal_ABrokenLine_IsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fuzzing.jsonl")
	if err := os.WriteFile(path, []byte("{}\nno\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ran(path, time.Minute); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v: does not name the line", err)
	}
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

func TestJournal_EachTargetOfTheSourceHasHadItsTenMinutes(t *testing.T) {
	done, err := ran(filepath.Join("..", "fuzzing.jsonl"), 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join("..", "..")
	targets := 0
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, name := range declared.FindAllStringSubmatch(string(text), -1) {
			targets++
			if f := (target{"github.com/synthsync/synthsync/" + filepath.ToSlash(dir), name[1]}); !done[f] {
				t.Errorf("%s has not had its time: go run ./simulation/fuzzing -for 10m -journal simulation/fuzzing.jsonl", f)
			}
		}
		return nil
	})
	if err != nil || targets == 0 {
		t.Errorf("%d targets: %v", targets, err)
	}
}
