// Command mutants makes the shipped source wrong, one place at a time, and tells whether the simulation finds a history
// in which that shows, after how many histories, or else which test of the packages concerned does:
//
//	go run ./simulation/mutants
//
// The source itself is left alone: the compiler is given the changed file in its stead. The table goes to
// docs/mutants.md, whose former rows say what to ask first; what was found before is kept in a file if -cache names one, so
// that a long run can be ended and gone on with. It ends with 1 if a mutant survives that ought not to.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	histories := flag.Int("histories", 2000, "how many histories a mutant may live through")
	lasts := flag.Duration("for", time.Minute, "how long that may take, for one mutant")
	only := flag.String("only", "", "a part of the name of the files to change; the page is then left as it is")
	cache := flag.String("cache", "", "a file that keeps what was found, to go on with later")
	anew := flag.Bool("anew", false, "forget what the page says caught each mutant before, and look for it from the beginning")
	page := flag.String("page", "docs/mutants.md", "the page to write")
	atOnce := flag.Int("at-once", runtime.NumCPU(), "how many mutants are looked for side by side")
	flag.Parse()
	if err := all(hunt{histories: *histories, lasts: *lasts}, *only, *cache, *page, *atOnce, *anew); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func all(h hunt, only, cache, page string, atOnce int, anew bool) error {
	known, err := read(cache)
	if err != nil {
		return err
	}
	remembered := map[string]found{}
	if !anew {
		text, err := os.ReadFile(page) //nolint:gosec // the user's own file
		if err != nil {
			return err
		}
		remembered = rows(string(text))
	}
	if h.root, err = filepath.Abs("."); err != nil {
		return err
	}
	var (
		mu    sync.Mutex
		group errgroup.Group
		wrong []error
	)
	group.SetLimit(max(atOnce, 1))
	before := maps.Clone(known)
	for n, m := range mutants {
		if _, done := before[m.key()]; done || !strings.Contains(m.file, only) {
			continue
		}
		group.Go(func() error {
			begun := time.Now()
			found, err := h.of(m, remembered[m.key()])
			mu.Lock()
			defer mu.Unlock()
			if err != nil { // the others are looked for all the same: this takes an hour
				wrong = append(wrong, fmt.Errorf("mutant %d, %s, %s: %w", n+1, m.file, m.change(), err))
				fmt.Println(wrong[len(wrong)-1])
				return nil
			}
			fmt.Printf("%d/%d %s %s: %s (%s)\n", n+1, len(mutants), m.rule, m.file, found, time.Since(begun).Round(time.Second))
			known[m.key()] = found
			return write(cache, known)
		})
	}
	if err := errors.Join(group.Wait(), errors.Join(wrong...)); err != nil {
		return err
	}
	if only == "" {
		if err := os.WriteFile(page, []byte(table(known)), 0o600); err != nil {
			return err
		}
	}
	return survivors(known, only)
}

// survivors is an error if a mutant lives that ought not to.
func survivors(known map[string]found, only string) error {
	var rows []string
	for _, m := range mutants {
		if strings.Contains(m.file, only) && !known[m.key()].Caught && m.why == "" {
			rows = append(rows, m.row(known[m.key()]))
		}
	}
	if len(rows) > 0 {
		return fmt.Errorf("%d mutants survive:\n%s", len(rows), strings.Join(rows, ""))
	}
	return nil
}
