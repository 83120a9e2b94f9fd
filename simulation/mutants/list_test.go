package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func TestMutants_EachStandsOnceInTheSource(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range mutants {
		text, err := m.mutated(root)
		if err != nil {
			t.Error(err)
			continue
		}
		if source, err := os.ReadFile(filepath.Join(root, m.file)); err != nil || text == string(source) {
			t.Errorf("%s: %s changes nothing (%v)", m.file, m.change(), err)
		}
		if seen[m.key()] {
			t.Errorf("%s: %s stands in the list twice", m.file, m.change())
		}
		seen[m.key()] = true
	}
}

func TestMutants_ThePageListsExactlyThese_AndNoneSurvived(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "mutants.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| rule |") {
			rows = append(rows, line)
		}
	}
	const again = "make the page again: go run ./simulation/mutants"
	if len(rows) != len(mutants) {
		t.Fatalf("the page has %d mutants, the list %d; %s", len(rows), len(mutants), again)
	}
	for i, m := range mutants {
		rest, is := strings.CutPrefix(rows[i], m.head())
		if !is {
			t.Fatalf("row %d is not %s; %s", i+1, m.head(), again)
		}
		if strings.HasPrefix(rest, "| ") || strings.HasPrefix(rest, "|\n") || strings.HasPrefix(rest, "nothing:") {
			t.Errorf("%s%s", m.head(), rest)
		}
		if strings.HasPrefix(rest, "nothing, rightly") != (m.why != "" && !strings.HasPrefix(rest, "`") && !strings.HasPrefix(rest, "simulation")) {
			t.Errorf("%s is said to be caught, or not, against the list", m.head())
		}
	}
}
