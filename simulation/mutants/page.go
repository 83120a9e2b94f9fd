package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// key names a mutant by what it is.
func (m mutant) key() string {
	sum := sha256.Sum256([]byte(m.file + "\x00" + m.old + "\x00" + m.new))
	return hex.EncodeToString(sum[:8])
}

// read is what an earlier run found, by key.
func read(path string) (map[string]found, error) {
	known := map[string]found{}
	if path == "" {
		return known, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user's own file
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	return known, json.Unmarshal(text, &known)
}

func write(path string, known map[string]found) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(known, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// change is what was made of what, in one line.
func (m mutant) change() string {
	return code(m.old) + " → " + code(m.new)
}

func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "(nothing)"
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}

// head is what the page says of a mutant before it was looked for.
func (m mutant) head() string {
	return fmt.Sprintf("| %s | %s | %s | ", m.rule, m.file, m.change())
}

func (m mutant) row(f found) string {
	by := f.By
	if !f.Caught && m.why != "" {
		by = "nothing, rightly: " + m.why
	}
	return m.head() + strings.ReplaceAll(by, "|", `\|`) + " | " + f.After + " |\n"
}

// rows are what a page says of the mutants, by key.
func rows(page string) map[string]found {
	known := map[string]found{}
	for _, m := range mutants {
		_, rest, is := strings.Cut(page, m.head())
		if !is {
			continue
		}
		row, _, _ := strings.Cut(rest, "\n")
		by, after, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(row), "|"), " | ")
		known[m.key()] = found{By: strings.ReplaceAll(strings.TrimSpace(by), `\|`, "|"), After: strings.TrimSpace(after)}
	}
	return known
}

const introduction = `# Mutants

Tests show that the program is right only if they fail when it is wrong. So it is made wrong on purpose, one place at a
time: a condition left out, a comparison turned, a fence removed, a sum that does not add. Each such *mutant* of the
shipped source must be caught, by the [simulation](../simulation) or else by a test. This page is made by the command that
checks it:

` + "```" + `
go run ./simulation/mutants
` + "```" + `

What caught a mutant before, by this page, is asked first; with ` + "`-anew`" + ` nothing is. Then the simulation: the column "after" says
how many of its histories (seeds from 0) it took to find one that breaks a rule, and "caught by" which rule broke. Where it
finds none in the time allowed, or goes through the place seldom or not at all, the tests of the package are asked, and the
first one is named that fails with the mutant, fails again, and passes without it.

`

// table is the page.
func table(known map[string]found) string {
	var b strings.Builder
	var bySimulation, byTests, rightly, survived int
	for _, m := range mutants {
		switch f := known[m.key()]; {
		case f.Caught && strings.HasPrefix(f.By, "`"):
			byTests++
		case f.Caught:
			bySimulation++
		case m.why != "":
			rightly++
		default:
			survived++
		}
	}
	b.WriteString(introduction)
	fmt.Fprintf(&b, "%d mutants: %d caught by the simulation, %d by a test; %d change nothing that anybody could see, for the reason given; %d survived.\n\n",
		len(mutants), bySimulation, byTests, rightly, survived)
	b.WriteString("| rule | file | made wrong | caught by | after |\n|---|---|---|---|---|\n")
	for _, m := range mutants {
		b.WriteString(m.row(known[m.key()]))
	}
	return b.String()
}
