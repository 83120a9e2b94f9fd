package main

import (
	"context"
	"fmt"
	"io"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// unended tells of a run's record that the run has not said how it ended.
func unended(run ledger.Run) bool {
	return run.State == fetch.StateReading || run.State == fetch.StateQueued
}

// stateOf tells, of a run that has not said how it ended, one that is at work from one that was cut off.
func stateOf(ctx context.Context, book *ledger.Ledger, run ledger.Run) (state, reason string, err error) {
	running, until, err := book.Running(ctx)
	if err != nil {
		return "", "", err
	}
	if running == run.ID {
		return run.State, fmt.Sprintf("it has been under way since %s; if it says nothing by %s, it was cut off", run.StartedAt.UTC().Format("15:04:05 MST"), until.UTC().Format("15:04:05 MST")), nil
	}
	return fetch.StateFailed, "the run was cut off while it was " + run.State + "; the next run tells what it did not", nil
}

// delivery says what became of the counts of a run whose record was written before they were told: a stack's, which has of
// them only what needed no message.
func (r *Report) delivery(ctx context.Context, book *ledger.Ledger, run ledger.Run) error {
	read := ledger.Outcomes{Unchanged: r.Usage.Unchanged}
	if r.Usage != read {
		return nil
	}
	r.Usage = run.Outcomes
	r.Usage.Unchanged += read.Unchanged
	if r.State != fetch.StateDone || r.Mode != fetch.ModePost {
		return nil
	}
	d, err := stack.DeliveryOf(ctx, book, run, r.Due)
	r.Open, r.Untold = d.Open, d.Untold
	return err
}

// renderDelivery says who tells what was not told, if anything was not. A machine's run leaves nothing on its way: what
// failed it has said itself, and the rest was cut off.
func (r *Report) renderDelivery(w io.Writer, where place) {
	switch {
	case r.Open > 0 && where.Stack == "":
		fmt.Fprintf(w, "Cut off before they were told: %d of %d counts; the next run tells them: synthsync run %s\n", r.Open, r.Due, where)
	case r.Open > 0:
		fmt.Fprintf(w, "Still open: %d of %d counts, under way or with the dead letters: synthsync check %s\n", r.Open, r.Due, where)
	}
	if r.Untold > 0 {
		fmt.Fprintf(w, "Ended untold: %d of %d counts, since nobody was to be told. Nothing tries them again; the next run that tells tells them: synthsync run %s\n", r.Untold, r.Due, where)
	}
}
