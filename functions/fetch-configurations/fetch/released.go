package fetch

import (
	"context"
	"maps"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
)

// followReleases sorts the releases: those that hold for this run, and those whose company, once gone, is there again.
// What has changed is recorded when the run tells.
func (r *run) followReleases(ctx context.Context, companies []company, known map[string]ledger.Account) error {
	all, err := r.Ledger.Releases(ctx)
	if err != nil {
		return err
	}
	r.released, r.followed = map[string]ledger.Release{}, map[ledger.Release]ledger.Found{}
	there := map[string]company{}
	for _, c := range companies {
		there[accountID(c.id)] = c
	}
	// Also those that rules or settings keep out of all counts for the time being, or whose company cannot be seen.
	devices := map[string]int64{}
	for id, n := range r.fleet.devices {
		devices[accountID(id)] = n
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		release, c := all[id], there[id]
		here := c.visible && c.total() > 0
		// Or the last run that told saw the company, before the release was given.
		stays := release.Stays || known[id].Wanted
		switch {
		case here && release.Gone:
			r.followed[release] = ledger.BackAgain
			r.attend(KindReleased, c.total(), "company %s (%q) was released by %s, was gone, and has %d units again: it is told as usual", id, c.name, release.Word, c.total())
			continue
		case here:
			if !release.Stays {
				r.followed[release] = ledger.StillThere
			}
			r.attend(KindReleased, c.total(), "company %s (%q) is released by %s and still has %d units: 0 is told for it until they are gone; take it back with: synthsync release %s --undo", id, c.name, release.Word, c.total(), id)
		case devices[id] > 0 && !release.Gone && (c.visible || stays):
			// One that could not be seen when it was released counts as gone, and is a client again when it can.
			if !release.Stays {
				r.followed[release] = ledger.StillThere
			}
			r.attend(KindReleased, 0, "company %s (%q) is released by %s and still has %d devices, none of which counts now: what was told for it becomes 0", id, release.Account, release.Word, devices[id])
		case !release.Gone:
			r.followed[release] = ledger.Gone
			r.attend(KindReleased, 0, "company %s (%q) is released by %s: what was told for it becomes 0", id, release.Account, release.Word)
		}
		r.released[id] = release
	}
	return nil
}

func (r *run) recordReleases(ctx context.Context) error {
	// In an order that does not depend on chance: a history of the simulation is to be the same each time.
	byID := map[string]ledger.Release{}
	for release := range r.followed {
		byID[release.AccountID] = release
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if err := r.Ledger.FollowRelease(ctx, byID[id], r.followed[byID[id]], r.Now().UTC()); err != nil {
			return err
		}
	}
	return nil
}

// release plans the zeros of a company that a person has released: for every count that may stand above 0, once. A zero that
// answered "no map" is tried again once a day, and where Synthesize calls the account mapped: nobody is billed while there is no
// map, but the count still stands there.
func (p planner) release(c company, a ledger.Account, plan accountPlan) accountPlan {
	plan.wanted, plan.released = false, true
	if !c.visible {
		plan.name = a.Name
	}
	if a.Exists {
		for _, service := range p.services.List {
			pair := a.Pair(service)
			if service.ID == "" || !pair.MayStandAboveZero() || pair.NoMap && pair.TriedUnits == 0 && !p.worthTryingAnew(pair, a.ID) {
				continue
			}
			change := Change{AccountID: plan.id, Account: plan.name, Service: service.Name, State: pair.State, Reason: ReasonReleased}
			if pair.State == ledger.Told {
				units := pair.Units
				change.From = &units
			}
			plan.counts = append(plan.counts, change)
		}
	}
	plan.fence = !plan.tells() && a.OpenIntent()
	plan.fenceName = a.NameIntent != nil && !a.NameIntent.Ended
	return plan
}
