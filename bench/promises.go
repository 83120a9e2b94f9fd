package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commands are the benchmarks of the project that measure what is promised beside the reading. Each fails by itself when its
// promise is broken.
var commands = map[string][]string{
	"posting":   {"./cmd/synthsync/local", "Posting/20000"},
	"unchanged": {"./functions", "Unchanged"},
	"start":     {"./functions", "Start"},
}

// arguments are how a benchmark of the project is run.
func arguments(command []string) []string {
	return []string{"test", command[0], "-run", "^$", "-bench", command[1], "-benchtime", "1x", "-timeout", "30m"}
}

// promises runs the project's own benchmarks and keeps what they print.
func (m *meeting) promises(ctx context.Context) error {
	for name, command := range commands {
		fmt.Fprintf(os.Stderr, "go %s\n", strings.Join(arguments(command), " "))
		out, err := exec.CommandContext(ctx, "go", arguments(command)...).CombinedOutput() //nolint:gosec // constants
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		of, err := printed(string(out))
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		m.kept.Promises[name] = figures{time.Now().UTC().Truncate(time.Second), machine(), of}
		if err := m.save(); err != nil {
			return err
		}
	}
	return nil
}

// printed reads the figures that go test prints of benchmarks, by their units; the largest where several print one.
func printed(out string) (map[string]float64, error) {
	of := map[string]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q is no figure: %s", fields[i], line)
			}
			if known, ok := of[fields[i+1]]; !ok || value > known {
				of[fields[i+1]] = value
			}
		}
	}
	if len(of) == 0 {
		return nil, errors.New("it printed no figures")
	}
	return of, nil
}

// What is promised. No figure here is ever made easier.
const (
	promisedOfTheBound = 1.10
	promisedInFlight   = 2
	promisedItems      = 200_000
	promisedMany       = 1_000_000
	promisedPeakMB     = 48
	promisedCPU        = 1.0 / 3 // of the fastest peer's
	promisedOfLimit    = 90      // percent
	promisedReads      = 25      // accounts for each read of the ledger
	promisedBootstrap  = 10      // MB
	promisedStart      = 25      // ms
)

// promise is one line of what is promised.
type promise struct {
	says, measured string
	kept           bool
}

// promised is the list of all promises with what was measured; what was not measured says so and is not kept.
func (r *report) promised() []promise {
	return slices.Concat(r.readingPromises(), r.manyPromises(), r.otherPromises(), []promise{r.aheadPromise()})
}

const notMeasured = "not measured"

// readingPromises are about 200,000 items, by the worst of the ways in which ids lie.
func (r *report) readingPromises() []promise {
	var bound, asked, flying float64
	var where string
	var all []outcome
	measured := r.IdsSize == promisedItems
	for _, name := range distributionNames {
		o := r.Ids[name].Outcomes
		measured = measured && len(o) > 0
		if m, _, _ := median(o, ofTheBound); m > bound {
			bound, where = m, name
		}
		m, _, _ := median(o, requests)
		asked = max(asked, m)
		_, _, most := median(o, inFlight)
		flying = max(flying, most)
		all = append(all, o...)
	}
	says := []string{
		fmt.Sprintf("Reading 200,000 items in 2,000 companies, the worst of five distributions: first to last request at most %.2f x (requests x served time / 2)", promisedOfTheBound),
		"The same: item requests at most 1.02 x pages + 12",
		"The same: never more than two in flight",
		"The same: every count right",
	}
	if !measured {
		return unmeasured(says...)
	}
	allowed := allowedRequests(r.Active[r.IdsSize])
	return []promise{
		{says[0], fmt.Sprintf("%.3f (%s)", bound, where), bound <= promisedOfTheBound},
		{says[1], fmt.Sprintf("%.0f of %.0f", asked, allowed), asked <= allowed},
		{says[2], fmt.Sprintf("%.0f", flying), flying <= promisedInFlight},
		{says[3], verdict(all), counted(all)},
	}
}

