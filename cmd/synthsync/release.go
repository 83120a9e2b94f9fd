package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/synthsync/synthsync/shared/ledger"
)

type releaseCommand struct {
	place
	Reason  string `placeholder:"TEXT" help:"Why, in your words; recorded with your name."`
	Company string `arg:"" help:"The company: its id in Autotask, or its whole name."`
	Undo    bool   `help:"Take the word back: the company is told as usual again."`
	Yes     bool   `help:"Do not ask."`
}

// Run ends a company.
func (c *releaseCommand) Run(ctx context.Context, p *process) error {
	if c.Undo && c.Reason == "" {
		c.Reason = "undone"
	}
	d, err := c.place.decide(ctx, p, c.Reason, false)
	if err != nil {
		return err
	}
	defer d.done()
	a, err := findAccount(ctx, d.book, c.Company)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("company %s (%q)", a.ID, clean(a.Name))
	if c.Undo {
		held, err := d.book.UndoRelease(ctx, a.ID, d.act)
		switch {
		case err != nil:
			return err
		case !held:
			return &exitError{exitSettings, fmt.Errorf("%s is not released", name)}
		}
		fmt.Fprintf(p.stdout, "The release of %s is taken back: the next run tells what it counts.\n", name)
		return nil
	}
	releases, err := d.book.Releases(ctx)
	if err != nil {
		return err
	}
	if r, ok := releases[a.ID]; ok {
		fmt.Fprintf(p.stdout, "%s is released already, by %s\n", name, clean(r.Word.String()))
		return nil
	}
	n, err := c.preview(ctx, p, d.book, a)
	if err != nil {
		return err
	}
	if n == 0 {
		return &exitError{exitSettings, fmt.Errorf("%s was never told anything above 0: there is nothing to end", name)}
	}
	question := fmt.Sprintf("The next complete read tells 0 for these %d counts of %s, once. Release it?", n, name)
	if a.Wanted {
		question = fmt.Sprintf("The last run found %s ACTIVE, WITH DEVICES. Released, it is told as 0 until its devices are gone. %s", name, question)
	}
	if err := p.ask(c.Yes, question); err != nil {
		return err
	}
	if _, err := d.book.Release(ctx, a.ID, a.Name, d.act); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s is released. Its counts become 0 with the next run: synthsync run %s\n", name, c.place)
	return nil
}

// preview shows what becomes 0.
func (c *releaseCommand) preview(ctx context.Context, p *process, book *ledger.Ledger, a ledger.Account) (int, error) {
	services, err := book.Services(ctx)
	if err != nil {
		return 0, err
	}
	t := newTable(p.stdout, "Service", "Told", "Becomes")
	n := 0
	for _, s := range services.List {
		pair := a.Pair(s)
		if !pair.MayStandAboveZero() {
			continue
		}
		told := "?"
		if pair.State == ledger.Told {
			told = fmt.Sprint(pair.Units)
		}
		t.AppendRow(table.Row{clean(s.Name), told, 0})
		n++
	}
	if n > 0 {
		t.Render()
	}
	return n, nil
}

// findAccount finds a company by its id or its whole name.
func findAccount(ctx context.Context, book *ledger.Ledger, company string) (ledger.Account, error) {
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return ledger.Account{}, err
	}
	if a, ok := accounts[company]; ok {
		return a, nil
	}
	var found []string
	for id, a := range accounts {
		if strings.EqualFold(strings.TrimSpace(a.Name), strings.TrimSpace(company)) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return ledger.Account{}, &exitError{exitSettings, fmt.Errorf("company %q was never told anything: the ledger has no account of this id or name", company)}
	case 1:
		return accounts[found[0]], nil
	}
	slices.SortFunc(found, byNumber)
	return ledger.Account{}, &exitError{exitSettings, fmt.Errorf("%d companies are called %q: give the id, one of %s", len(found), company, strings.Join(found, ", "))}
}
