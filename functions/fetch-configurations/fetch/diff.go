package fetch

import (
	"cmp"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
)

// RulesDiff is what other service rules would count, beside those in force, from one and the same read.
type RulesDiff struct {
	Hash     string        `json:"hash"`               // of the rules that are tried
	InForce  string        `json:"inForce"`            // of those in force
	Unusable string        `json:"unusable,omitempty"` // why those in force count nothing any more; then Was is what was told
	Services []ServiceDiff `json:"services"`
	Pairs    []PairDiff    `json:"pairs,omitempty"` // those whose count differs, the largest difference first; at most maxListed
	Differ   int           `json:"differ"`          // how many differ
}

// ServiceDiff is what becomes of one service.
type ServiceDiff struct {
	Service  string `json:"service"`
	Formerly string `json:"formerly,omitempty"` // its name by the rules in force, if that differs
	Was      *int64 `json:"was,omitempty"`      // units of all companies; none if no rule in force names it
	Now      *int64 `json:"now,omitempty"`      // none if no rule names it any more, or if it is retired
	What     string `json:"what"`
	Counted  string `json:"counted,omitempty"` // the types that the rule in force counts
	Counts   string `json:"counts,omitempty"`  // those that the new one counts
}

// What becomes of a service.
const (
	RuleSame    = "same"
	RuleNew     = "new"
	RuleRenamed = "renamed"
	RuleTypes   = "other types"
	RuleRetired = "retired"
	RuleGone    = "no rule any more"
)

// PairDiff is one count that the new rules would change.
type PairDiff struct {
	AccountID string `json:"accountId"`
	Account   string `json:"account"`
	Service   string `json:"service"`
	Told      *int64 `json:"told,omitempty"` // what Synthesize was told last, if that is known
	Was       int64  `json:"was"`            // by the rules in force, now
	Now       int64  `json:"now"`            // by the new ones, now
}

// diffRules compares the two counts of one read. before is the list of services by the rules in force, after by the new.
func (r *run) diffRules(before, after ledger.Services, known map[string]ledger.Account) *RulesDiff {
	d := &RulesDiff{Hash: r.Rules.Hash(), InForce: r.InForce.Hash()}
	if r.inForce == nil {
		d.Unusable = r.inForceProblem
	}
	for _, s := range after.List {
		was, _ := before.ByKey(s.Key)
		if !was.Ruled && !s.Ruled {
			continue
		}
		d.Services = append(d.Services, r.serviceDiff(was, s))
		for id := range r.companyIDs() {
			if pair, differs := r.pairDiff(id, was, s, known[accountID(id)]); differs {
				d.Pairs = append(d.Pairs, pair)
			}
		}
	}
	sortBy(d.Pairs, func(a, b PairDiff) int {
		return cmp.Or(cmp.Compare(distance(b.Was, b.Now), distance(a.Was, a.Now)), strings.Compare(a.Account, b.Account), strings.Compare(a.AccountID, b.AccountID), strings.Compare(a.Service, b.Service))
	})
	d.Differ = len(d.Pairs)
	return d
}

// companyIDs are the companies with units by either rules.
func (r *run) companyIDs() map[int64]bool {
	ids := map[int64]bool{}
	for id := range r.fleet.companies {
		if len(r.fleet.units[id]) > 0 || r.inForce == nil || len(r.inForce.units[id]) > 0 {
			ids[id] = true
		}
	}
	return ids
}

func (r *run) pairDiff(id int64, was, now ledger.Service, a ledger.Account) (PairDiff, bool) {
	d := PairDiff{AccountID: accountID(id), Account: r.fleet.companies[id].Name, Service: now.Name, Now: r.fleet.units[id][now.Name]}
	if pair := a.Pair(now); pair.State == ledger.Told {
		d.Told = &pair.Units
	}
	switch {
	case r.inForce != nil:
		d.Was = r.inForce.units[id][was.Name]
	case d.Told != nil:
		d.Was = *d.Told
	}
	return d, d.Was != d.Now
}

func (r *run) serviceDiff(was, now ledger.Service) ServiceDiff {
	d := ServiceDiff{Service: now.Name, What: RuleSame}
	if was.Ruled && !was.Retired {
		d.Counted = ruleOf(r.InForce, was.Name)
		if r.inForce != nil {
			units := r.inForce.totals[was.Name]
			d.Was = &units
		}
	}
	if now.Ruled && !now.Retired {
		units := r.fleet.totals[now.Name]
		d.Now, d.Counts = &units, ruleOf(r.Rules, now.Name)
	}
	switch {
	case !now.Ruled:
		d.Service, d.What = was.Name, RuleGone
	case now.Retired && !was.Retired:
		d.What = RuleRetired
	case !was.Ruled, was.Retired && !now.Retired:
		d.What = RuleNew
	case d.Counted != d.Counts:
		d.What = RuleTypes
	case was.Name != now.Name:
		d.What = RuleRenamed
	}
	if was.Ruled && was.Name != d.Service {
		d.Formerly = was.Name
	}
	return d
}

// ruleOf says which types a service's rule counts, as a person would write it.
func ruleOf(rules services.Rules, service string) string {
	for _, rule := range rules {
		if rule.Service == service {
			return rule.Counts()
		}
	}
	return ""
}
