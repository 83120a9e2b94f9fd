package main

import (
	"context"
	"fmt"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// underWay tells a run that is at work from one that was cut off.
func (r *Report) underWay(ctx context.Context, book *ledger.Ledger, run ledger.Run) error {
	if run.State != fetch.StateReading && run.State != fetch.StateQueued {
		return nil
	}
	running, until, err := book.Running(ctx)
	if err != nil {
		return err
	}
	if running == run.ID {
		r.State = run.State
		r.Reason = fmt.Sprintf("it has been under way since %s; if it says nothing by %s, it was cut off", run.StartedAt.UTC().Format("15:04:05 MST"), until.UTC().Format("15:04:05 MST"))
		return nil
	}
	r.State, r.Reason = fetch.StateFailed, "the run was cut off while it was "+run.State+"; the next run tells what it did not"
	return nil
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
