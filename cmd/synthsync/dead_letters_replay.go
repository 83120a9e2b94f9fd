package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

type replayCommand struct {
	common
	lettersPlace
	lettersMeant
	Rate   int  `default:"10" help:"Letters a second that go back to a stack's queues. The functions hold the vendor's limit by themselves."`
	DryRun bool `help:"Show what a replay would do, and send nothing."`
}

// Run replays.
func (c *replayCommand) Run(ctx context.Context, p *process) error {
	if c.Rate < 1 || c.Rate > 500 {
		return &exitError{exitSettings, fmt.Errorf("--rate %d: must be 1 to 500 letters a second", c.Rate)}
	}
	if c.DryRun {
		list := listLettersCommand{lettersPlace: c.lettersPlace, lettersMeant: c.lettersMeant, JSON: c.JSON}
		return list.Run(ctx, p)
	}
	if c.Ledger != "" {
		return c.onMachine(ctx, p)
	}
	if err := c.refuseOnStack(); err != nil {
		return err
	}
	d, err := desk(ctx, p, c.lettersPlace)
	if err != nil {
		return err
	}
	if err := c.mayTell(ctx, p, d.Book); err != nil {
		return err
	}
	moved, err := d.Replay(ctx, c.choose(), c.Rate)
	if c.JSON {
		if err := writeJSON(p.stdout, moved); err != nil {
			return err
		}
	} else {
		renderMoved(p.stdout, moved, c.lettersPlace)
	}
	switch {
	case err != nil:
		return &exitError{exitUndelivered, fmt.Errorf("%w; nothing is lost: replay again", err)}
	case moved.Skipped+moved.Behind > 0:
		return &exitError{exitUndelivered, errors.New("some letters are still there")}
	}
	return nil
}

// mayTell refuses a replay while nobody may be told: the functions would end the letters untold. Of a stack by its parts only
// a person's word is known, not the setting MODE.
func (c *replayCommand) mayTell(ctx context.Context, p *process, book *ledger.Ledger) error {
	mode := ""
	if c.Stack != "" {
		s, err := c.open(ctx, c.Stack)
		if err != nil {
			return err
		}
		mode = s.Mode()
	}
	hand, err := book.Hand(ctx)
	if err != nil {
		return err
	}
	if silent := hand.Silent(mode); silent != "" {
		return &exitError{exitSettings, fmt.Errorf("nobody may be told now: %s; the next run that tells tells what the letters were to tell", silent)}
	}
	return nil
}

func (c *replayCommand) onMachine(ctx context.Context, p *process) error {
	m, err := c.here(p, c.Ledger, file.Options{})
	if err != nil {
		return err
	}
	defer m.close()
	chosen, err := keptLetters(ctx, ledger.New(m.Store, p.now), c.choose())
	if err != nil {
		return err
	}
	replayed, err := m.Replay(ctx, chosen)
	m.progress.close()
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	if c.JSON {
		if err := writeJSON(p.stdout, replayed); err != nil {
			return err
		}
	} else {
		u := replayed.Usage
		fmt.Fprintf(p.stdout, "Letters: %d delivered, %d left.  Counts: %d posted, %d unchanged, %d not mapped, %d mapping lost, %d superseded\n",
			replayed.Delivered, replayed.Left, u.Posted, u.Unchanged, u.Unmapped, u.Lost, u.Superseded)
	}
	if err != nil {
		return &exitError{exitUndelivered, err}
	}
	return nil
}

func keptLetters(ctx context.Context, book *ledger.Ledger, choose letters.Select) ([]ledger.Letter, error) {
	all, err := book.Letters(ctx)
	if err != nil {
		return nil, err
	}
	var chosen []ledger.Letter
	for _, l := range all {
		if choose.Takes(letters.Kept(l)) {
			chosen = append(chosen, l)
		}
	}
	return chosen, nil
}
