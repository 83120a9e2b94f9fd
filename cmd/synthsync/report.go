package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// Told is a count as the report shows it.
type Told struct {
	AccountID string       `json:"accountId"`
	Account   string       `json:"account"`
	Service   string       `json:"service"`
	State     ledger.State `json:"state"`
	Was       *int64       `json:"was,omitempty"`
	Units     int64        `json:"units"`
	Note      string       `json:"note,omitempty"`
	again     bool         // needs no hand: the next run tells it
}

// Report is the last run, and what the ledger says of it.
type Report struct {
	fetch.Result
	Open      int         `json:"open,omitempty"`   // of Due, on a stack: what has not come to an end, under way or a dead letter
	Untold    int         `json:"untold,omitempty"` // of Due, on a stack: what ended untold, since nobody was to be told
	Changed   []Told      `json:"changed"`          // what the run told and Synthesize took, where it differs from before
	Hand      ledger.Hand `json:"hand,omitzero"`    // what a person has decided for all runs
	NeedsHand []Told      `json:"needsHand"`        // not mapped, mapping lost, answer not known
	ToMap     []ToMap     `json:"toMap"`            // the accounts that a person has to map in Synthesize, the largest first
	NotTold   *NotTold    `json:"notTold,omitempty"`
}

// Run shows the last run.
func (c *reportCommand) Run(ctx context.Context, p *process) error {
	book, done, err := c.place.book(ctx, p, true)
	if err != nil {
		return err
	}
	defer done()
	run, ok, err := book.LastRun(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return &exitError{exitUndelivered, fmt.Errorf("the ledger has no run yet; start one with: synthsync run %s", c.place)}
	}
	report, err := reportOf(ctx, book, run)
	if err != nil {
		return err
	}
	if report.Hand, err = book.Hand(ctx); err != nil {
		return err
	}
	if report.NotTold, err = notTold(ctx, book); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, report)
	}
	if report.Hand != (ledger.Hand{}) {
		renderHand(p, report.Hand)
	}
	report.render(p.stdout, c.place)
	return nil
}

func (r *Report) render(w io.Writer, where place) {
	renderResult(w, r.Result)
	r.renderDelivery(w, where)
	if r.NotTold != nil {
		fmt.Fprintf(w, "Attention: %s %s\n", clean(r.NotTold.String()), where)
	}
	renderTold(w, "Changed by this run:", r.Changed)
	var hand, again []Told
	for _, t := range r.NeedsHand {
		if t.again {
			again = append(again, t)
		} else {
			hand = append(hand, t)
		}
	}
	renderTold(w, "Needs a hand:", hand)
	renderTold(w, "Needs none, the next run tells it again:", again)
	renderToMap(w, r.ToMap, where.String())
}

func reportOf(ctx context.Context, book *ledger.Ledger, run ledger.Run) (Report, error) {
	var r Report
	if len(run.Report) > 0 {
		if err := json.Unmarshal(run.Report, &r.Result); err != nil {
			return r, fmt.Errorf("read the record of run %s: %w", run.ID, err)
		}
	} else {
		r.Result = fetch.Result{RunID: run.ID, ObservedAt: run.ObservedAt, State: fetch.StateFailed, Mode: run.Mode, Reason: "the run was cut off before it could say more"}
	}
	if unended(run) {
		var err error
		if r.State, r.Reason, err = stateOf(ctx, book, run); err != nil {
			return r, err
		}
	}
	if err := r.delivery(ctx, book, run); err != nil {
		return r, err
	}
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return r, err
	}
	services, err := book.Services(ctx)
	if err != nil {
		return r, err
	}
	r.Changed, r.NeedsHand = []Told{}, []Told{}
	for _, id := range slices.SortedFunc(maps.Keys(accounts), byNumber) {
		for _, s := range services.List {
			r.pair(accounts[id], s, run)
		}
	}
	r.ToMap = worklist(accounts, services, run, r.Attention)
	return r, nil
}

