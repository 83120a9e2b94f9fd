package fetch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
)

// attend records what a person should know. units is how many units or items it is about; 0 where that says nothing.
func (r *run) attend(kind string, units int64, format string, args ...any) {
	r.attendTo(Attention{Kind: kind, Units: units}, format, args...)
}

// attendTo is attend for what says itself which account, service or type it is about: each is news by itself.
func (r *run) attendTo(a Attention, format string, args ...any) {
	a.Text = fmt.Sprintf(format, args...)
	r.result.Attention = append(r.result.Attention, a)
}

// StrangerService says of a service at Synthesize that no rule names it.
func StrangerService(name string) Attention {
	return Attention{Kind: KindStranger, Service: name, Text: fmt.Sprintf(
		"service %q stands at Synthesize and no rule names it: its counts stay as they are; a rule with retired: true sets them to 0", name)}
}

// noticeStrangers reports what stands at Synthesize and is no rule's and no company's. Where this stage has not looked itself,
// the services are those that the last look of sync-accounts found.
func (r *run) noticeStrangers(services ledger.Services, known map[string]ledger.Account) {
	if r.Look == nil {
		for _, name := range services.Unexplained() {
			r.result.Attention = append(r.result.Attention, StrangerService(name))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if _, ok := companyID(id); known[id].Exists && !ok {
			r.attendTo(Attention{Kind: KindStranger, AccountID: id}, "account %q (id %s) stands at Synthesize and its id is no company's; it is left alone", known[id].Name, id)
		}
	}
}

// notice records what a person should know about an account.
func (r *run) notice(p planner, c company, a ledger.Account, plan accountPlan) {
	_, ended := p.released[accountID(c.id)]
	if !ended {
		r.noticeCompany(c, a)
	}
	r.noticePairs(p, c, a, plan, ended || c.leftOut || !c.visible)
}

// noticeCompany is notice for its company.
func (r *run) noticeCompany(c company, a ledger.Account) {
	switch {
	case c.zeroed && c.items > 0:
		r.attend(KindInactive, c.items, "company %s (%q) is not active: its %d items count as 0 (INACTIVE_COMPANIES=zero)", accountID(c.id), c.name, c.items)
	case !c.visible && a.EverTold():
		r.attendTo(Attention{Kind: KindInvisible, AccountID: accountID(c.id)}, "company %s (%q) can no longer be seen in Autotask; what Synthesize was told for it stays as it is", accountID(c.id), a.Name)
	case !c.visible && a.Exists:
		r.attendTo(Attention{Kind: KindStranger, AccountID: accountID(c.id)}, "account %q (id %s) stands at Synthesize and belongs to no visible company; it is left alone", a.Name, accountID(c.id))
	case c.leftOut || !c.visible:
	case !c.active && c.total() > 0 && !a.Exists:
		r.attendCompany(KindNoAccount, c, "no account: not active", "company %s (%q) is not active and has no account at Synthesize: its %d units are told to nobody", accountID(c.id), c.name, c.total())
	case c.other != "" && c.total() > 0 && !a.Exists:
		r.attendCompany(KindNoAccount, c, "no account: its company type is "+c.other, "company %s (%q) has the company type %s, which COMPANY_TYPES does not name, and has no account at Synthesize: its %d units are told to nobody", accountID(c.id), c.name, c.other, c.total())
	case c.other != "" && c.total() > 0:
		r.attendCompany(KindOtherType, c, "its company type is "+c.other, "company %s (%q) has the company type %s, which COMPANY_TYPES does not name; it has an account, and its %d units are told", accountID(c.id), c.name, c.other, c.total())
	case !c.active && c.total() > 0:
		r.attendCompany(KindInactive, c, "not active", "company %s (%q) is not active and still has %d units; they count", accountID(c.id), c.name, c.total())
	}
}

// noticePairs is notice for the account's counts; zeros tells that none is to be above 0, whatever was read. A company that
// cannot be seen is told nothing, and what it has lost is lost all the same.
func (r *run) noticePairs(p planner, c company, a ledger.Account, plan accountPlan, zeros bool) {
	unbilled := !a.Exists && c.active && !zeros
	for _, s := range p.services.List {
		pair, zero := a.Pair(s), zeros || !s.Ruled
		change := Change{AccountID: plan.id, Account: plan.name, Service: s.Name, To: c.units[s.Key]}
		if zero {
			change.To = 0
		}
		if plan.released {
			change.Reason = ReasonReleased
		}
		attention, unmapped := MappingAttention(pair, change)
		switch {
		case !a.Exists, s.ID == "" && (zero || s.Retired): // nothing is posted
		case unmapped:
			unbilled = unbilled || !zero
			r.result.Attention = append(r.result.Attention, attention)
		case zero:
		case pair.State == ledger.Told && pair.Units == c.units[s.Key] && !contains(plan.counts, s.Name):
			r.result.Usage.Unchanged++
		}
	}
	if unbilled && c.other == "" {
		r.noticeType(c)
	}
}

// noticeType says of a company that is to be mapped why Synthesize may not offer it: it is no customer.
func (r *run) noticeType(c company) {
	typ := r.fleet.companies[c.id].Type
	if typ == autotask.TypeCustomer || typ == autotask.NoType || c.total() == 0 {
		return
	}
	name := r.companyTypeName(typ)
	r.attendCompany(KindNotCustomer, c, "not a customer: its company type is "+name, "company %s (%q) is not a customer in Autotask (its company type is %s), so Synthesize may not offer it for mapping; its %d units cannot be billed until it is mapped", accountID(c.id), c.name, name, c.total())
}

// attendCompany is attend for what is about one company.
func (r *run) attendCompany(kind string, c company, why, format string, args ...any) {
	r.attendTo(Attention{Kind: kind, Units: c.total(), AccountID: accountID(c.id), Account: c.name, Why: why}, format, args...)
}

// MappingAttention says what a person has to map for a pair that has no map.
func MappingAttention(pair ledger.Pair, c Change) (Attention, bool) {
	switch {
	case c.Reason == ReasonReleased && !(pair.NoMap && pair.MayStandAboveZero()):
		return Attention{}, false
	case c.Reason == ReasonReleased:
		return Attention{
			Kind: KindReleased, AccountID: c.AccountID, Service: c.Service,
			Text: fmt.Sprintf("%s of company %s (%q), which is released, may still stand at Synthesize, which has no map for it and so takes no 0: nobody is billed for it unless account and service are mapped there again; 0 is tried once a day", c.Service, c.AccountID, c.Account),
		}, true
	case pair.Lost() && (pair.MayStandAboveZero() || c.To > 0):
		return Attention{
			Kind: KindMappingLost, Units: c.To, AccountID: c.AccountID, Service: c.Service,
			Text: fmt.Sprintf("%s of company %s (%q) was told before and Synthesize has no map for it any more: map account and service there again", c.Service, c.AccountID, c.Account),
		}, true
	case pair.NoMap && c.To > 0:
		return Attention{
			Kind: KindUnmapped, Units: c.To, AccountID: c.AccountID, Service: c.Service,
			Text: fmt.Sprintf("%s of company %s (%q) is not mapped in Synthesize: %d units cannot be billed until it is", c.Service, c.AccountID, c.Account, c.To),
		}, true
	}
	return Attention{}, false
}

func contains(changes []Change, service string) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Service == service })
}

