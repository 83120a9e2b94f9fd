package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

type modeCommand struct {
	common
	place
	Mode   string `arg:"" optional:"" placeholder:"MODE" enum:",post,observe" default:"" help:"post: tell Synthesize. observe: read, compare, record, tell nobody. Without it, the mode is shown."`
	Reason string `placeholder:"TEXT" help:"Why, in your words; recorded with your name."`
	Yes    bool   `help:"Do not ask."`
}

// Run shows the mode, or sets it.
func (c *modeCommand) Run(ctx context.Context, p *process) error {
	if c.Mode == "" {
		return c.show(ctx, p)
	}
	if c.Reason == "" {
		c.Reason = "synthsync mode " + c.Mode
	}
	d, err := c.place.decide(ctx, p, c.Reason, true)
	if err != nil {
		return err
	}
	defer d.done()
	hand, err := d.book.Hand(ctx)
	if err != nil {
		return err
	}
	if hand.Mode.Mode == c.Mode {
		fmt.Fprintf(c.words(p), "The mode is %s already, set by %s\n", c.Mode, clean(hand.Mode.String()))
		if c.JSON {
			return writeJSON(p.stdout, hand)
		}
		return nil
	}
	if c.Mode == ledger.ModePost {
		if err := c.preview(ctx, p, d); err != nil {
			return err
		}
		if err := p.ask(c.Yes, "From the next run on, Synthesize is told, and bills follow. Go to post?"); err != nil {
			return err
		}
	}
	if hand.Mode, err = d.book.SetMode(ctx, c.Mode, d.act); err != nil {
		return err
	}
	if c.Mode == ledger.ModeObserve {
		if c.JSON {
			if err := writeJSON(p.stdout, hand); err != nil {
				return err
			}
		}
		fmt.Fprintln(c.words(p), "The mode is observe: nobody is told. What is on its way ends untold, and the first run after the next \"mode post\" tells it anew.")
		return nil
	}
	fmt.Fprintf(c.words(p), "The mode is post. Start a run with: synthsync run %s\n", c.typed(c.place))
	return nil
}

// words is where sentences go: beside the one JSON object, if that is wanted.
func (c *modeCommand) words(p *process) io.Writer {
	if c.JSON {
		return p.stderr
	}
	return p.stdout
}

func (c *modeCommand) show(ctx context.Context, p *process) error {
	book, done, err := c.place.book(ctx, p, true)
	if err != nil {
		return err
	}
	defer done()
	hand, err := book.Hand(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, hand)
	}
	renderHand(p, hand)
	return nil
}

func renderHand(p *process, hand ledger.Hand) {
	if hand.Mode.Mode == "" {
		fmt.Fprintln(p.stdout, "The mode is what the setting MODE says; nobody has said another.")
	} else {
		fmt.Fprintf(p.stdout, "The mode is %s, set by %s. It wins over the setting MODE.\n", hand.Mode.Mode, clean(hand.Mode.Word.String()))
	}
	if hand.Hold.On {
		fmt.Fprintf(p.stdout, "Posting is on hold by %s\n", clean(hand.Hold.Word.String()))
	}
}

// preview shows what posting would tell: the totals, what becomes 0, and what cannot be told yet.
func (c *modeCommand) preview(ctx context.Context, p *process, d *decision) error {
	result, err := c.plan(ctx, p, d)
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	if err != nil {
		return &exitError{exitUndelivered, fmt.Errorf("what posting would tell cannot be shown, so the mode stays as it is: %w", err)}
	}
	if c.JSON {
		return writeJSON(p.stdout, result)
	}
	renderServices(p.stdout, result.Services)
	renderWould(p.stdout, result)
	if result.State == fetch.StateHeld {
		fmt.Fprintf(p.stdout, "The next run would be held: %s\n", clean(result.Reason))
	}
	return nil
}

func (c *modeCommand) plan(ctx context.Context, p *process, d *decision) (fetch.Result, error) {
	if d.stack != nil {
		if err := c.refuseOnStack(); err != nil {
			return fetch.Result{}, err
		}
		return planOnStack(ctx, c.words(p), p, d)
	}
	config, err := c.load(p)
	if err != nil {
		return fetch.Result{}, err
	}
	progress := newProgress(p.stderr)
	defer progress.close()
	config.Store, config.Progress = d.store, progress
	return (&local.Machine{Config: config}).Plan(ctx, fetch.Event{})
}

// planOnStack looks at Synthesize first, with the stack's keys: a stack that observes has never looked, and its ledger does
// not know yet what an earlier integration left there.
func planOnStack(ctx context.Context, w io.Writer, p *process, d *decision) (fetch.Result, error) {
	look, err := d.stack.Look(ctx, d.book, p.now)
	var setup *stack.Error
	switch {
	case errors.As(err, &setup):
		fmt.Fprintf(w, "What an earlier integration left at Synthesize cannot be shown: %s. The first run that posts looks, and sets it right.\n", clean(err.Error()))
	case err != nil:
		return fetch.Result{}, err
	default:
		mapped, said := 0, 0
		for _, a := range look.Accounts {
			if a.Mapped != nil {
				said++
				if *a.Mapped {
					mapped++
				}
			}
		}
		fmt.Fprintf(w, "At Synthesize: %d services, %d accounts: %d mapped, %d not, %d not said\n", len(look.Vendor.Services), len(look.Accounts), mapped, said-mapped, len(look.Accounts)-said)
	}
	return d.stack.Invoke(ctx, fetch.Event{DryRun: true})
}
