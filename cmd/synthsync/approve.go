package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/shared/ledger"
)

type approveCommand struct {
	place
	because
	RunID string `arg:"" name:"run" help:"The run that was held, or that held companies back."`
}

// Run lets pass what a run held back, and only that.
func (c *approveCommand) Run(ctx context.Context, p *process) error {
	d, err := c.place.decide(ctx, p, c.Reason, false)
	if err != nil {
		return err
	}
	defer d.done()
	held, mine, err := d.book.Approve(ctx, c.RunID, d.act)
	var no *ledger.ApprovalError
	if errors.As(err, &no) {
		return c.explain(ctx, d.book, no)
	}
	if err != nil {
		return err
	}
	if !mine {
		fmt.Fprintf(p.stdout, "Run %s is approved already, by %s\n", c.RunID, clean(held.Approved.String()))
		return nil
	}
	for _, h := range held.Holds {
		fmt.Fprintf(p.stdout, "Approved: %s\n", clean(h.Text))
	}
	fmt.Fprintf(p.stdout, "The next run passes if it reads the same, but for 2 %% or 2 units; else it is held anew. Start it with: synthsync run %s\n", c.place)
	return nil
}

// explain tells a run that nobody knows from one that is no longer, or never was, held.
func (c *approveCommand) explain(ctx context.Context, book *ledger.Ledger, no *ledger.ApprovalError) error {
	acts, err := book.Acts(ctx)
	if err != nil {
		return err
	}
	var run *ledger.Act
	newest := ""
	for _, a := range acts {
		if a.What != ledger.ActRun {
			continue
		}
		if newest = a.Target; a.Target == c.RunID {
			run = &a
		}
	}
	switch {
	case run == nil:
		return &exitError{exitSettings, fmt.Errorf("there is no run %q; see the runs with: synthsync log %s", c.RunID, c.place)}
	case !no.Other:
		return &exitError{exitSettings, no}
	case run.Held && newest == c.RunID:
		return &exitError{exitSettings, fmt.Errorf("run %s was held by a person's word alone; end that with: synthsync resume %s", c.RunID, c.place)}
	case !run.Held:
		return &exitError{exitSettings, fmt.Errorf("run %s was not held: it is %s", c.RunID, run.State)}
	}
	return &exitError{exitUndelivered, fmt.Errorf("run %s is superseded by run %s: nothing is approved. Look at the newest with: synthsync report %s", c.RunID, newest, c.place)}
}
