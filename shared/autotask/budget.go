package autotask

import (
	"fmt"
	"math"
	"time"
)

// What a read of items needs beside its pages: counts before and after, the walkers' last pages, and some repairs.
const besidePages = 12

// BudgetError says that reading the items would take more of the tenant's requests than Config.BudgetPercent leaves us;
// or, with Used set, that the read was stopped since it had taken as much. Nothing may be concluded from such a read.
type BudgetError struct {
	Needed  int64 // requests, estimated
	Allowed int64 // requests of one run, of what was left at the login
	Used    int64 // by this run when it was stopped; 0: before items were read
	Percent int64
	Budget  Budget // as of the login
}

func (e *BudgetError) Error() string {
	what := fmt.Sprintf("reading the items needs about %d requests", e.Needed)
	if e.Used > 0 {
		what = fmt.Sprintf("reading the items was stopped after %d requests", e.Used)
	}
	return fmt.Sprintf("Autotask: %s; this run may use %d: %d %% (AUTOTASK_BUDGET_PERCENT) of the %d that all integrations"+
		" had left of %d in %s; run again when the others are quiet, in %s at the latest, or raise AUTOTASK_BUDGET_PERCENT",
		what, e.Allowed, e.Percent, e.Budget.Left(), e.Budget.Limit, minutes(e.Budget.Window), minutes(e.Budget.Window))
}

func minutes(d time.Duration) string { return fmt.Sprintf("%d minutes", int64(d.Minutes())) }

// allowance is what one run may send after its login.
type allowance struct {
	budget  Budget
	percent int64
	begun   int64 // requests sent when the budget was read
}

// allowed is how many requests that is; without a limit of our own, more than anyone sends.
func (a allowance) allowed() int64 {
	if a.percent <= 0 || a.budget.Limit <= 0 {
		return math.MaxInt64
	}
	return a.budget.Left() * min(a.percent, 100) / 100
}

func (a allowance) failed(needed, used int64) error {
	return &BudgetError{Needed: needed, Allowed: a.allowed(), Used: used, Percent: min(a.percent, 100), Budget: a.budget}
}

// fits tells, before items are read, whether their read stays within the allowance.
func (c *Client) fits(items int64) error {
	a := c.allowed()
	sent := c.Requests() - a.begun
	needed := (items+pageSize-1)/pageSize + besidePages
	if needed > a.allowed()-sent {
		return a.failed(needed, 0)
	}
	return nil
}

// within tells, before a request of the read, whether the allowance lasts.
func (c *Client) within() error {
	a := c.allowed()
	if used := c.Requests() - a.begun; used >= a.allowed() {
		return a.failed(0, used)
	}
	return nil
}

func (c *Client) allowed() allowance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.allowance
}