func byNumber(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX != nil || errY != nil:
		return strings.Compare(a, b)
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func (r *Report) pair(a ledger.Account, s ledger.Service, run ledger.Run) {
	p := a.Pair(s)
	told := Told{AccountID: a.ID, Account: a.Name, Service: s.Name, State: p.State, Was: p.Was, Units: p.Units}
	if p.State == ledger.Told && p.ObservedAt.Equal(run.ObservedAt) && (p.Was == nil || *p.Was != p.Units) {
		r.Changed = append(r.Changed, told)
	}
	switch {
	case a.Released && p.NoMap:
		return // nobody is billed, so nobody has to map it: the run says that it may stand
	case p.Lost():
		told.Units, told.Note = p.TriedUnits, "mapping lost: map account and service in Synthesize again"
	case p.NoMap && p.TriedUnits > 0:
		told.Units, told.Note = p.TriedUnits, "not mapped: map account and service in Synthesize"
	case p.State == ledger.MaybeTold:
		told.again, told.Note = true, "the answer never came to one try of it: an earlier count may stand"
	default:
		return
	}
	r.NeedsHand = append(r.NeedsHand, told)
}

func renderTold(w io.Writer, title string, rows []Told) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	t := newTable(w, "Account", "Id", "Service", "Was", "Units", "Note")
	for _, r := range rows[:min(len(rows), listed*4)] {
		was := "-"
		if r.Was != nil {
			was = fmt.Sprint(*r.Was)
		}
		t.AppendRow(table.Row{clean(r.Account), r.AccountID, clean(r.Service), was, r.Units, r.Note})
	}
	t.Render()
	if more := len(rows) - listed*4; more > 0 {
		fmt.Fprintf(w, "… and %d more; --json lists them\n", more)
	}
}

// unknown stands in a table for what could not be asked.
const unknown = "-"

// accountsLine says how many of the accounts are mapped. Synthesize does not say it of all.
func accountsLine(s local.SynthesizeChecked) string {
	line := fmt.Sprintf("%d accounts: %d mapped, %d not", s.Accounts, s.Mapped, s.Unmapped)
	if s.NotSaid > 0 {
		line += fmt.Sprintf("; of %d it does not say", s.NotSaid)
	}
	return line
}

// renderChecked shows a check. What is to be mapped is shown after it.
func renderChecked(w io.Writer, c local.Checked, toMap []ToMap) {
	t := newTable(w, "", "Autotask", "Synthesize")
	t.AppendRow(table.Row{"Login", yesNo(c.Autotask.OK), yesNo(c.Synthesize.OK)})
	row := func(what, autotask, synthesize string) {
		if !c.Autotask.OK {
			autotask = unknown
		}
		if !c.Synthesize.OK {
			synthesize = unknown
		}
		t.AppendRow(table.Row{what, autotask, synthesize})
	}
	row("Who", clean(c.Autotask.Tenant), clean(c.Synthesize.Organization))
	row("Where", fmt.Sprintf("zone %s, database %d", clean(c.Autotask.Zone), c.Autotask.Database), fmt.Sprintf("integration %s, %s", clean(c.Synthesize.Integration), c.Synthesize.Status))
	row("Has", fmt.Sprintf("%d companies, %d active items", c.Autotask.Companies, c.Autotask.Items), accountsLine(c.Synthesize))
	row("Budget", fmt.Sprintf("%d of %d requests of the hour used", c.Autotask.Used, c.Autotask.Limit), "100 requests a second")
	if c.Autotask.OK {
		t.AppendRow(table.Row{"A run", shareLine(c.Autotask.Budget), ""})
	}
	t.Render()
	rules := newTable(w, "Rule", "At Synthesize", "Note")
	for _, r := range c.Rules {
		stands := yesNo(r.Standing)
		if r.Unknown {
			stands = unknown
		}
		rules.AppendRow(table.Row{clean(r.Service), stands, r.Note})
	}
	rules.Render()
	if len(c.Advice) == 0 && len(toMap) == 0 {
		fmt.Fprintln(w, "Nothing needs a hand.")
	}
	for _, a := range c.Advice {
		fmt.Fprintln(w, " *", clean(a))
	}
}

func yesNo(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}
