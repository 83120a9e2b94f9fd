package main

import (
	"fmt"
	"io"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// renderWould shows what a run that told nobody would have told.
func renderWould(w io.Writer, r fetch.Result) {
	if r.Would == nil {
		return
	}
	v := *r.Would
	fmt.Fprintf(w, "Would tell: %d counts of %d accounts. %d become 0, %d of them left behind by an earlier integration or not known. %d cannot be told before they are mapped in Synthesize (%d units)\n",
		v.Counts, v.Accounts, v.Zeros, v.LeftBehind, v.Unmapped, v.UnmappedUnits)
	var zeros, unmapped []fetch.Change
	for _, c := range r.Changes {
		switch {
		case c.To == 0:
			zeros = append(zeros, c)
		case c.Unmapped:
			unmapped = append(unmapped, c)
		}
	}
	if len(zeros) > 0 {
		fmt.Fprintln(w, "Become 0:")
		renderChanges(w, zeros, len(zeros), listed*4)
	}
	if len(unmapped) > 0 {
		fmt.Fprintln(w, "Not mapped yet:")
		renderChanges(w, unmapped, len(unmapped), listed)
	}
}
