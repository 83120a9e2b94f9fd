package autotask

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// besidePages is what a read of items needs beside its pages: counts before and after, the walkers' last pages, and some
// repairs.
const besidePages = 12

// RequestsFor estimates how many requests it takes to read so many items.
func RequestsFor(items int64) int64 { return (items+pageSize-1)/pageSize + besidePages }

// Allowance is what a run may send of the requests that the tenant has in an hour, and what it needs.
type Allowance struct {
	Login   Budget        // as of the login
	Percent int64         // of what is left, as set; 0: no limit of our own
	Allowed int64         // requests after the login, of what was left then
	Needed  int64         // requests to read the items, estimated; 0 before the items were counted
	Waits   bool          // whether a read that needs more waits, or stops
	Waited  time.Duration // so far
}

// Allowance tells how this run stands with the tenant's hour. Before the login it is empty.
func (c *Client) Allowance() Allowance {
	s := &c.share
	s.mu.Lock()
	defer s.mu.Unlock()
	return Allowance{
		Login: s.login, Percent: min(s.percent, 100), Allowed: s.first, Needed: s.needed,
		Waits: c.config.WaitForBudget, Waited: s.waited,
	}
}

// A waiting run looks at the hour again after a while, ever less often, since each look is itself a request of the hour.
const (
	firstLook = time.Minute
	maxLook   = 10 * time.Minute
)

// share is a run's part of the tenant's hour. What this run itself has used counts against its part: asking anew does not
// make it larger.
type share struct {
	turn chan struct{} // who holds it asks the vendor, or waits; the others wait for him

	mu      sync.Mutex
	percent int64
	login   Budget
	budget  Budget // as of asked
	asked   int64  // requests sent when the budget was read
	own     int64  // of budget.Used, this run's since its login
	first   int64  // requests allowed at the login
	needed  int64  // to read the items
	waited  time.Duration
	sent    []sent
}

// sent is how many requests had been sent at a time.
type sent struct {
	at time.Time
	n  int64
}

// begin starts a share at the login.
func (s *share) begin(b Budget, percent, requests int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login, s.budget, s.percent, s.asked, s.own = b, b, percent, requests, 0
	s.sent = []sent{{time.Now(), requests}}
	s.first = min(s.allowed(), b.Left())
}

// renew takes in what the vendor says of its hour now.
func (s *share) renew(b Budget, requests int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := time.Now().Add(-b.Window)
	old := s.sent[0].n
	for _, x := range s.sent {
		if !x.at.After(since) {
			old = x.n
		}
	}
	s.budget, s.asked, s.own = b, requests, min(requests-old, b.Used)
}

// whole is this run's part of an hour of which others use so many requests.
func (s *share) whole(others int64) int64 {
	return max(0, s.budget.Limit-others) * min(s.percent, 100) / 100
}

// allowed is how many requests may follow the reading of the budget; without a limit of our own, more than anyone sends.
func (s *share) allowed() int64 {
	if s.percent <= 0 || s.budget.Limit <= 0 {
		return math.MaxInt64
	}
	return max(0, s.whole(s.budget.Used-s.own)-s.own)
}

// left is how many of them are left after so many requests.
func (s *share) left(requests int64) int64 { return s.allowed() - (requests - s.asked) }

// note keeps count of what was sent when, a minute apart.
func (s *share) note(requests int64) {
	if now := time.Now(); now.Sub(s.sent[len(s.sent)-1].at) >= time.Minute {
		s.sent = append(s.sent, sent{now, requests})
	}
}

// fits tells, before items are read, whether this run has the requests and the time to read so many.
func (c *Client) fits(ctx context.Context, items int64) error {
	needed := RequestsFor(items)
	c.share.mu.Lock()
	c.share.needed = needed
	c.share.mu.Unlock()
	if err := c.inTime(ctx, needed, 0); err != nil {
		return err
	}
	return c.afford(ctx, needed, 0)
}

// goOn tells, before a page is read, whether this run has the request and the time for the rest; done is how many requests
// the read has taken so far.
func (c *Client) goOn(ctx context.Context, done int64) error {
	s := &c.share
	s.mu.Lock()
	rest, used := max(1, s.needed-done), false
	if len(s.sent) > 0 { // else nobody has logged in
		s.note(c.Requests())
		used = s.left(c.Requests()) <= 0
	}
	s.mu.Unlock()
	if used {
		if !c.config.WaitForBudget {
			return c.over(rest, done, whyStop)
		}
		if err := c.afford(ctx, rest, done); err != nil {
			return err
		}
	}
	return c.inTime(ctx, rest, done)
}

