// Command fuzzing gives each fuzz target of the repository its time, and keeps a journal of it:
//
//	go run ./simulation/fuzzing -for 10m -journal fuzzing.jsonl
//
// Targets that the journal says had their time without a finding, at this or another commit, are left out; -again runs them
// all the same. It ends with 1 at a finding, which go has then put into the package's testdata/fuzz.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/synthsync/synthsync/simulation/journal"
)

// target is a function that go test can fuzz.
type target struct{ Package, Name string }

func (t target) String() string { return t.Package + "." + t.Name }

// entry is a line of the journal.
type entry struct {
	target
	Began      time.Time `json:"began"`
	Commit     string    `json:"commit"`
	Seconds    float64   `json:"seconds"`
	Executions int64     `json:"executions"`
	Finding    bool      `json:"finding,omitempty"`
}

func main() {
	lasts := flag.Duration("for", 10*time.Minute, "how long each target runs")
	path := flag.String("journal", "", "a file to which a line about each target is added")
	only := flag.String("only", "", "a part of the names of the targets to run")
	atOnce := flag.Int("at-once", 1, "how many targets run side by side, with one worker each")
	again := flag.Bool("again", false, "also those that had their time before")
	flag.Parse()
	if err := all(*lasts, *path, *only, *atOnce, *again); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func all(lasts time.Duration, path, only string, atOnce int, again bool) error {
	done, err := ran(path, lasts)
	if err != nil {
		return err
	}
	targets, err := list()
	if err != nil {
		return err
	}
	head, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return fmt.Errorf("name the commit: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(max(atOnce, 1))
	lines := make(chan entry)
	written := make(chan error, 1)
	go func() { written <- write(path, lines) }()
	for _, t := range targets {
		if !strings.Contains(t.String(), only) || done[t] && !again {
			continue
		}
		group.Go(func() error {
			e, err := fuzz(t, lasts)
			e.Commit = strings.TrimSpace(string(head))
			lines <- e
			return err
		})
	}
	failed := group.Wait()
	close(lines)
	return cmp.Or(<-written, failed)
}

// list asks go for the targets of all packages.
func list() ([]target, error) {
	out, err := exec.Command("go", "test", "-json", "-list", "^Fuzz", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("list the fuzz targets: %w", err)
	}
	var targets []target
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var event struct{ Action, Package, Output string }
		if err := lines.Decode(&event); err != nil {
			return nil, fmt.Errorf("list the fuzz targets: %w", err)
		}
		if name := strings.TrimSpace(event.Output); event.Action == "output" && strings.HasPrefix(name, "Fuzz") {
			targets = append(targets, target{event.Package, name})
		}
	}
	return targets, nil
}

var executions = regexp.MustCompile(`execs: (\d+)`)

// fuzz runs one target with one worker.
func fuzz(t target, lasts time.Duration) (entry, error) {
	e := entry{target: t, Began: time.Now().UTC()}
	//nolint:gosec // names that go itself has listed
	out, err := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.Name+"$", "-fuzztime", lasts.String(), "-parallel", "1", t.Package).CombinedOutput()
	e.Seconds = time.Since(e.Began).Seconds()
	if err == nil {
		e.Seconds = lasts.Seconds() // that long go fuzzed; the rest was building
	}
	if counts := executions.FindAllSubmatch(out, -1); len(counts) > 0 {
		e.Executions, _ = strconv.ParseInt(string(counts[len(counts)-1][1]), 10, 64)
	}
	if err != nil {
		e.Finding = true
		return e, fmt.Errorf("%s: %w\n%s", t, err, out)
	}
	fmt.Printf("%s: %d executions in %.0f s, no finding\n", t, e.Executions, e.Seconds)
	return e, nil
}

func write(path string, lines <-chan entry) (err error) {
	for e := range lines {
		if path == "" || err != nil {
			continue
		}
		err = journal.Append(path, e)
	}
	return err
}

// ran are the targets that had their time before, without a finding.
func ran(path string, lasts time.Duration) (map[target]bool, error) {
	done := map[target]bool{}
	if path == "" {
		return done, nil
	}
	entries, err := journal.Read[entry](path)
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	for _, e := range entries {
		if !e.Finding && e.Seconds >= lasts.Seconds() {
			done[e.target] = true
		}
	}
	return done, err
}
