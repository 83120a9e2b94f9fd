package main

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/simulation/journal"
)

// sitting is what a journal keeps of one soak, so that many of them add up to one search.
type sitting struct {
	Began     time.Time      `json:"began"`
	Commit    string         `json:"commit"` // of the source that was searched
	From      uint64         `json:"from"`   // the first seed
	To        uint64         `json:"to"`     // the seed after the last
	Histories int            `json:"histories"`
	Steps     int            `json:"steps"`
	Seconds   float64        `json:"seconds"`
	Failing   []uint64       `json:"failing,omitempty"` // seeds of histories in which a rule did not hold
	Coverage  map[string]int `json:"coverage"`
}

// sumUp prints what all sittings of a journal met together. A seed that two sittings went through counts once, unless the
// source was another one.
func sumUp(path string) error {
	all, err := journal.Read[sitting](path)
	if err != nil {
		return err
	}
	sum := sitting{Coverage: map[string]int{}}
	commits := map[string]int{}
	for i, s := range all {
		for _, other := range all[:i] {
			if s.Commit == other.Commit && s.From < other.To && other.From < s.To {
				return fmt.Errorf("journal of histories: %s: seeds %d:%d and %d:%d of commit %s overlap", path, other.From, other.To, s.From, s.To, s.Commit)
			}
		}
		sum.Histories += s.Histories
		sum.Steps += s.Steps
		sum.Seconds += s.Seconds
		sum.Failing = append(sum.Failing, s.Failing...)
		commits[s.Commit] += s.Histories
		for what, n := range s.Coverage {
			sum.Coverage[what] += n
		}
	}
	fmt.Printf("%d histories in %d sittings, %.0f a second; %d steps\n", sum.Histories, len(all), float64(sum.Histories)/max(sum.Seconds, 1), sum.Steps)
	for _, commit := range slices.Sorted(maps.Keys(commits)) {
		fmt.Printf("  %8d of commit %s\n", commits[commit], commit)
	}
	fmt.Println()
	if empty := table(sum.Coverage); empty > 0 {
		fmt.Printf("%d cells are empty\n", empty)
	}
	if len(sum.Failing) > 0 {
		fmt.Printf("a rule did not hold in the histories of seeds %s\n", strings.Trim(fmt.Sprint(sum.Failing), "[]"))
	} else {
		fmt.Println("every rule held in every history")
	}
	return nil
}

// commit names the source of this program, as far as it was told when it was built.
func commit() string {
	name, dirty := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				name = s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " and changes"
			}
		}
	}
	return name + dirty
}
