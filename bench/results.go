package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// series is what one contestant needed, each time that it counted one thing in one go.
type series struct {
	At       time.Time // when it ended
	Machine  string
	Outcomes []outcome
}

// results are all that was measured, by what was counted and by whom. They are kept in a file, so that a part can be measured
// anew, on a quiet machine, without the others.
type results struct {
	Companies int
	Latency   time.Duration
	Active    map[int]int               // of so many items, so many are active
	Sizes     map[int]map[string]series // by items and contestant
	Faults    map[string]series         // by contestant
	Ids       map[string]series         // of this program, by distribution
	Promises  map[string]figures        // by command
	FaultSize int                       // items of Faults
	IdsSize   int                       // items of Ids
}

// figures are what a command of the project printed.
type figures struct {
	At      time.Time
	Machine string
	Of      map[string]float64 // by their units
}

func newResults(companies int, latency time.Duration) *results {
	return &results{
		Companies: companies, Latency: latency, Active: map[int]int{}, Sizes: map[int]map[string]series{},
		Faults: map[string]series{}, Ids: map[string]series{}, Promises: map[string]figures{},
	}
}

// readResults reads what is kept in a file; nothing is kept in one that is not there. Figures of other companies or another
// latency do not stand beside the new ones.
func readResults(path string, companies int, latency time.Duration) (*results, error) {
	kept := newResults(companies, latency)
	if path == "" {
		return kept, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user's own
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err == nil {
		err = json.Unmarshal(text, kept)
	}
	if err != nil {
		return nil, fmt.Errorf("-keep %s: %w", path, err)
	}
	if kept.Companies != companies || kept.Latency != latency {
		return nil, fmt.Errorf("-keep %s: holds figures of %d companies at %s a request, not of %d at %s: name another file, or give it -companies and -latency",
			path, kept.Companies, kept.Latency, companies, latency)
	}
	return kept, nil
}

func (k *results) write(path string) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // for everybody
}

// sizes are those that somebody has counted, ascending.
func (k *results) sizes() []int {
	var all []int
	for n, of := range k.Sizes {
		if len(of) > 0 {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}
