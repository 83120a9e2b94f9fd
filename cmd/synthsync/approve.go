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
	held, err := book.Held(ctx)
	if err != nil {
		return err
	}
	hand, err := book.Hand(ctx)
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
	resume := fmt.Sprintf("end that with: synthsync resume %s", c.place)
	switch {
	case run == nil:
		return &exitError{exitSettings, fmt.Errorf("there is no run %q; see the runs with: synthsync log %s", c.RunID, c.place)}
	case !run.Held:
		return &exitError{exitSettings, fmt.Errorf("run %s was not held: it is %s", c.RunID, run.State)}
	case !no.Other || newest == c.RunID && hand.Hold.On && held.Approved == nil:
		return &exitError{exitSettings, fmt.Errorf("run %s was held by a person's word alone, not by the guard; %s", c.RunID, resume)}
	case newest == c.RunID && held.Approved != nil:
		text := fmt.Sprintf("run %s needs no approval: run %s was approved by %s, and that stands for the next run that tells", c.RunID, held.RunID, held.Approved)
		if hand.Hold.On {
			text += "; posting is on hold: " + resume
		}
		return &exitError{exitUndelivered, errors.New(text)}
	case newest == c.RunID:
		return &exitError{exitUndelivered, fmt.Errorf("what run %s held back is not known any more: nothing is approved. Start another with: synthsync run %s", c.RunID, c.place)}
	}
	return &exitError{exitUndelivered, fmt.Errorf("run %s is superseded by run %s: nothing is approved. Look at the newest with: synthsync report %s", c.RunID, newest, c.place)}
}
