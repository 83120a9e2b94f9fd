package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/synthsync/synthsync/shared/ledger"
)

type logCommand struct {
	place
	JSON bool `name:"json" help:"One JSON object on stdout instead of a table."`
	Last int  `default:"0" placeholder:"N" help:"Only the newest N."`
}

// Run shows who did what.
func (c *logCommand) Run(ctx context.Context, p *process) error {
	book, done, err := c.place.book(ctx, p, true)
	if err != nil {
		return err
	}
	defer done()
	acts, err := book.Acts(ctx)
	if err != nil {
		return err
	}
	if c.Last > 0 && len(acts) > c.Last {
		acts = acts[len(acts)-c.Last:]
	}
	if c.JSON {
		return writeJSON(p.stdout, struct {
			Acts []ledger.Act `json:"acts"`
		}{acts})
	}
	t := newTable(p.stdout, "When", "Who", "What", "Of", "Why", "Detail", "Rules", "Version")
	t.SetColumnConfigs([]table.ColumnConfig{{Name: "Why", WidthMax: 40, WidthMaxEnforcer: text.WrapSoft}, {Name: "Detail", WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	for _, a := range acts {
		what := a.What
		if a.State != "" {
			what = fmt.Sprintf("%s: %s", a.What, a.State)
		}
		t.AppendRow(table.Row{a.At.UTC().Format("2006-01-02 15:04:05"), clean(a.Actor), what, clean(a.Target), clean(a.Reason), clean(a.Detail), a.Rules, a.Version})
	}
	t.Render()
	return nil
}
