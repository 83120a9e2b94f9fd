package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
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
