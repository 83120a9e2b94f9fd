package fetch

import "github.com/synthsync/synthsync/shared/ledger"

// minMergedUnits is how many devices must have moved for equal numbers to be worth a word: one appears somewhere every day.
const minMergedUnits = 2

// reportMerges says which vanished company may have become part of another: what was told of it has appeared there, service
// by service, in this run. It decides nothing.
func (r *run) reportMerges(companies []company, known map[string]ledger.Account, services ledger.Services) {
	rises := map[int64]map[string]int64{}
	for _, c := range companies {
		if c.visible && !c.leftOut {
			if rise := risen(c, known[accountID(c.id)], services); len(rise) > 0 {
				rises[c.id] = rise
			}
		}
	}
	for _, c := range companies {
		gone := known[accountID(c.id)]
		if _, ended := r.released[gone.ID]; c.visible || ended {
			continue
		}
		was, total := map[string]int64{}, int64(0)
		for _, s := range services.List {
			if p := gone.Pair(s); p.State == ledger.Told && p.Units > 0 {
				was[s.Key] = p.Units
				total += p.Units
			}
		}
		if total < minMergedUnits {
			continue
		}
		var found []company
		for _, other := range companies {
			if covers(rises[other.id], was) {
				found = append(found, other)
			}
		}
		if len(found) == 1 {
			r.attendTo(Attention{Kind: KindMerged, Units: total, AccountID: gone.ID}, "company %s (%q) is gone and its %d units have appeared at company %s (%q) in this run: probably merged. If so, end the old one: synthsync release %s",
				gone.ID, gone.Name, total, accountID(found[0].id), found[0].name, gone.ID)
		}
	}
}

// risen is by how much a company's services stand above what was told or last tried.
func risen(c company, a ledger.Account, services ledger.Services) map[string]int64 {
	out := map[string]int64{}
	for _, s := range services.List {
		p := a.Pair(s)
		before := p.Units
		if p.NoMap {
			before = p.TriedUnits
		}
		if rise := c.units[s.Key] - before; rise > 0 && p.State != ledger.Unknown {
			out[s.Key] = rise
		}
	}
	return out
}

func covers(rise, was map[string]int64) bool {
	for key, units := range was {
		if rise[key] != units {
			return false
		}
	}
	return true
}
