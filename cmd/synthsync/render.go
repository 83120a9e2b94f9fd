package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table" // tables that align wide characters, which company names have
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// listed is how many lines of a kind the tables show; --json shows all.
const listed = 25

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row(header))
	// A company's name may be as long as a paragraph.
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	return t
}

// renderResult shows a run: what was read, what was told, what needs a hand.
func renderResult(w io.Writer, r fetch.Result) {
	fmt.Fprintf(w, "Run %s, observed %s: %s\n", r.RunID, r.ObservedAt.Format("2006-01-02 15:04:05.000 MST"), verdict(r))
	if r.Reason != "" {
		fmt.Fprintf(w, "Reason: %s\n", clean(r.Reason))
	}
	if r.State == fetch.StateReading || r.State == fetch.StateQueued {
		return // it has not said more yet
	}
	fmt.Fprintf(w, "Read: %d companies, %d items, %d requests", r.Read.Companies, r.Read.Items, r.Read.Requests)
	switch {
	case r.Budget.Limit > 0 && r.Budget.Needed > 0:
		fmt.Fprintf(w, " (Autotask's hour: %d of %d used before; reading the items %s)", r.Budget.Used, r.Budget.Limit, shareLine(r.Budget))
	case r.Budget.Limit > 0: // it came to an end before the items were counted
		fmt.Fprintf(w, " (Autotask's hour: %d of %d used before)", r.Budget.Used, r.Budget.Limit)
	}
	fmt.Fprintln(w)
	renderServices(w, r.Services)
	renderOutcomes(w, r)
	renderAttention(w, r.Attention)
}

// shareLine says how a run stands with its share of Autotask's hour.
func shareLine(b fetch.Budget) string {
	if b.Percent == 0 {
		return fmt.Sprintf("needs about %d requests, and may use all that is left", b.Needed)
	}
	line := fmt.Sprintf("needs about %d requests, may use %d (%d %% of the rest)", b.Needed, b.Allowed, b.Percent)
	switch {
	case b.WaitedSeconds > 0:
		line += fmt.Sprintf("; waited %s", time.Duration(b.WaitedSeconds)*time.Second)
	case b.Needed > b.Allowed:
		line += "; would " + b.Over
	}
	return line
}

func verdict(r fetch.Result) string {
	switch {
	case r.State == fetch.StateDone && r.DryRun:
		return "planned, nothing was sent"
	case r.State == fetch.StateDone && r.Mode == fetch.ModeObserve:
		return "observed, nobody was told"
	case r.State == fetch.StateHeld:
		return "HELD, nothing was told"
	case r.State == fetch.StateFailed:
		return "FAILED"
	case r.State == fetch.StateReading:
		return "under way, reading Autotask"
	case r.State == fetch.StateQueued:
		return "under way, queueing what is to be told"
	}
	return r.State
}

func renderServices(w io.Writer, services map[string]int64) {
	if len(services) == 0 {
		return
	}
	t := newTable(w, "Service", "Units, all companies")
	for _, name := range slices.Sorted(maps.Keys(services)) {
		t.AppendRow(table.Row{clean(name), services[name]})
	}
	t.Render()
}

func renderOutcomes(w io.Writer, r fetch.Result) {
	if r.State == fetch.StateFailed && (r.DryRun || r.Mode == fetch.ModeObserve) {
		return // it has compared nothing
	}
	if r.State == fetch.StateHeld || r.DryRun || r.Mode == fetch.ModeObserve {
		fmt.Fprintf(w, "Counts that would be told: %d\n", r.Due)
		if r.Mode == fetch.ModeObserve && !r.DryRun {
			renderWould(w, r)
		}
		return
	}
	u := r.Usage
	fmt.Fprintf(w, "Accounts: %d made, %d renamed.  Counts: %d posted, %d unchanged, %d not mapped, %d mapping lost, %d superseded, %d failed\n",
		r.Accounts.Created, r.Accounts.Renamed, u.Posted, u.Unchanged, u.Unmapped, u.Lost, u.Superseded, u.Failed)
}

// renderChanges shows old -> new per account and service with the reason. due is how many there are, which may be more than a
// stack's function has answered.
func renderChanges(w io.Writer, changes []fetch.Change, due, most int) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "No count differs from what Synthesize was told.")
		return
	}
	t := newTable(w, "Account", "Id", "Service", "Told", "Now", "Why")
	shown := min(len(changes), most)
	for _, c := range changes[:shown] {
		t.AppendRow(table.Row{clean(c.Account), c.AccountID, clean(c.Service), before(c), c.To, string(c.Reason)})
	}
	t.Render()
	if rest := max(due, len(changes)) - shown; rest > 0 {
		fmt.Fprintf(w, "… and %d more", rest)
		if known := len(changes) - shown; known == rest {
			fmt.Fprint(w, "; --json lists them")
		} else if known > 0 {
			fmt.Fprintf(w, "; --json lists %d of them", known)
		}
		fmt.Fprintln(w)
	}
}

func before(c fetch.Change) string {
	switch {
	case c.From != nil:
		return fmt.Sprint(*c.From)
	case c.State == ledger.Never:
		return "-"
	}
	return "?"
}

func renderAttention(w io.Writer, items []fetch.Attention) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintln(w, "Worth a look:")
	shown, more := map[string]int{}, map[string]int{}
	for _, a := range items {
		if a.More > 0 {
			shown[a.Kind] += a.More
			more[a.Kind] += a.More
			continue
		}
		shown[a.Kind]++
		if shown[a.Kind] <= listed {
			fmt.Fprintf(w, "  [%s] %s\n", a.Kind, clean(a.Text))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(shown)) {
		n := shown[kind] - min(shown[kind]-more[kind], listed)
		switch {
		case n <= 0:
		case more[kind] > 0: // of a stack's run, whose record has room for so many
			fmt.Fprintf(w, "  [%s] … and %d more; --json lists %d of them, and the others' ids\n", kind, n, n-more[kind])
		default:
			fmt.Fprintf(w, "  [%s] … and %d more; --json lists them\n", kind, n)
		}
	}
}

// clean keeps a vendor's text from moving a terminal's cursor.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return '·'
		}
		return r
	}, s)
}