// reportFleet records what of the read is in no count.
func (r *run) reportFleet(warnings []string) {
	f := r.fleet
	for _, w := range warnings {
		r.attend(KindRules, 0, "%s", w)
	}
	for _, name := range slices.Sorted(maps.Keys(f.stats.Uncovered)) {
		r.attendTo(Attention{Kind: KindUncovered, Units: f.stats.Uncovered[name], Type: name}, "%d items of type %q are named by no rule and are in no count", f.stats.Uncovered[name], name)
	}
	if n := f.stats.Untyped; n > 0 {
		r.attend(KindUntyped, n, "%d items have no type and are in no count", n)
	}
	if n := f.stats.Invisible; n > 0 {
		r.attend(KindOrphans, n, "%d items belong to companies that cannot be seen and are in no count", n)
	}
	if n := f.stats.OwnCompany; n > 0 {
		r.attend(KindOwnCompany, n, "%d items of company 0 (your own) are left out; INCLUDE_OWN_COMPANY=true counts them", n)
	}
	same := f.sameName()
	for _, name := range slices.Sorted(maps.Keys(same)) {
		r.attend(KindDuplicateNames, 0, "%d companies are called %q (ids %s): mind which account is mapped to which", len(same[name]), name, fmt.Sprint(same[name]))
	}
}
