package fetch

import (
	"fmt"

	"github.com/synthsync/synthsync/shared/ledger"
)

// An approved run passes if it agrees with what the person saw. Devices come and go between two nights, so a little may
// differ: 2 % of the count, the ordinary day of a large fleet, and 2 units, the ordinary day of a small one.
const (
	approvalPercent = 2
	approvalUnits   = 2
)

// spreadGroups is into how many groups companies are put, so that a fall at one company and a rise at another do not pass
// for the same total. A prime, since ids often grow by round steps.
const spreadGroups = 61

// spread is a service's units by groups of companies; those of all services if it is "".
func (f *fleet) spread(service string) []int64 {
	out := make([]int64, spreadGroups)
	for company, units := range f.units {
		group := ((company % spreadGroups) + spreadGroups) % spreadGroups
		for name, n := range units {
			if service == "" || name == service {
				out[group] += n
			}
		}
	}
	return out
}

// heldFor is a hold as the ledger keeps it for approval.
func (r *run) heldFor(h Hold) ledger.HeldFor {
	out := ledger.HeldFor{Key: h.key(), Text: h.Text, Was: h.Was, Now: h.Now}
	switch {
	case h.Company != "":
		out.Rule, out.RuleChange = h.Rule, h.RuleChange
		if id, ok := companyID(h.Company); ok {
			out.Services = r.fleet.units[id]
		}
	case h.ofService():
		out.Spread = r.fleet.spread(h.Service)
	case h.ofAll():
		out.Spread = r.fleet.spread("")
	}
	if out.Spread != nil {
		out.Now = 0 // the hold's own is none, or of items
		for _, units := range out.Spread {
			out.Now += units
		}
	}
	return out
}

// differsFrom says how far what was read now is from what a person approved, or "" if it is the same but for a little.
func differsFrom(approved, now ledger.HeldFor) string {
	margin := max(approvalUnits, approved.Now*approvalPercent/100)
	if far := distance(approved.Now, now.Now); far > margin {
		return fmt.Sprintf("approved were %d units, and now it is %d", approved.Now, now.Now)
	}
	if distance(approved.Was, now.Was) > max(approvalUnits, approved.Was*approvalPercent/100) {
		return fmt.Sprintf("approved was a change from %d, and now it is one from %d", approved.Was, now.Was)
	}
	if far := apart(approved.Services, now.Services); approved.Services != nil && far > margin {
		return fmt.Sprintf("approved were %d and now it is %d, but of other services: %d units differ", approved.Now, now.Now, far)
	}
	if len(approved.Spread) != len(now.Spread) {
		return ""
	}
	var far int64
	for i := range now.Spread {
		far += distance(approved.Spread[i], now.Spread[i])
	}
	if far > margin {
		return fmt.Sprintf("approved were %d and now it is %d, but at other companies: %d units differ", approved.Now, now.Now, far)
	}
	return ""
}

// apart sums by how much the units of each service differ.
func apart(a, b map[string]int64) (far int64) {
	for service, units := range a {
		far += distance(units, b[service])
	}
	for service, units := range b {
		if _, both := a[service]; !both {
			far += units
		}
	}
	return far
}

func distance(a, b int64) int64 {
	if a > b {
		return a - b
	}
	return b - a
}

// unapproved are the holds that no approval lets pass. What was approved and reads otherwise now says so.
func (r *run) unapproved(held ledger.Held, holds []Hold) (left, passed []Hold) {
	for _, h := range holds {
		approved, ok := held.For(h.key())
		if held.Approved == nil || !ok || h.Company == "" && !held.Base.Equal(r.base.ObservedAt) {
			left = append(left, h)
			continue
		}
		if far := differsFrom(approved, r.heldFor(h)); far != "" {
			h.unfit = held.RunID
			h.Text += fmt.Sprintf(" (run %s was approved by %s; %s)", held.RunID, held.Approved.Actor, far)
			left = append(left, h)
			continue
		}
		passed = append(passed, h)
	}
	return left, passed
}
