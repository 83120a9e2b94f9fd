package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// CheckedStack is what a check of a deployed stack found.
type CheckedStack struct {
	Stack   string          `json:"stack"`
	Region  string          `json:"region"`
	Mode    string          `json:"mode"`
	Reads   bool            `json:"reads"` // a dry run came through
	Plan    *fetch.Result   `json:"plan,omitempty"`
	LastRun *ledger.Run     `json:"lastRun,omitempty"`
	Queues  []letters.Depth `json:"queues"`
	ToMap   []ToMap         `json:"toMap"`  // as in Report
	Advice  []string        `json:"advice"` // what needs a hand, each with what to do
	Failed  bool            `json:"failed"` // a run would fail as things stand, or something was not delivered
}

func (c *CheckedStack) advise(format string, args ...any) {
	c.Advice = append(c.Advice, fmt.Sprintf(format, args...))
}

func (c *CheckedStack) fail(format string, args ...any) {
	c.Failed = true
	c.advise(format, args...)
}

// onStack has the stack plan, which proves its login at Autotask, and reads its ledger and its queues. It changes nothing.
func (c *checkCommand) onStack(ctx context.Context, p *process) error {
	if err := c.refuseOnStack(); err != nil {
		return err
	}
	s, err := c.open(ctx, c.Stack)
	if err != nil {
		return err
	}
	where := c.place()
	checked := CheckedStack{Stack: c.Stack, Region: s.Region, Mode: s.Mode(), Advice: []string{}}
	if err := checked.plan(ctx, s); err != nil {
		return err
	}
	if err := checked.ledger(ctx, s.Ledger(p.now), where); err != nil {
		return err
	}
	if err := checked.queues(ctx, s, where, p.now); err != nil {
		return err
	}
	if checked.ToMap, err = where.worklist(ctx, p); err != nil {
		return err
	}
	hand, err := s.Ledger(p.now).Hand(ctx)
	if err != nil {
		return err
	}
	checked.Mode = hand.ModeOr(checked.Mode)
	if checked.Mode == fetch.ModeObserve {
		checked.advise("The stack observes and tells Synthesize nothing. When the plan is right: synthsync mode post %s", where)
	}
	if hand.Hold.On {
		checked.advise("Posting is on hold by %s; it goes on with: synthsync resume %s", hand.Hold, where)
	}
	if c.JSON {
		err = writeJSON(p.stdout, checked)
	} else {
		renderCheckedStack(p.stdout, checked)
		renderToMap(p.stdout, checked.ToMap, where.String())
	}
	if err == nil && checked.Failed {
		return &exitError{exitUndelivered, errors.New("the stack needs a hand")}
	}
	return err
}

func (c *CheckedStack) plan(ctx context.Context, s *stack.Stack) error {
	result, err := s.Invoke(ctx, fetch.Event{DryRun: true})
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	var failed *stack.InvocationError
	switch {
	case errors.As(err, &failed):
		c.fail("Autotask: %v", failed)
		return nil
	case err != nil:
		return err
	}
	c.Reads, c.Plan = true, &result
	if result.State == fetch.StateHeld {
		c.fail("A run would be held: %s", result.Reason)
	}
	if b := result.Budget; b.Used*2 > b.Limit {
		c.advise("Autotask: %d of %d requests of the hour are used, by all integrations together", b.Used, b.Limit)
	}
	for _, a := range result.Attention {
		c.advise("[%s] %s", a.Kind, a.Text)
	}
	return nil
}

func (c *CheckedStack) ledger(ctx context.Context, book *ledger.Ledger, where place) error {
	if not, err := notTold(ctx, book); err != nil {
		return err
	} else if not != nil {
		c.advise("Attention: %s %s", not, where)
	}
	run, ok, err := book.LastRun(ctx)
	if err != nil {
		return err
	}
	if !ok {
		c.advise("No run yet: start one with: synthsync run %s", where)
		return nil
	}
	run.Report, run.Baseline = nil, nil
	if unended(run) {
		if run.State, run.Reason, err = stateOf(ctx, book, run); err != nil {
			return err
		}
	}
	c.LastRun = &run
	switch run.State {
	case fetch.StateReading, fetch.StateQueued:
		c.advise("The last run is not done: %s", run.Reason)
	case fetch.StateHeld:
		c.fail("The last run was held: %s", run.Reason)
	case fetch.StateFailed:
		c.fail("The last run failed: %s", run.Reason)
	}
	for _, vendor := range []string{ledger.Autotask, ledger.Synthesize} {
		refused, ok, err := book.LastRefusal(ctx, vendor)
		if err != nil {
			return err
		}
		if ok && refused.ObservedAt.Equal(run.ObservedAt) {
			c.fail("%v", &refused)
		}
	}
	return nil
}

func (c *CheckedStack) queues(ctx context.Context, s *stack.Stack, where place, now func() time.Time) error {
	desk := letters.Desk{Boxes: s.Boxes(), Now: now}
	depths, err := desk.Depths(ctx)
	if err != nil {
		return err
	}
	c.Queues = depths
	for _, d := range depths {
		if d.Dead > 0 {
			c.fail("%d dead letters of %s: synthsync dead-letters list %s", d.Dead, d.Queue, where)
		}
	}
	return nil
}

func renderCheckedStack(w io.Writer, c CheckedStack) {
	fmt.Fprintf(w, "Stack %s in %s, mode %s. Reads Autotask: %s\n", c.Stack, c.Region, c.Mode, yesNo(c.Reads))
	if c.LastRun != nil {
		fmt.Fprintf(w, "Last run %s, observed %s: %s\n", c.LastRun.ID, c.LastRun.ObservedAt.Format("2006-01-02 15:04:05 MST"), c.LastRun.State)
	}
	if c.Plan != nil {
		fmt.Fprintf(w, "A run now would read %d companies and %d items, and tell %d counts\n", c.Plan.Read.Companies, c.Plan.Read.Items, c.Plan.Due)
		if c.Plan.Budget.Limit > 0 {
			fmt.Fprintf(w, "Autotask's hour: %d of %d requests used; reading the items %s\n", c.Plan.Budget.Used, c.Plan.Budget.Limit, shareLine(c.Plan.Budget))
		}
		renderServices(w, c.Plan.Services)
	}
	t := newTable(w, "Queue", "On their way", "Dead letters")
	for _, d := range c.Queues {
		t.AppendRow(table.Row{d.Queue, d.Waiting, d.Dead})
	}
	t.Render()
	if len(c.Advice) == 0 && len(c.ToMap) == 0 {
		fmt.Fprintln(w, "Nothing needs a hand.")
	}
	for _, a := range c.Advice {
		fmt.Fprintln(w, " *", clean(a))
	}
}
