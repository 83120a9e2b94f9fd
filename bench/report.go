package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is what was measured, as it is told.
type report struct {
	*results
	sizes []sizeReport
}

type sizeReport struct {
	items, active int
	of            [][]outcome // by player
}

func newReport(kept *results) *report {
	r := &report{results: kept}
	for _, n := range kept.sizes() {
		s := sizeReport{items: n, active: kept.Active[n]}
		for _, p := range everyone {
			s.of = append(s.of, kept.Sizes[n][p.Name].Outcomes)
		}
		r.sizes = append(r.sizes, s)
	}
	return r
}

// size is what was measured of so many items.
func (r *report) size(items int) (sizeReport, bool) {
	for _, s := range r.sizes {
		if s.items == items {
			return s, true
		}
	}
	return sizeReport{}, false
}

// pageRows is how many rows Autotask gives at most in one answer.
const pageRows = 500

// pages is how many requests it takes at least to read so many rows.
func pages(active int) int { return (active + pageRows - 1) / pageRows }

// bound is how long reading takes that keeps two requests under way all the time: the vendor allows three of an entity, and
// frees a slot late.
func (r *report) bound(s sizeReport) time.Duration {
	return time.Duration(pages(s.active)) * r.Latency / 2
}

// median of a figure of some outcomes, with the least and the most.
func median(outcomes []outcome, figure func(outcome) float64) (middle, least, most float64) {
	values := make([]float64, 0, len(outcomes))
	for _, o := range outcomes {
		values = append(values, figure(o))
	}
	if len(values) == 0 {
		return 0, 0, 0
	}
	slices.Sort(values)
	return values[len(values)/2], values[0], values[len(values)-1]
}

func wall(o outcome) float64     { return o.Wall.Seconds() }
func cpu(o outcome) float64      { return o.CPU.Seconds() }
func peak(o outcome) float64     { return o.PeakMB }
func requests(o outcome) float64 { return float64(o.ItemRequests) }

// verdict says whether what somebody counted was right.
func verdict(outcomes []outcome) string {
	switch {
	case len(outcomes) == 0:
		return "not run"
	case slices.ContainsFunc(outcomes, func(o outcome) bool { return o.Failed == "" && !o.Right }):
		return "**wrong, and says nothing**"
	case slices.ContainsFunc(outcomes, func(o outcome) bool { return o.Failed != "" }):
		return "ended with an error"
	}
	return "right"
}

// counted tells whether the figures of somebody are those of the whole work.
func counted(outcomes []outcome) bool { return verdict(outcomes) == "right" }

// spread writes a median with the range around it.
func spread(outcomes []outcome, figure func(outcome) float64, form string) string {
	m, least, most := median(outcomes, figure)
	text := fmt.Sprintf(form, m)
	if len(outcomes) > 1 {
		text += fmt.Sprintf(" ("+form+" to "+form+")", least, most)
	}
	return text
}

// ratio is how many times ours somebody's figure is.
func (r *report) ratio(s sizeReport, i int, figure func(outcome) float64) string {
	if everyone[i].Ours {
		return "1"
	}
	a, _, _ := median(s.of[i], figure)
	b, _, _ := median(s.of[0], figure)
	if b == 0 {
		return "?"
	}
	return fmt.Sprintf("%.1f", a/b)
}

// tables are the results without the words around them.
func (r *report) tables() string {
	var b strings.Builder
	for _, s := range r.sizes {
		fmt.Fprintf(&b, "\n%s items (%s active)\n\n%s", thousands(s.items), thousands(s.active), r.sizeTable(s))
	}
	fmt.Fprintf(&b, "\n%g %% faults\n\n%s\n%s\n%s", 100*faultShare, r.faultTable(), r.distributionTable(), r.promiseTable())
	return b.String()
}

func (r *report) sizeTable(s sizeReport) string {
	var b strings.Builder
	b.WriteString("| | times | counts | wall, of the bound | CPU, of ours | peak memory, of ours | wall s | CPU s | peak MB | item requests |\n|---|--:|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for i, p := range everyone {
		o := s.of[i]
		if !counted(o) {
			fmt.Fprintf(&b, "| %s | %d | %s | | | | | | | %s |\n", p.Name, len(o), verdict(o), spread(o, requests, "%.0f"))
			continue
		}
		w, _, _ := median(o, wall)
		fmt.Fprintf(&b, "| %s | %d | right | %.2f | %s | %s | %s | %s | %s | %s |\n", p.Name, len(o), w/r.bound(s).Seconds(), r.ratio(s, i, cpu), r.ratio(s, i, peak),
			spread(o, wall, "%.1f"), spread(o, cpu, "%.2f"), spread(o, peak, "%.0f"), spread(o, requests, "%.0f"))
	}
	return b.String()
}

func (r *report) faultTable() string {
	var b strings.Builder
	b.WriteString("| | times | made to fail | counts |\n|---|--:|--:|---|\n")
	for _, p := range everyone {
		outcomes := r.Faults[p.Name].Outcomes
		why := ""
		for _, o := range outcomes {
			if o.Failed != "" {
				why = ": " + strings.ReplaceAll(shortened(o.Failed, 90), "|", "/")
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s%s |\n", p.Name, len(outcomes), spread(outcomes, func(o outcome) float64 { return float64(o.Faulted) }, "%.0f"), verdict(outcomes), why)
	}
	return b.String()
}

func shortened(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return text[:n] + "…"
}

// allowedRequests is what is promised for reading so many items.
func allowedRequests(active int) float64 { return 1.02*float64(pages(active)) + 12 }

// ofTheBound is how long the reading took, of what two walkers take that are always at work.
func ofTheBound(o outcome) float64 { return o.Span.Seconds() / (o.Served.Seconds() / 2) }

func inFlight(o outcome) float64 { return float64(o.Peak) }

func (r *report) distributionTable() string {
	var b strings.Builder
	b.WriteString("| ids | times | counts | first to last request, of (requests x served time / 2) | item requests | allowed | in flight at most |\n|---|--:|---|--:|--:|--:|--:|\n")
	for _, name := range distributionNames {
		o := r.Ids[name].Outcomes
		if len(o) == 0 {
			continue
		}
		_, _, flying := median(o, inFlight)
		fmt.Fprintf(&b, "| %s: %s | %d | %s | %s | %s | %.0f | %.0f |\n", name, distributions[name].says, len(o), verdict(o), spread(o, ofTheBound, "%.3f"),
			spread(o, requests, "%.0f"), allowedRequests(r.Active[r.IdsSize]), flying)
	}
	return b.String()
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// pythonVersion is that of the Python that the peers run on, once they have been gathered.
var pythonVersion string

// machine says on what was measured.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	said := []string{fmt.Sprintf("%d x %s", runtime.NumCPU(), model), runtime.GOOS, runtime.Version()}
	if out, err := exec.Command("node", "--version").Output(); err == nil {
		said = append(said, "Node "+strings.TrimPrefix(strings.TrimSpace(string(out)), "v"))
	}
	if pythonVersion != "" {
		said = append(said, "Python "+pythonVersion)
	}
	return strings.Join(said, ", ")
}