// manyPromises are about 1,000,000 items.
func (r *report) manyPromises() []promise {
	says := []string{
		fmt.Sprintf("1,000,000 items: peak resident memory at most %d MB", promisedPeakMB),
		"1,000,000 items: CPU at most a third of the fastest client's",
		"1,000,000 items: CPU at most a third of the plain walk's, which is no client: it checks and repeats nothing",
	}
	s, ok := r.size(promisedMany)
	if !ok || !counted(s.of[0]) {
		return unmeasured(says...)
	}
	memory, _, _ := median(s.of[0], peak)
	mine, _, _ := median(s.of[0], cpu)
	list := []promise{{says[0], spread(s.of[0], peak, "%.1f") + " MB", memory <= promisedPeakMB}}
	for i, walk := range []bool{false, true} {
		name, least := "", 0.0
		for i, p := range everyone {
			if p.Ours || p.Walk != walk || !counted(s.of[i]) {
				continue
			}
			if his, _, _ := median(s.of[i], cpu); name == "" || his < least {
				name, least = p.Name, his
			}
		}
		if name == "" {
			list = append(list, unmeasured(says[i+1])...)
			continue
		}
		list = append(list, promise{says[i+1], fmt.Sprintf("%.2f of %s", mine/least, name), mine <= promisedCPU*least})
	}
	return list
}

// otherPromises are those that the project's own benchmarks measure.
func (r *report) otherPromises() []promise {
	var list []promise
	add := func(command, says string, units []string, tell func(of map[string]float64) (string, bool)) {
		of := r.Promises[command].Of
		for _, unit := range units {
			if _, ok := of[unit]; !ok {
				list = append(list, unmeasured(says)...)
				return
			}
		}
		measured, kept := tell(of)
		list = append(list, promise{fmt.Sprintf("%s (`go test %s -run '^$' -bench %s -benchtime 1x`)", says, commands[command][0], commands[command][1]), measured, kept})
	}
	add("posting", fmt.Sprintf("Posting 20,000 pairs at 40 ms: at least %d %% of the limit that is set, none refused", promisedOfLimit), []string{"%-of-limit", "posts/s", "refused"},
		func(of map[string]float64) (string, bool) {
			return fmt.Sprintf("%.1f %%, %.1f a second, %.0f refused", of["%-of-limit"], of["posts/s"], of["refused"]), of["%-of-limit"] >= promisedOfLimit && of["refused"] == 0
		})
	add("unchanged", fmt.Sprintf("Nothing changed: no post, no usage message, ledger reads at most accounts / %d", promisedReads), []string{"posts", "usage-batches", "ledger-reads", "accounts"},
		func(of map[string]float64) (string, bool) {
			return fmt.Sprintf("%.0f posts, %.0f usage messages, %.0f reads for %.0f accounts", of["posts"], of["usage-batches"], of["ledger-reads"], of["accounts"]),
				of["posts"] == 0 && of["usage-batches"] == 0 && of["ledger-reads"] <= of["accounts"]/promisedReads
		})
	add("start", fmt.Sprintf("Each bootstrap below %d MB, ready in less than %d ms", promisedBootstrap, promisedStart), []string{"arm64-MB", "x86_64-MB", "median-ms"},
		func(of map[string]float64) (string, bool) {
			size := max(of["arm64-MB"], of["x86_64-MB"])
			return fmt.Sprintf("the largest %.2f MB, the slowest %.1f ms (median of its starts)", size, of["median-ms"]), size < promisedBootstrap && of["median-ms"] < promisedStart
		})
	return list
}

// aheadPromise is about every table.
func (r *report) aheadPromise() promise {
	p := promise{says: "Ahead of everybody in wall, memory and requests", measured: "see the end of the page", kept: true}
	if len(r.sizes) == 0 {
		return unmeasured(p.says)[0]
	}
	for _, b := range r.behinds() {
		if b.figure != "CPU" {
			p.kept = false
		}
	}
	if p.kept {
		p.measured = "in each table"
	}
	return p
}

func unmeasured(says ...string) (list []promise) {
	for _, text := range says {
		list = append(list, promise{text, notMeasured, false})
	}
	return list
}

func (r *report) promiseTable() string {
	var b strings.Builder
	b.WriteString("| promised | measured | |\n|---|---|---|\n")
	for _, p := range r.promised() {
		verdict := "kept"
		switch {
		case p.measured == notMeasured:
			verdict = ""
		case !p.kept:
			verdict = "**not kept**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.says, p.measured, verdict)
	}
	return b.String()
}
