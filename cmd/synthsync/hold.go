package main

import (
	"context"
	"fmt"
)

type holdCommand struct {
	place
	because
}

type resumeCommand struct {
	place
	Reason string `default:"resumed" placeholder:"TEXT" help:"Why, in your words; recorded with your name."`
}

// Run stops posting.
func (c *holdCommand) Run(ctx context.Context, p *process) error {
	d, err := c.place.decide(ctx, p, c.Reason, true)
	if err != nil {
		return err
	}
	defer d.done()
	word, err := d.book.SetHold(ctx, true, d.act)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Posting is on hold by %s\nRuns read and compare, and are held; nobody is told until: synthsync resume %s\n", clean(word.String()), c.place)
	return nil
}

// Run lets posting go on.
func (c *resumeCommand) Run(ctx context.Context, p *process) error {
	d, err := c.place.decide(ctx, p, c.Reason, false)
	if err != nil {
		return err
	}
	defer d.done()
	hand, err := d.book.Hand(ctx)
	if err != nil {
		return err
	}
	if !hand.Hold.On {
		fmt.Fprintln(p.stdout, "Posting is not on hold.")
		return nil
	}
	if _, err := d.book.SetHold(ctx, false, d.act); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Posting goes on with the next run: synthsync run %s\n", c.place)
	return nil
}
