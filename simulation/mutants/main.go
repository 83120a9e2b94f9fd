// Command mutants makes the shipped source wrong, one place at a time, and tells which mutant is caught by the simulation,
// after how many histories, and which by the tests beside the source:
//
//	go run ./simulation/mutants > table.md
//
// The source itself is left alone: the compiler is given the changed file in its stead. It ends with 1 if one survives.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	histories := flag.Int("histories", 500, "how many histories a mutant may live through")
	lasts := flag.Duration("for", 40*time.Second, "how long it may take")
	only := flag.String("only", "", "a part of the name of the files to change")
	flag.Parse()
	survived, err := all(*histories, *lasts, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if survived > 0 {
		os.Exit(1)
	}
}

func all(histories int, lasts time.Duration, only string) (survived int, err error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println("| rule | place | made wrong | simulation | tests beside it |\n|---|---|---|---|---|")
	for n, m := range mutants {
		if !strings.Contains(m.file, only) {
			continue
		}
		overlay, line, err := m.write(root, dir)
		if err != nil {
			return survived, fmt.Errorf("mutant %d: %w", n+1, err)
		}
		bySimulation := simulated(dir, overlay, histories, lasts)
		byTests := tested(overlay, m)
		if !caught(bySimulation) && !caught(byTests) {
			survived++
		}
		fmt.Printf("| %s | %s:%d | `%s` | %s | %s |\n", m.rule, m.file, line, oneLine(m.old)+"` → `"+oneLine(m.new), bySimulation, byTests)
	}
	fmt.Printf("\n%d mutants, %d survived\n", len(mutants), survived)
	return survived, nil
}

func caught(by string) bool { return !strings.HasPrefix(by, "no") }

// write makes the changed file and the overlay that names it.
func (m mutant) write(root, dir string) (overlay string, line int, err error) {
	path := filepath.Join(root, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		return "", 0, err
	}
	text := string(source)
	if n := strings.Count(text, m.old); n != 1 {
		return "", 0, fmt.Errorf("%s: %q stands there %d times, not once", m.file, m.old, n)
	}
	line = 1 + strings.Count(text[:strings.Index(text, m.old)], "\n")
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(text, m.old, m.new, 1)), 0o600); err != nil {
		return "", 0, err
	}
	body, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", 0, err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, line, os.WriteFile(overlay, body, 0o600)
}

var verdict = regexp.MustCompile(`(FAILS|HOLDS) after (\d+)(?:: (.*))?`)

func simulated(dir, overlay string, histories int, lasts time.Duration) string {
	program := filepath.Join(dir, "soak")
	//nolint:gosec // the arguments are this program's own
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", program, "./simulation/soak").CombinedOutput(); err != nil {
		return fmt.Sprintf("no: does not compile: %.200s", oneLine(string(out)))
	}
	//nolint:gosec // the program just built
	out, _ := exec.Command(program, "-first", "-seeds", fmt.Sprintf("0:%d", histories), "-for", lasts.String()).CombinedOutput()
	found := verdict.FindStringSubmatch(string(out))
	switch {
	case found == nil:
		return "it ends in a panic"
	case found[1] == "FAILS":
		return found[3] + ", after " + found[2]
	}
	return "no, in " + found[2]
}

func tested(overlay string, m mutant) string {
	packages := []string{"./" + filepath.ToSlash(filepath.Dir(m.file))}
	//nolint:gosec // the arguments are this program's own
	out, err := exec.Command("go", append([]string{"test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout=120s"}, packages...)...).CombinedOutput()
	if err == nil {
		return "no"
	}
	for _, text := range strings.Split(string(out), "\n") {
		if name, found := strings.CutPrefix(strings.TrimSpace(text), "--- FAIL: "); found {
			return strings.Fields(name)[0]
		}
	}
	return "the package fails"
}

func oneLine(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
}