// afford tells whether so many more requests are within this run's share, or waits until they are.
func (c *Client) afford(ctx context.Context, needed, done int64) error {
	s := &c.share
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	pause := firstLook
	for waited := time.Duration(0); ; pause = min(2*pause, maxLook) {
		s.mu.Lock()
		goal, left, whole, window := needed, s.left(c.Requests()), s.whole(0), s.budget.Window
		s.mu.Unlock()
		deadline, limited := ctx.Deadline()
		if c.config.WaitForBudget && !limited {
			// What no hour allows is read in the course of several. A quarter is left for the looks at the hour.
			goal = min(goal, whole*3/4)
		}
		if limited {
			// As much again as the reading takes is kept for it, and for what follows.
			pause = min(pause, time.Until(deadline)-2*c.pace.reading(needed)-firstLook)
		}
		switch {
		case left >= goal:
			return nil
		case !c.config.WaitForBudget:
			return c.over(needed, done, whyStop)
		case limited && needed > whole:
			return c.over(needed, done, whyNever)
		case pause <= 0:
			return c.over(needed, done, whyNoTime)
		case waited > window:
			return c.over(needed, done, whyInVain)
		}
		if err := c.waitForBudget(ctx, pause); err != nil {
			return err
		}
		waited += pause
	}
}

// waitForBudget lets a while pass and asks how the hour stands then.
func (c *Client) waitForBudget(ctx context.Context, pause time.Duration) error {
	const reason = "the others leave too little of the hour (AUTOTASK_OVER_BUDGET=wait)"
	if c.config.OnWait != nil {
		c.config.OnWait(reason, pause)
	}
	if c.config.Log != nil {
		c.config.Log.InfoContext(ctx, "waiting for Autotask's hour", "reason", reason, "waitSeconds", int64(pause.Seconds()))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	c.share.mu.Lock()
	c.share.waited += pause
	c.share.mu.Unlock()
	budget, err := c.Budget(ctx)
	var full *vendorapi.Error
	if errors.As(err, &full) && full.Status == http.StatusTooManyRequests {
		return nil // the others have used all of it: nothing new
	}
	if err != nil {
		return err
	}
	c.share.renew(budget, c.Requests())
	return nil
}

// Why a read is over its share, for people.
const (
	whyStop   = "run again when the others are quiet, in WINDOW at the latest, raise AUTOTASK_BUDGET_PERCENT, or let runs wait (AUTOTASK_OVER_BUDGET=wait)"
	whyNever  = "no hour allows so many, and the run's own time ends before the next: raise AUTOTASK_BUDGET_PERCENT, or run on one machine, where a run may take hours"
	whyNoTime = "the run's own time does not allow it to wait any longer: run again when the others are quiet, raise AUTOTASK_BUDGET_PERCENT, or run on one machine, where a run may wait"
	whyInVain = "waiting for WINDOW did not help: move the run to an hour in which the others are quiet, or raise AUTOTASK_BUDGET_PERCENT"
)

// BudgetError says that reading the items takes more of the tenant's requests than Config.BudgetPercent leaves us, and that
// waiting is not wanted or does not help. Nothing may be concluded from such a read.
type BudgetError struct {
	Needed  int64         // requests, estimated; on the way, for the rest
	Allowed int64         // requests of this run, of what was left when the budget was read
	Used    int64         // by the read when it was stopped; 0: before items were read
	Waited  time.Duration // in all
	Percent int64
	Budget  Budget // as it was read last
	why     string
}

func (c *Client) over(needed, done int64, why string) error {
	s := &c.share
	s.mu.Lock()
	defer s.mu.Unlock()
	return &BudgetError{
		Needed: needed, Allowed: s.allowed(), Used: done, Waited: s.waited, Percent: min(s.percent, 100), Budget: s.budget,
		why: strings.ReplaceAll(why, "WINDOW", minutes(s.budget.Window)),
	}
}

func (e *BudgetError) Error() string {
	what := fmt.Sprintf("reading the items needs about %d requests", e.Needed)
	if e.Used > 0 {
		what = fmt.Sprintf("reading the items was stopped after %d requests, about %d before its end", e.Used, e.Needed)
	}
	waited := ""
	if e.Waited > 0 {
		waited = ", after a wait of " + minutes(e.Waited)
	}
	return fmt.Sprintf("Autotask: %s; this run may use %d%s: %d %% (AUTOTASK_BUDGET_PERCENT) of the %d that all integrations"+
		" had left of %d in %s; %s", what, e.Allowed, waited, e.Percent, e.Budget.Left(), e.Budget.Limit, minutes(e.Budget.Window), e.why)
}

func minutes(d time.Duration) string { return fmt.Sprintf("%d minutes", int64(d.Minutes())) }
