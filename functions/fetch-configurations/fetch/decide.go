package fetch

import (
	"context"
	"slices"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

// decide compares what was read with the ledger, asks the guard, and tells, unless nobody is to be told.
func (r *run) decide(ctx context.Context) error {
	known, err := r.Ledger.Accounts(ctx)
	if err != nil {
		return err
	}
	svc, err := r.Ledger.Services(ctx)
	if err != nil {
		return err
	}
	var before ledger.Services
	if r.InForce != nil {
		svc.Apply(LedgerRules(r.InForce))
		before = svc
	}
	svc.Apply(LedgerRules(r.Rules))
	if r.InForce != nil {
		r.result.RulesDiff = r.diffRules(before, svc, known)
	}
	p := planner{services: svc, refreshAfter: r.RefreshAfter, full: r.event.Full, now: r.Now(), mapped: r.mapped}
	companies := r.fleet.companiesFor(svc, known, r.IncludeOwnCompany)
	for i := range companies {
		companies[i].other = r.otherType(r.fleet.companies[companies[i].id].Type)
	}
	now := r.fleet.baseline(svc, r.held)
	now.Rules = r.rulesByKey(svc)
	if err := r.followReleases(ctx, companies, known); err != nil {
		return err
	}
	p.released = r.released
	for _, s := range svc.List {
		if s.Ruled && !s.Retired {
			r.result.Services[s.Name] = now.Services[s.Key]
		}
	}
	r.noticeStrangers(svc, known)
	changes := r.preview(p, companies, known)
	holds := append(takenBack(changes), r.narrowed(&now)...)
	holds = adviseOnMerges(holds, svc)
	changed := changedRules(r.base.Rules, now.Rules)
	if !r.base.ObservedAt.IsZero() {
		holds = append(nameChangedRules(r.Guard.check(r.base, now, svc, r.fleet.typeNames()), changed, svc), holds...)
	}
	holds = append(holds, r.unheld(holds)...)
	r.reportMerges(companies, known, svc)
	single := nameRulesOfCompanies(r.Guard.companies(companies, known, svc, r.released), changed, companies, known, svc)
	if len(single) > 0 && !r.areFew(single, holds) {
		single = r.Guard.together(single)
	}
	holds = append(holds, single...)
	return r.judge(ctx, p, companies, known, now, changes, holds)
}

// unheld is the hold for the rules that fit nothing and that no other hold is about: too few items for the guard's figures,
// and yet no reason for zeros.
func (r *run) unheld(holds []Hold) []Hold {
	names := slices.DeleteFunc(r.unmatched.Rules(), func(name string) bool {
		return slices.ContainsFunc(holds, func(h Hold) bool { return h.Service == name })
	})
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Hold{{Key: holdFitsNothing + strings.Join(names, ", "), Text: r.unmatched.Error()}}
}

// preview plans every account without writing, and tallies what stays as it is.
func (r *run) preview(p planner, companies []company, known map[string]ledger.Account) []Change {
	changes := []Change{}
	for _, c := range companies {
		a := known[accountID(c.id)]
		plan := p.account(c, a)
		for _, change := range plan.counts {
			change.Unmapped = p.unmapped(a, change)
			changes = append(changes, change)
		}
		r.notice(p, c, a, plan)
	}
	sortBy(changes, func(a, b Change) int {
		if c := strings.Compare(a.Account, b.Account); c != 0 {
			return c
		}
		if c := strings.Compare(a.AccountID, b.AccountID); c != 0 {
			return c
		}
		return strings.Compare(a.Service, b.Service)
	})
	return changes
}

func (r *run) hold(holds []Hold) {
	texts := make([]string, len(holds))
	for i, h := range holds {
		texts[i] = h.Text
	}
	r.result.State, r.result.Holds = StateHeld, holds
	r.result.Reason = strings.Join(texts, "; ")
}

// deliver records the intents and queues. The record of the run goes first: consumers add to it.
func (r *run) deliver(ctx context.Context, p planner, companies []company, known map[string]ledger.Account, now ledger.Baseline, passed []Hold) error {
	r.record.State, r.record.Baseline = StateQueued, &now
	if err := r.Ledger.SaveRun(ctx, r.record); err != nil {
		return err
	}
	if err := r.recordReleases(ctx); err != nil {
		return err
	}
	if err := r.Ledger.NoteHistory(ctx, r.held.ObservedAt, now.Services, keysOf(p.services, passed)); err != nil {
		return err
	}
	if err := r.payRebuild(ctx, &p, companies, known); err != nil {
		return err
	}
	if err := r.intendServices(ctx); err != nil {
		return err
	}
	out, err := r.tell(ctx, r.held, p, companies, known)
	if err != nil {
		return err
	}
	r.record.Deliveries = out.messages
	r.result.Due = len(out.changes)
	r.result.Accounts = AccountStats{Created: out.created, Renamed: out.renamed}
	r.result.State = StateDone
	if out.messages == 0 {
		// Nothing to deliver, so there is nobody whose answer the comparison would have to wait for.
		return r.Ledger.MoveBaseline(ctx, now)
	}
	return nil
}

// intendServices brings the ledger's services in line with the rules and says that this run's services message is the
// newest, before it is queued.
func (r *run) intendServices(ctx context.Context) error {
	_, err := r.Ledger.UpdateServices(ctx, func(s *ledger.Services) error {
		if s.Intent != nil && s.Intent.ObservedAt.After(r.held.ObservedAt) {
			return &ledger.LeaseLostError{RunID: r.held.RunID}
		}
		s.Apply(LedgerRules(r.Rules))
		s.Intent = &ledger.Intent{RunID: r.held.RunID, ObservedAt: r.held.ObservedAt}
		return nil
	})
	return err
}

// payRebuild has one equal count told again when a rebuild of Synthesize's view is owed: some earlier worker died between
// its posts and the one that asks for it. What else is due may all be unmapped, and then pays nothing.
func (r *run) payRebuild(ctx context.Context, p *planner, companies []company, known map[string]ledger.Account) error {
	owed, err := r.Ledger.RebuildOwed(ctx, r.LeaseFor)
	if err != nil || len(owed) == 0 {
		return err
	}
	for _, c := range companies {
		a := known[accountID(c.id)]
		_, ended := p.released[accountID(c.id)]
		if !c.visible || c.leftOut || !a.Exists || ended || p.heldBack[accountID(c.id)] {
			continue
		}
		for _, s := range p.services.List {
			if pair := a.Pair(s); s.Ruled && !s.Retired && pair.State == ledger.Told && !pair.NoMap && pair.Units == c.units[s.Key] {
				p.rebuild = &rebuildPair{account: accountID(c.id), service: s.Key}
				return nil
			}
		}
	}
	return nil
}
