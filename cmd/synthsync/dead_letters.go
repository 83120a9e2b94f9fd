package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

type deadLettersCommand struct {
	List    listLettersCommand    `cmd:"" help:"Show what was not delivered: why, and what a replay would do now. Hides nothing from others."`
	Replay  replayCommand         `cmd:"" help:"Deliver again what was not delivered. What a newer run has said since stays."`
	Discard discardLettersCommand `cmd:"" help:"Delete dead letters for good. What they were to tell, the next run tells."`
}

// lettersMeant says which letters.
type lettersMeant struct {
	Company string   `placeholder:"ID" help:"Only the letters of this company."`
	ID      []string `name:"id" placeholder:"ID" help:"Only this letter; may be given more than once."`
	Queue   string   `placeholder:"NAME" enum:",usage,accounts,runs,schedules" default:"" help:"Only the letters of this queue: usage, accounts, runs, schedules."`
}

func (m lettersMeant) choose() letters.Select {
	s := letters.Select{Company: m.Company, Queue: letters.Queue(m.Queue), IDs: map[string]bool{}}
	for _, id := range m.ID {
		s.IDs[id] = true
	}
	return s
}

type listLettersCommand struct {
	lettersPlace
	lettersMeant
	JSON bool `name:"json" help:"One JSON object on stdout instead of a table."`
}

type replayCommand struct {
	common
	lettersPlace
	lettersMeant
	Rate   int  `default:"10" help:"Letters a second that go back to a stack's queues. The functions hold the vendor's limit by themselves."`
	DryRun bool `help:"Show what a replay would do, and send nothing."`
}

type discardLettersCommand struct {
	lettersPlace
	lettersMeant
	Yes bool `help:"Do it. Without it, what would be deleted is shown."`
}

// Run lists.
func (c *listLettersCommand) Run(ctx context.Context, p *process) error {
	listing, err := listLetters(ctx, p, c.lettersPlace, c.choose())
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, listing)
	}
	renderLetters(p.stdout, listing, p.now())
	return nil
}

func listLetters(ctx context.Context, p *process, where lettersPlace, choose letters.Select) (letters.Listing, error) {
	d, err := desk(ctx, p, where)
	if err != nil {
		return letters.Listing{}, err
	}
	if d != nil {
		return d.List(ctx, choose)
	}
	book, done, err := where.place().book(ctx, p, true)
	if err != nil {
		return letters.Listing{}, err
	}
	defer done()
	return letters.ListKept(ctx, book, choose)
}

// desk is the hand on a stack's letters; nil for a ledger on this machine.
func desk(ctx context.Context, p *process, where lettersPlace) (*letters.Desk, error) {
	s, err := where.atAWS(ctx)
	if err != nil || s == nil {
		return nil, err
	}
	return &letters.Desk{
		Boxes: s.Boxes(), Book: s.Ledger(p.now), Now: p.now, NewID: rand.Text,
		Say: func(format string, args ...any) { fmt.Fprintf(p.stderr, format+"\n", args...) },
	}, nil
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
	config, err := c.load(p)
	if err != nil {
		return err
	}
	store, err := openLedger(c.Ledger, file.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	book := ledger.New(store, p.now)
	chosen, err := keptLetters(ctx, book, c.choose())
	if err != nil {
		return err
	}
	progress := newProgress(p.stderr)
	defer progress.close()
	config.Store, config.Progress = store, progress
	replayed, err := (&local.Machine{Config: config}).Replay(ctx, chosen)
	progress.close()
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

// Run discards.
func (c *discardLettersCommand) Run(ctx context.Context, p *process) error {
	choose := c.choose()
	if choose.All() {
		return &exitError{exitSettings, errors.New("say which letters: --id ID, --company ID or --queue NAME")}
	}
	listing, err := listLetters(ctx, p, c.lettersPlace, choose)
	if err != nil {
		return err
	}
	if !c.Yes {
		renderLetters(p.stdout, listing, p.now())
		return &exitError{exitSettings, fmt.Errorf("nothing was deleted: add --yes to delete %d letters for good", len(listing.Letters))}
	}
	n, err := c.discard(ctx, p, choose, listing)
	fmt.Fprintf(p.stdout, "%d letters deleted\n", n)
	return err
}

func (c *discardLettersCommand) discard(ctx context.Context, p *process, choose letters.Select, listing letters.Listing) (int, error) {
	d, err := desk(ctx, p, c.lettersPlace)
	if err != nil {
		return 0, err
	}
	if d != nil {
		return d.Discard(ctx, choose)
	}
	book, done, err := c.place().book(ctx, p, false)
	if err != nil {
		return 0, err
	}
	defer done()
	for i, l := range listing.Letters {
		if err := book.DropLetter(ctx, l.ID); err != nil {
			return i, err
		}
	}
	return len(listing.Letters), nil
}
