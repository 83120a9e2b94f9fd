package main

import (
	"os"
	"path/filepath"
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
