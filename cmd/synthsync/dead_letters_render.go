package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
)

func renderLetters(w io.Writer, listing letters.Listing, now time.Time) {
	if len(listing.Letters) == 0 {
		fmt.Fprintln(w, "No dead letters.")
	} else {
		t := newTable(w, "Letter", "Queue", "Company", "Run", "Age", "Tried", "Why it died", "A replay now")
		t.SetColumnConfigs([]table.ColumnConfig{
			{Number: 7, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}, {Number: 8, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft},
		})
		for _, l := range listing.Letters[:min(len(listing.Letters), listed*4)] {
			company := l.Company
			if l.Name != "" {
				company += " (" + clean(l.Name) + ")"
			}
			t.AppendRow(table.Row{l.ID, l.Queue, company, l.RunID, age(l, now), l.Receives, clean(l.Reason), clean(l.Verdict.Text)})
		}
		t.Render()
	}
	if more := len(listing.Letters) - listed*4; more > 0 {
		fmt.Fprintf(w, "… and %d more; --json lists them\n", more)
	}
	if listing.Unseen > 0 {
		fmt.Fprintf(w, "About %d more cannot be seen now: they wait behind others of their company, or another look holds them.\n", listing.Unseen)
	}
	sums := map[letters.Outcome]int{}
	for _, l := range listing.Letters {
		sums[l.Verdict.Outcome]++
	}
	for _, o := range []letters.Outcome{letters.Posts, letters.Makes, letters.Waits, letters.Unchanged, letters.Superseded, letters.Dies, letters.NotMoved} {
		if sums[o] > 0 {
			fmt.Fprintf(w, "%s: %d  ", o, sums[o])
		}
	}
	if len(sums) > 0 {
		fmt.Fprintln(w)
	}
}

// age is how long ago a letter was sent, as far as known.
func age(l letters.Letter, now time.Time) string {
	at := l.SentAt
	if at.IsZero() {
		at = l.DiedAt
	}
	if at.IsZero() {
		return "?"
	}
	return now.Sub(at).Round(time.Minute).String()
}

func renderMoved(w io.Writer, m letters.Moved, where lettersPlace) {
	fmt.Fprintf(w, "%d letters are on their queues again", m.Sent)
	if m.ByTask > 0 {
		fmt.Fprintf(w, " (%d moved by the queue service itself)", m.ByTask)
	}
	fmt.Fprintf(w, ", %d left", m.Left)
	if m.Skipped > 0 {
		fmt.Fprintf(w, ", %d of them unreadable: look with list, delete with discard", m.Skipped)
	}
	if m.Behind > 0 {
		fmt.Fprintf(w, ", about %d could not be seen: replay again", m.Behind)
	}
	fmt.Fprintln(w, ".")
	if m.Sent > 0 {
		fmt.Fprintf(w, "What dies again shows in: synthsync dead-letters list %s\n", where)
	}
}
