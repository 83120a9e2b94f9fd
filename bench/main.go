// Command bench lets this program and others count the active items of each company and type of one tenant, at a local
// Autotask that takes 40 ms for each request, and tells what each of them needed and whether it was right:
//
//	go run ./bench
//	go run ./bench -keep bench/results.json -page docs/benchmark.md
//
// The peers are installed by npm and pip into the user's cache, in pinned versions; one that cannot be installed is told so.
// With what is usual it takes about 35 minutes, most of which the others need, and 4 GB of memory, for the same reason. So
// that it need not be done in one go, -keep holds what was measured and -parts, -items and -only say what is measured anew:
//
//	go run ./bench -keep FILE -parts sizes -items 200000            # 5 minutes
//	go run ./bench -keep FILE -parts sizes -items 1000000 -peers 2  # 16 minutes
//	go run ./bench -keep FILE -parts faults,ids,promises            # 11 minutes
//	go run ./bench -keep FILE -parts none -page FILE.md             # measures nothing, writes the page of what is kept
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/synthsync/synthsync/build/measure"
)

func main() {
	measure.Intercept()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context) error {
	items := flag.String("items", "200000,1000000", "how many items the tenant has; several sizes with commas between, the smallest first")
	companies := flag.Int("companies", 2000, "how many companies they belong to")
	latency := flag.Duration("latency", 40*time.Millisecond, "how long each request takes at Autotask")
	times := flag.Int("times", 5, "how often this program counts")
	others := flag.String("peers", "3,2", "how often the others count, by size")
	only := flag.String("only", "", "a part of the names of those who are to count")
	parts := flag.String("parts", strings.Join(allParts, ","), "what is measured, with commas between; none: nothing")
	keep := flag.String("keep", "", "a file that holds what was measured: what is measured now takes the place of the same in it")
	page := flag.String("page", "", "the page to write, with its picture beside it")
	named := flag.String("python", "", "the Python of the peers (the newest on the path)")
	serving := flag.Bool("serve", false, "set by the command for its own processes: be the vendor")
	place := flag.String("distribution", usual, "how the ids lie, of -serve")
	flag.Parse()
	sizes, err := numbers("items", *items)
	if err != nil {
		return err
	}
	peerTimes, err := numbers("peers", *others)
	if err != nil {
		return err
	}
	if *companies < 1 || *times < 1 {
		return fmt.Errorf("-companies and -times must be above 0")
	}
	if *serving {
		return serve(tenant{sizes[0], *companies, *latency, *place}, os.Stdin, os.Stdout)
	}
	kept, err := readResults(*keep, *companies, *latency)
	if err != nil {
		return err
	}
	m := &meeting{
		only: *only, companies: *companies, latency: *latency, times: *times, peers: peerTimes, kept: kept,
		save: func() error { return kept.write(*keep) },
	}
	if *parts != "none" {
		m.parts = strings.Split(*parts, ",")
	}
	for _, p := range m.parts {
		if !slices.Contains(allParts, p) {
			return fmt.Errorf("-parts %q: must be some of %s, or none", *parts, strings.Join(allParts, ", "))
		}
	}
	if m.self, err = os.Executable(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if len(m.parts) > 0 {
		if err := m.gather(dir, *named); err != nil {
			return err
		}
		if err := m.hold(ctx, sizes); err != nil {
			return err
		}
	}
	r := newReport(kept)
	fmt.Print(r.tables())
	if *page == "" {
		return nil
	}
	if err := os.WriteFile(*page, []byte(r.page()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(*page), picture), []byte(r.picture()), 0o600)
}

// gather builds and installs those who count.
func (m *meeting) gather(dir, named string) (err error) {
	if m.contestants, err = built(".", dir); err != nil {
		return err
	}
	python, version := findPython(named)
	pythonVersion = version
	m.contestants = append(m.contestants, installed(python, version)...)
	for _, c := range m.contestants {
		if c.wrong != nil {
			fmt.Fprintf(os.Stderr, "%s does not take part: %v\n", c.Name, c.wrong)
		}
	}
	return nil
}

// numbers reads a list of them.
func numbers(name, list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-%s %q: must be numbers above 0, with commas between", name, list)
		}
		all = append(all, n)
	}
	return all, nil
}
