package fetch

import (
	"context"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
)

// judge decides which holds stand: against the guard's a person may have approved or forced, against his own nothing but
// his word helps.
func (r *run) judge(ctx context.Context, p planner, companies []company, known map[string]ledger.Account, now ledger.Baseline, changes []Change, holds []Hold) error {
	held, err := r.Ledger.Held(ctx)
	if err != nil {
		return err
	}
	holds = recallRules(holds, held)
	left, passed := r.unapproved(held, holds)
	if r.event.Force {
		left, passed = nil, holds
	}
	fleet, single := split(left)
	if r.hand.Hold.On && len(fleet) == 0 {
		fleet, single = single, nil // nobody at all is told
	} else if len(fleet) > 0 {
		// All of it is what a person sees, and approves, with this run: the companies' own, and what was approved before.
		single, fleet, passed = nil, append(left, passed...), nil
	}
	if held.Approved != nil && !r.event.Force {
		for _, h := range passed {
			r.attend(KindApproved, 0, "passed, as approved with run %s by %s: %s", held.RunID, held.Approved, h.Text)
		}
	}
	p.shown = map[pairOf]bool{}
	for _, c := range changes {
		p.shown[pairOf{c.AccountID, c.Service}] = true
	}
	p.heldBack = map[string]bool{}
	for _, h := range single {
		p.heldBack[h.Company] = true
		r.attend(KindCompanyHeld, h.Was-h.Now, "%s", h.Text)
	}
	changes = slices.DeleteFunc(changes, func(c Change) bool { return p.heldBack[c.AccountID] })
	r.result.Due, r.result.Changes, r.result.Holds = len(changes), changes, single
	if hand := r.hand.Hold; hand.On {
		fleet = append([]Hold{{Key: HoldByHand, Text: "posting is on hold by " + hand.String() + "; it goes on with: synthsync resume"}}, fleet...)
	}
	counts, excused := now.Services, passed
	if len(fleet) > 0 {
		r.hold(fleet)
		counts, excused = r.undisputed(p.services, counts, slices.Concat(fleet, passed)), nil
	} else {
		r.result.State = StateDone
	}
	if err := r.reportSlowFall(ctx, p.services, counts, keysOf(p.services, excused)); err != nil {
		return err
	}
	if r.event.DryRun || r.result.Mode == ModeObserve || len(fleet) > 0 {
		r.result.Would = would(changes)
	}
	if r.result.Mode == ModeObserve && !r.event.DryRun && r.Look == nil {
		// So that a person who looks at Synthesize before he goes to post can tell ours from others.
		if _, err := r.Ledger.UpdateServices(ctx, func(s *ledger.Services) error {
			s.Apply(LedgerRules(r.Rules))
			return nil
		}); err != nil {
			return err
		}
	}
	if r.event.DryRun {
		return nil
	}
	observes := r.result.Mode == ModeObserve
	switch serves := held.Approved != nil && len(left) == 0 && len(passed) > 0 && !r.event.Force; {
	case serves && (observes || r.hand.Hold.On):
		r.result.Decided = true
		return nil // what is approved waits for the run that tells
	case serves:
		// It is spent once what it is compared with has moved: this run may fail yet, or not be heard.
		if err := r.Ledger.NoteServed(ctx, held, r.result.RunID); err != nil {
			return err
		}
		r.result.Decided = true
	default:
		if err := r.noteHeld(ctx, held); err != nil || len(fleet) > 0 {
			return err
		}
	}
	if observes {
		return nil
	}
	return r.deliver(ctx, p, companies, known, now, passed)
}

// heldBack is what a person may approve of this run.
func (r *run) heldBack() ledger.Held {
	out := ledger.Held{RunID: r.result.RunID, ObservedAt: r.held.ObservedAt, Base: r.base.ObservedAt}
	for _, h := range r.result.Holds {
		if h.Key == HoldByHand {
			out.Hand = true
			continue
		}
		out.Holds = append(out.Holds, r.heldFor(h))
	}
	return out
}

// noteHeld records what the run holds back. A person may have approved an older run since this one asked: his word stands.
func (r *run) noteHeld(ctx context.Context, read ledger.Held) error {
	approved, err := r.Ledger.NoteHeld(ctx, r.heldBack(), read)
	r.result.Decided = err == nil // else nobody can approve what it holds
	if approved.Approved != nil {
		r.attend(KindApproved, 0, "run %s was approved by %s while this run was under way: the next run passes if it reads the same", approved.RunID, approved.Approved)
	}
	return err
}

// keysOf are the services that holds are about, by key.
func keysOf(svc ledger.Services, holds []Hold) []string {
	var keys []string
	for _, h := range holds {
		if s, ok := svc.ByName(h.Service); ok {
			keys = append(keys, s.Key)
		}
	}
	return keys
}
