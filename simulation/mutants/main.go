// Command mutants makes the shipped source wrong, one place at a time, and tells whether the simulation finds a history
// in which that shows, after how many histories, or else which test of the packages concerned does:
//
//	go run ./simulation/mutants
//
// The source itself is left alone: the compiler is given the changed file in its stead. The table goes to
// docs/mutants.md; what was found before is kept in a file if -cache names one, so that a long run can be ended and gone
// on with. It ends with 1 if a mutant survives that ought not to.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	histories := flag.Int("histories", 2000, "how many histories a mutant may live through")
	lasts := flag.Duration("for", time.Minute, "how long that may take, for one mutant")
	only := flag.String("only", "", "a part of the name of the files to change; the page is then left as it is")
	cache := flag.String("cache", "", "a file that keeps what was found, to go on with later")
	page := flag.String("page", "docs/mutants.md", "the page to write")
	flag.Parse()
	if err := all(hunt{histories: *histories, lasts: *lasts}, *only, *cache, *page); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func all(h hunt, only, cache, page string) error {
	known, err := read(cache)
	if err != nil {
		return err
	}
	if h.root, err = filepath.Abs("."); err != nil {
		return err
	}
	if h.dir, err = os.MkdirTemp("", "mutants"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(h.dir) }()
	var survivors []string
	for n, m := range mutants {
		if !strings.Contains(m.file, only) {
			continue
		}
		found, done := known[m.key()]
		if !done {
			begun := time.Now()
			if found, err = h.of(m); err != nil {
				return fmt.Errorf("mutant %d, %s, %s: %w", n+1, m.file, m.change(), err)
			}
			fmt.Printf("%d/%d %s %s: %s (%s)\n", n+1, len(mutants), m.rule, m.file, found, time.Since(begun).Round(time.Second))
			known[m.key()] = found
			if err := write(cache, known); err != nil {
				return err
			}
		}
		if !found.Caught && m.why == "" {
			survivors = append(survivors, m.row(found))
		}
	}
	if only == "" {
		if err := os.WriteFile(page, []byte(table(known)), 0o600); err != nil {
			return err
		}
	}
	if len(survivors) > 0 {
		return fmt.Errorf("%d mutants survive:\n%s", len(survivors), strings.Join(survivors, ""))
	}
	return nil
}
