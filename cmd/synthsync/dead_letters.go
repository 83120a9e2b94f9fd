package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

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
	place
	lettersMeant
	JSON bool `name:"json" help:"One JSON object on stdout instead of a table."`
}

type replayCommand struct {
	common
	place
	lettersMeant
	Rate   int  `default:"10" help:"Letters a second that go back to a stack's queues. The functions hold the vendor's limit by themselves."`
	DryRun bool `help:"Show what a replay would do, and send nothing."`
}

type discardLettersCommand struct {
	place
	lettersMeant
	Yes bool `help:"Do it. Without it, what would be deleted is shown."`
}

// Run lists.
func (c *listLettersCommand) Run(ctx context.Context, p *process) error {
	listing, err := listLetters(ctx, p, c.place, c.choose())
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, listing)
	}
	renderLetters(p.stdout, listing, p.now())
	return nil
}

func listLetters(ctx context.Context, p *process, where place, choose letters.Select) (letters.Listing, error) {
	if where.Stack != "" {
		d, err := desk(ctx, p, where)
		if err != nil {
			return letters.Listing{}, err
		}
		return d.List(ctx, choose)
	}
	book, done, err := where.book(ctx, p, true)
	if err != nil {
		return letters.Listing{}, err
	}
	defer done()
	return letters.ListKept(ctx, book, choose)
}

func desk(ctx context.Context, p *process, where place) (*letters.Desk, error) {
	s, err := where.open(ctx, where.Stack)
	if err != nil {
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
		list := listLettersCommand{place: c.place, lettersMeant: c.lettersMeant, JSON: c.JSON}
		return list.Run(ctx, p)
	}
	if c.Stack == "" {
		return c.onMachine(ctx, p)
	}
	if err := c.refuseOnStack(); err != nil {
		return err
	}
	d, err := desk(ctx, p, c.place)
	if err != nil {
		return err
	}
	moved, err := d.Replay(ctx, c.choose(), c.Rate)
	if c.JSON {
		if err := writeJSON(p.stdout, moved); err != nil {
			return err
		}
	} else {
		renderMoved(p.stdout, moved, c.place)
	}
	switch {
	case err != nil:
		return &exitError{exitUndelivered, fmt.Errorf("%w; nothing is lost: replay again", err)}
	case moved.Skipped+moved.Behind > 0:
		return &exitError{exitUndelivered, errors.New("some letters are still there")}
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
	listing, err := listLetters(ctx, p, c.place, choose)
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
	if c.Stack != "" {
		d, err := desk(ctx, p, c.place)
		if err != nil {
			return 0, err
		}
		return d.Discard(ctx, choose)
	}
	book, done, err := c.place.book(ctx, p, false)
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

func renderLetters(w io.Writer, listing letters.Listing, now time.Time) {
	if len(listing.Letters) == 0 {
		fmt.Fprintln(w, "No dead letters.")
	} else {
		t := newTable(w, "Letter", "Queue", "Company", "Run", "Age", "Tried", "Why it died", "A replay now")
		t.SetColumnConfigs([]table.ColumnConfig{
			{Number: 7, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}, {Number: 8, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft},
		})
		for _, l := range listing.Letters[:min(len(listing.Letters), listed*4)] {
			company := l.Company
			if l.Name != "" {
				company += " (" + clean(l.Name) + ")"
			}
			t.AppendRow(table.Row{l.ID, l.Queue, company, l.RunID, age(l, now), l.Receives, clean(l.Reason), clean(l.Verdict.Text)})
		}
		t.Render()
	}
	if more := len(listing.Letters) - listed*4; more > 0 {
		fmt.Fprintf(w, "… and %d more; --json lists them\n", more)
	}
	if listing.Unseen > 0 {
		fmt.Fprintf(w, "About %d more cannot be seen now: they wait behind others of their company, or another look holds them.\n", listing.Unseen)
	}
	sums := map[letters.Outcome]int{}
	for _, l := range listing.Letters {
		sums[l.Verdict.Outcome]++
	}
	for _, o := range []letters.Outcome{letters.Posts, letters.Makes, letters.Waits, letters.Unchanged, letters.Superseded, letters.Dies, letters.NotMoved} {
		if sums[o] > 0 {
			fmt.Fprintf(w, "%s: %d  ", o, sums[o])
		}
	}
	if len(sums) > 0 {
		fmt.Fprintln(w)
	}
}

// age is how long ago a letter was sent, as far as known.
func age(l letters.Letter, now time.Time) string {
	at := l.SentAt
	if at.IsZero() {
		at = l.DiedAt
	}
	if at.IsZero() {
		return "?"
	}
	return now.Sub(at).Round(time.Minute).String()
}

func renderMoved(w io.Writer, m letters.Moved, where place) {
	fmt.Fprintf(w, "%d letters are on their queues again", m.Sent)
	if m.ByTask > 0 {
		fmt.Fprintf(w, " (%d moved by the queue service itself)", m.ByTask)
	}
	fmt.Fprintf(w, ", %d left", m.Left)
	if m.Skipped > 0 {
		fmt.Fprintf(w, ", %d of them unreadable: look with list, delete with discard", m.Skipped)
	}
	if m.Behind > 0 {
		fmt.Fprintf(w, ", about %d could not be seen: replay again", m.Behind)
	}
	fmt.Fprintln(w, ".")
	if m.Sent > 0 {
		fmt.Fprintf(w, "What becomes of them: synthsync report %s, and synthsync dead-letters list %s\n", where, where)
	}
}
