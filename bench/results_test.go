package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// needed is what somebody needed each of so many times.
func needed(times int, cpuSeconds, peakMB float64) series {
	s := series{At: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Machine: "a machine"}
	for range times {
		o := outcome{Right: true}
		o.Wall, o.CPU, o.PeakMB, o.ItemRequests = time.Second, time.Duration(cpuSeconds*float64(time.Second)), peakMB, 360
		o.Requests, o.Served, o.Span, o.Peak = 370, 2*time.Second, 1050*time.Millisecond, 2
		s.Outcomes = append(s.Outcomes, o)
	}
	return s
}

// allKept are results that keep each promise by little.
func allKept() *results {
	k := newResults(2000, 40*time.Millisecond)
	k.Active[promisedItems], k.Active[promisedMany] = 180_000, 900_000
	k.IdsSize = promisedItems
	for _, name := range distributionNames {
		k.Ids[name] = needed(5, 0.4, 40)
	}
	k.Sizes[promisedMany] = map[string]series{oursName: needed(5, 1, 48), plainName: needed(2, 3, 50), everyone[2].Name: needed(2, 3, 100), everyone[3].Name: needed(2, 9, 49)}
	k.Promises["posting"] = figures{Of: map[string]float64{"%-of-limit": 90, "posts/s": 72, "refused": 0}}
	k.Promises["unchanged"] = figures{Of: map[string]float64{"posts": 0, "usage-batches": 0, "ledger-reads": 60, "accounts": 1500}}
	k.Promises["start"] = figures{Of: map[string]float64{"arm64-MB": 9, "x86_64-MB": 9.99, "median-ms": 24.9}}
	return k
}

// notKept are the promises that results do not keep.
func notKept(k *results) (list []string) {
	for _, p := range newReport(k).promised() {
		if !p.kept {
			list = append(list, p.says)
		}
	}
	return list
}

func TestPromises_EachIsKeptOrNot_ByWhatWasMeasured(t *testing.T) {
	if list := notKept(allKept()); len(list) > 0 {
		t.Fatalf("not kept: %q", list)
	}
	worse := func(of series, change func(*outcome)) series {
		s := series{of.At, of.Machine, append([]outcome(nil), of.Outcomes...)}
		for i := range s.Outcomes {
			change(&s.Outcomes[i])
		}
		return s
	}
	last := distributionNames[len(distributionNames)-1]
	many := func(name string, change func(*outcome)) func(*results) {
		return func(k *results) { k.Sizes[promisedMany][name] = worse(k.Sizes[promisedMany][name], change) }
	}
	id := func(change func(*outcome)) func(*results) {
		return func(k *results) { k.Ids[last] = worse(k.Ids[last], change) }
	}
	for want, spoil := range map[string]func(*results){
		"first to last request":              id(func(o *outcome) { o.Span = 1101 * time.Millisecond }),
		"item requests at most":              id(func(o *outcome) { o.ItemRequests = 380 }),
		"never more than two":                id(func(o *outcome) { o.Peak = 3 }),
		"every count right":                  id(func(o *outcome) { o.Right = false }),
		"peak resident memory at most 48":    many(oursName, func(o *outcome) { o.PeakMB = 48.1 }),
		"a third of the fastest client's":    many(everyone[3].Name, func(o *outcome) { o.CPU = 2 * time.Second }),
		"a third of the plain walk's":        many(plainName, func(o *outcome) { o.CPU = 2 * time.Second }),
		"Posting 20,000":                     func(k *results) { k.Promises["posting"].Of["%-of-limit"] = 89.9 },
		"none refused":                       func(k *results) { k.Promises["posting"].Of["refused"] = 1 },
		"no post":                            func(k *results) { k.Promises["unchanged"].Of["posts"] = 1 },
		"no usage message":                   func(k *results) { k.Promises["unchanged"].Of["usage-batches"] = 1 },
		"ledger reads at most accounts / 25": func(k *results) { k.Promises["unchanged"].Of["ledger-reads"] = 61 },
		"below 10 MB":                        func(k *results) { k.Promises["start"].Of["arm64-MB"] = 10 },
		"less than 25 ms":                    func(k *results) { k.Promises["start"].Of["median-ms"] = 25 },
		"Ahead of everybody":                 many(plainName, func(o *outcome) { o.PeakMB = 47 }),
	} {
		k := allKept()
		spoil(k)
		if list := notKept(k); len(list) != 1 || !strings.Contains(list[0], want) {
			t.Errorf("%s: not kept are %q", want, list)
		}
	}
}

func TestPromises_WhatWasNotMeasured_IsNotKept(t *testing.T) {
	list := newReport(newResults(2000, time.Millisecond)).promised()
	for _, p := range list {
		if p.kept || p.measured != notMeasured {
			t.Errorf("%+v", p)
		}
	}
	if len(list) != len(newReport(allKept()).promised()) {
		t.Errorf("%d promises", len(list))
	}
}

// A part that is measured anew takes the place of the same part, and leaves the others alone.
func TestResults_AreKept_AndMeasuredAnewInParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	m := hall(t, 1)
	m.save = func() error { return m.kept.write(path) }
	before := allKept()
	m.kept.Sizes, m.kept.Active, m.kept.Promises = before.Sizes, before.Active, before.Promises
	m.parts, m.only = []string{partSizes}, plainName
	if err := m.hold(t.Context(), []int{1_000}); err != nil {
		t.Fatal(err)
	}
	again, err := readResults(path, 40, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.Sizes[promisedMany], before.Sizes[promisedMany]) || !reflect.DeepEqual(again.Promises, before.Promises) {
		t.Error("what was kept has changed")
	}
	if got := again.Sizes[1_000]; len(got) != 1 || len(got[plainName].Outcomes) != 1 || !got[plainName].Outcomes[0].Right {
		t.Errorf("measured anew: %+v", got)
	}
	if newReport(again).page() != newReport(m.kept).page() {
		t.Error("the page of what was kept is another one")
	}
	if _, err := readResults(path, 41, time.Millisecond); err == nil || !strings.Contains(err.Error(), "-companies") {
		t.Errorf("figures of another tenant: %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readResults(path, 40, time.Millisecond); err == nil {
		t.Error("half a file was read")
	}
}

func TestPrinted_ReadsTheFiguresOfBenchmarks(t *testing.T) {
	of, err := printed("goos: linux\nBenchmarkStart/a-2 \t 1\t 5 ns/op\t 9.1 arm64-MB\t 4.25 median-ms\nBenchmarkStart/b-2 1 7 ns/op 8.2 arm64-MB 5.5 median-ms\nPASS\n")
	if err != nil || of["arm64-MB"] != 9.1 || of["median-ms"] != 5.5 {
		t.Errorf("%v, %v", of, err)
	}
	if _, err := printed("PASS\nok\n"); err == nil {
		t.Error("no figures are no figures")
	}
}

// The page sends people to benchmarks that are there.
func TestPage_NamesBenchmarksThatExist(t *testing.T) {
	for _, part := range goBenchmarks {
		files, err := filepath.Glob(filepath.Join("..", part.folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(part.bench, " ")
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "\nfunc Benchmark"+strings.TrimPrefix(name, "."))
		}
		if !found {
			t.Errorf("%s has no benchmark %s", part.folder, name)
		}
	}
	for name, command := range commands {
		if _, ok := newReport(allKept()).Promises[name]; !ok {
			t.Errorf("no promise is measured by %s (%v)", name, command)
		}
	}
}
