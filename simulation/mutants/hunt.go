package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// hunt is how mutants are looked for.
type hunt struct {
	root      string // the repository
	dir       string // where the changed file and the program of one mutant go
	histories int
	lasts     time.Duration
}

// found is what became of a mutant.
type found struct {
	Caught bool
	By     string // the invariant or the test; or what it lived through
	After  string // how many histories, or "" if a test caught it
}

func (f found) String() string {
	if f.After == "" {
		return f.By
	}
	return f.By + ", after " + f.After
}

// of looks for a history in which a mutant breaks a rule, and then for a test that it fails. What caught it before, if anything
// has, is asked first.
func (h hunt) of(m mutant, before found) (found, error) {
	var err error
	if h.dir, err = os.MkdirTemp("", "mutant"); err != nil {
		return found{}, err
	}
	defer func() { _ = os.RemoveAll(h.dir) }()
	overlay, err := h.write(m)
	if err != nil {
		return found{}, err
	}
	if by, err := h.again(overlay, before); err != nil || by.Caught {
		return by, err
	}
	var lived string
	if !m.aside {
		by, err := h.simulated(overlay, h.histories)
		if err != nil || by.Caught {
			return by, err
		}
		lived = by.After + " histories"
	}
	dir := filepath.ToSlash(filepath.Dir(m.file))
	packages := append([]string{"./" + dir}, askedToo[dir+"/"]...)
	for _, p := range packages {
		test, err := tested(overlay, p)
		if err != nil {
			return found{}, err
		}
		if test != "" {
			return byTest(test, p), nil
		}
	}
	if lived != "" {
		lived += " and "
	}
	return found{By: "nothing: it lived through " + lived + "the tests of " + strings.Join(packages, ", ")}, nil
}

// again asks what caught the mutant before, and nothing else.
func (h hunt) again(overlay string, before found) (found, error) {
	if n, err := strconv.Atoi(before.After); err == nil && n > 0 {
		return h.simulated(overlay, n)
	}
	by := testRow.FindStringSubmatch(before.By)
	if by == nil || by[1] == aPanic {
		return found{}, nil
	}
	test, name := by[1], "./"+by[2]
	if catches, err := believed(overlay, name, test); err != nil || !catches {
		return found{}, err
	}
	return byTest(test, name), nil
}

// testRow is what byTest says.
var testRow = regexp.MustCompile("^`(.+)` \\((.+)\\)$")

func byTest(test, name string) found {
	return found{Caught: true, By: "`" + test + "` (" + strings.TrimPrefix(name, "./") + ")"}
}

// write makes the changed file and the overlay that names it.
func (h hunt) write(m mutant) (overlay string, err error) {
	text, err := m.mutated(h.root)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(h.dir, "changed.go")
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(h.root, filepath.FromSlash(m.file)): changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(h.dir, "overlay.json")
	return overlay, os.WriteFile(overlay, body, 0o600)
}

// mutated is the text of the file with the mutant in it.
func (m mutant) mutated(root string) (string, error) {
	source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.file))) //nolint:gosec // of this repository
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return "", fmt.Errorf("%s: %q stands there %d times, not once", m.file, m.old, n)
	}
	return strings.Replace(string(source), m.old, m.new, 1), nil
}

var verdict = regexp.MustCompile(`(FAILS|HOLDS) after (\d+)(?:: (.*))?`)

func (h hunt) simulated(overlay string, histories int) (found, error) {
	program := filepath.Join(h.dir, "soak")
	//nolint:gosec // the arguments are this program's own
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", overlay, "-o", program, "./simulation/soak").CombinedOutput(); err != nil {
		return found{}, fmt.Errorf("does not compile: %.300s", out)
	}
	//nolint:gosec // the program just built
	out, _ := exec.Command(program, "-first", "-seeds", fmt.Sprintf("0:%d", histories), "-for", h.lasts.String()).CombinedOutput()
	said := verdict.FindStringSubmatch(string(out))
	switch {
	case said == nil:
		return found{Caught: true, By: "a panic in the simulation"}, nil
	case said[1] == "FAILS":
		return found{Caught: true, By: "simulation: " + said[3], After: said[2]}, nil
	}
	return found{After: said[2]}, nil
}

// tested is the first test of a package that fails with the mutant each time and never without it, or "". One that only
// fails now and then, mutant or not, is not believed.
func tested(overlay, name string) (string, error) {
	var skip []string
	for {
		test, err := failing(name, overlay, "-skip", anyOf(skip))
		if err != nil || test == "" {
			return "", err
		}
		if test == aPanic { // which took the others with it
			without, err := failing(name, "")
			if err != nil || without != "" {
				return "", err
			}
			return aPanic, nil
		}
		if catches, err := believed(overlay, name, test); err != nil || catches {
			return test, err
		}
		skip = append(skip, test)
	}
}

// believed tells whether a test fails with the mutant and passes without.
func believed(overlay, name, test string) (bool, error) {
	with, err := failing(name, overlay, "-run", anyOf([]string{test}))
	if err != nil || with == "" {
		return false, err
	}
	without, err := failing(name, "", "-run", anyOf([]string{test}))
	return without == "", err
}

// anyOf matches the whole name of any of the tests, and nothing if there are none.
func anyOf(tests []string) string {
	return "^(" + strings.Join(tests, "|") + ")$"
}

const aPanic = "a panic in the tests"

// failing is the first test of a package that fails with an overlay, if there is one, or "". What a test builds itself is
// built with it, too.
func failing(name, overlay string, flags ...string) (string, error) {
	args := append([]string{"test", "-vet=off", "-failfast", "-timeout=180s"}, flags...)
	if overlay != "" {
		args = append(args, "-count=1") // a test that builds a program has not changed itself, and would not be run again
	}
	command := exec.Command("go", append(args, name)...) //nolint:gosec // the arguments are this program's own
	if overlay != "" {
		command.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
	}
	out, err := command.CombinedOutput()
	if err == nil {
		return "", nil
	}
	if strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]") {
		return "", fmt.Errorf("does not compile: %.300s", out)
	}
	panicked := false
	for _, text := range strings.Split(string(out), "\n") {
		if rest, is := strings.CutPrefix(strings.TrimSpace(text), "--- FAIL: "); is {
			return strings.Fields(rest)[0], nil
		}
		panicked = panicked || strings.HasPrefix(text, "panic: ")
	}
	if !panicked {
		return "", errors.New("the tests of " + name + " failed without a word")
	}
	return aPanic, nil
}
