package fetch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Would is what a run that told nobody would have told.
type Would struct {
	Counts        int   `json:"counts"`
	Accounts      int   `json:"accounts"`      // that they belong to
	Zeros         int   `json:"zeros"`         // counts that would become 0
	LeftBehind    int   `json:"leftBehind"`    // of these: an earlier integration's, or otherwise not known
	Unmapped      int   `json:"unmapped"`      // counts above 0 that cannot be told until somebody maps them
	UnmappedUnits int64 `json:"unmappedUnits"` // their units
}

// would sums what is due.
func would(changes []Change) *Would {
	w := &Would{Counts: len(changes)}
	accounts := map[string]bool{}
	for _, c := range changes {
		accounts[c.AccountID] = true
		switch {
		case c.To == 0:
			w.Zeros++
			if c.State == ledger.Unknown {
				w.LeftBehind++
			}
		case c.Unmapped:
			w.Unmapped++
			w.UnmappedUnits += c.To
		}
	}
	w.Accounts = len(accounts)
	return w
}

// unmapped tells whether a count cannot be told before a person maps it, as far as is known: it answered "no map", its
// account is not made yet, or this run's look at Synthesize says so.
func (p planner) unmapped(a ledger.Account, c Change) bool {
	service, ok := p.services.ByName(c.Service)
	if c.To == 0 || !ok {
		return false
	}
	mapped, looked := p.mapped[a.ID]
	return !a.Exists || service.ID == "" || a.Pair(service).NoMap || looked && !mapped
}

// reportSlowFall says which services have lost more within a month than the guard allows within a day, but for those that a
// person has just let pass.
func (r *run) reportSlowFall(ctx context.Context, svc ledger.Services, counts map[string]int64, passed []string) error {
	history, err := r.Ledger.History(ctx)
	if err != nil {
		return err
	}
	for _, s := range svc.List {
		units, counted := counts[s.Key]
		was, day, ok := history.Highest(s.Key)
		if counted && ok && !slices.Contains(passed, s.Key) && was-units >= minGuardedUnits && (was-units)*100 > r.Guard.MaxDropPercent*was {
			r.attendTo(Attention{Kind: KindSlowFall, Units: was - units, Service: s.Name}, "%s has fallen from %d units on %s to %d, by more than %d %% within 30 days, and no single day was held for it", s.Name, was, day, units, r.Guard.MaxDropPercent)
		}
	}
	return nil
}

// undisputed are a held run's counts by service key, but of the services that its holds are about those that passed last: what
// is held has not fallen yet, and an older slow fall is not over by it.
func (r *run) undisputed(svc ledger.Services, counts map[string]int64, holds []Hold) map[string]int64 {
	out := maps.Clone(counts)
	for _, s := range svc.List {
		if !slices.ContainsFunc(holds, func(h Hold) bool { return h.Service == s.Name || h.ofAll() }) {
			continue
		}
		was, counted := r.base.Services[s.Key]
		if _, ruled := out[s.Key]; ruled && counted {
			out[s.Key] = was
		} else {
			delete(out, s.Key)
		}
	}
	return out
}

// act is the run as the record of who did what keeps it.
func (r *run) act(state string) ledger.Act {
	act := ledger.Act{
		At: r.held.ObservedAt, What: ledger.ActRun, Target: r.result.RunID, Actor: r.event.Actor, Reason: r.event.Reason,
		State: state, Held: len(r.result.Holds) > 0, Rules: r.RulesHash, Version: r.Version, Detail: "mode " + r.result.Mode,
	}
	if act.Actor == "" {
		act.Actor = "unknown"
	}
	for flag, set := range map[string]bool{"forced": r.event.Force, "full": r.event.Full} {
		if set {
			act.Detail += ", " + flag
		}
	}
	if state != StateReading && r.result.Reason != "" {
		act.Detail += fmt.Sprintf("; %.300s", r.result.Reason)
	}
	return act
}
