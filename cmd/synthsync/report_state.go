package main

import (
	"context"
	"fmt"

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

// delivery says what became of the counts of a run whose record was written before they were told: a stack's.
func (r *Report) delivery(ctx context.Context, book *ledger.Ledger, run ledger.Run) (err error) {
	if r.Usage != (ledger.Outcomes{}) {
		return nil
	}
	r.Usage = run.Outcomes
	if r.State == fetch.StateDone && r.Mode == fetch.ModePost {
		r.Open, err = stack.Undelivered(ctx, book, &r.Result)
	}
	return err
}
