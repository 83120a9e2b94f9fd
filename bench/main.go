// Command bench lets this program and others count the active items of each company and type of one tenant, at a local
// Autotask that takes 40 ms for each request, and tells what each of them needed and whether it was right:
//
//	go run ./bench
//	go run ./bench -page docs/benchmark.md
//
// The peers are installed by npm and pip into the user's cache, in pinned versions; one that cannot be installed is told so.
// With what is usual it takes about 25 minutes, most of which the others need; -items 200000 -times 1 takes three.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
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
	items := flag.String("items", "200000,1000000", "how many items the tenant has; several sizes with commas between")
	companies := flag.Int("companies", 2000, "how many companies they belong to")
	latency := flag.Duration("latency", 40*time.Millisecond, "how long each request takes at Autotask")
	times := flag.Int("times", 5, "how often each contestant counts the smallest tenant; larger ones are counted a third as often")
	only := flag.String("only", "", "a part of the names of those who are to count")
	page := flag.String("page", "", "the page to write, with its picture beside it")
	serving := flag.Bool("serve", false, "set by the command for its own processes: be the vendor")
	place := flag.String("distribution", usual, "how the ids lie, of -serve")
	flag.Parse()
	var sizes []int
	for text := range strings.SplitSeq(*items, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-items %q: must be numbers above 0, with commas between", *items)
		}
		sizes = append(sizes, n)
	}
	if *companies < 1 || *times < 1 {
		return fmt.Errorf("-companies and -times must be above 0")
	}
	if *serving {
		return serve(tenant{sizes[0], *companies, *latency, *place}, os.Stdin, os.Stdout)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	all, err := built(".", dir)
	if err != nil {
		return err
	}
	all = append(all, installed()...)
	m := &meeting{self: self, companies: *companies, latency: *latency, times: *times}
	for _, c := range all {
		if strings.Contains(c.Name, *only) {
			m.contestants = append(m.contestants, c)
		}
	}
	r, err := m.hold(ctx, sizes)
	if err != nil {
		return err
	}
	fmt.Print(r.tables())
	if *page == "" {
		return nil
	}
	if err := os.WriteFile(*page, []byte(r.page()), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(*page), picture), []byte(r.picture()), 0o600)
}
