package fetch

import (
	"maps"
	"slices"
	"strconv"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
)

// ownCompany is the id of the MSP itself in every Autotask tenant.
const ownCompany = 0

// fleet is what one complete read counted: units by company and service, and what is in no count.
type fleet struct {
	types     map[int64]autotask.Type
	companies map[int64]autotask.Company
	units     map[int64]map[string]int64 // by company id and the rule's service name
	totals    map[string]int64           // by service name
	entries   map[string]map[string]int64
	typeItems map[int64]int64
	zeroed    map[int64]int64 // items of inactive companies that a setting counts as 0
	devices   map[int64]int64 // items by company, whether or not they count and it can be seen
	stats     ReadStats
	splitHint []int64
}

// count sums items to units. An item counts once for each rule that names its type.
func count(types []autotask.Type, companies []autotask.Company, items autotask.ItemCounts, matched services.Matched, includeOwn, inactiveZero bool) *fleet {
	f := &fleet{
		types: map[int64]autotask.Type{}, companies: make(map[int64]autotask.Company, len(companies)),
		units: map[int64]map[string]int64{}, totals: map[string]int64{}, entries: matched.Entries(), typeItems: map[int64]int64{},
		zeroed: map[int64]int64{}, devices: map[int64]int64{},
		stats: ReadStats{Companies: len(companies), Items: items.Items, Uncovered: map[string]int64{}}, splitHint: items.SplitHint,
	}
	for _, t := range types {
		f.types[t.ID] = t
	}
	for _, c := range companies {
		f.companies[c.ID] = c
	}
	for _, cell := range items.Cells {
		f.add(cell, matched, includeOwn, inactiveZero)
	}
	return f
}

func (f *fleet) add(cell autotask.CompanyType, matched services.Matched, includeOwn, inactiveZero bool) {
	companyID, typ, n := cell.Company, cell.Type, cell.Items
	if typ != autotask.NoType {
		f.typeItems[typ] += n
	}
	company, visible := f.companies[companyID]
	f.devices[companyID] += n
	switch {
	case !visible:
		f.stats.Invisible += n
		return
	case companyID == ownCompany && !includeOwn:
		f.stats.OwnCompany += n
		return
	case typ == autotask.NoType:
		f.stats.Untyped += n
		return
	}
	if !company.Active {
		f.stats.InactiveCompany += n
	}
	catches := matched.Catches(typ)
	if !company.Active && inactiveZero {
		f.zeroed[companyID] += min(n, n*int64(len(catches))) // none, if no rule names the type
		return
	}
	if len(catches) == 0 {
		f.stats.Uncovered[f.typeName(typ)] += n
		return
	}
	seen := map[string]bool{}
	for _, c := range catches {
		f.entries[c.Service][c.Entry] += n
		if seen[c.Service] {
			continue // two entries of one rule name the type: it is one item all the same
		}
		seen[c.Service] = true
		if f.units[companyID] == nil {
			f.units[companyID] = map[string]int64{}
		}
		f.units[companyID][c.Service] += n
		f.totals[c.Service] += n
	}
}

// typeName names a type for people; one that is not in the tenant's list is named by its id.
func (f *fleet) typeName(id int64) string {
	if t, listed := f.types[id]; listed {
		return t.Name
	}
	return "id " + strconv.FormatInt(id, 10) + " (not in the list of types)"
}

func (f *fleet) typeNames() map[string]string {
	names := make(map[string]string, len(f.types))
	for id, t := range f.types {
		names[typeID(id)] = t.Name
	}
	return names
}

// companiesFor lists everyone that the run may have something to tell, by id: companies with units or an account, and
// accounts whose company cannot be seen.
func (f *fleet) companiesFor(svc ledger.Services, known map[string]ledger.Account, includeOwn bool) []company {
	var out []company
	for id, c := range f.companies {
		_, has := known[accountID(id)]
		leftOut := id == ownCompany && !includeOwn
		units := f.units[id]
		if !has && len(units) == 0 {
			continue
		}
		out = append(out, company{
			id: id, name: c.Name, active: c.Active, visible: true, leftOut: leftOut, units: byKey(units, svc),
			zeroed: f.zeroed[id] > 0, items: f.zeroed[id],
		})
	}
	for key := range known {
		id, ok := companyID(key)
		if !ok {
			continue // an earlier integration's account that is no company's: noticeStrangers reports it
		}
		if _, visible := f.companies[id]; !visible {
			out = append(out, company{id: id})
		}
	}
	sortBy(out, func(a, b company) int {
		switch {
		case a.id < b.id:
			return -1
		case a.id > b.id:
			return 1
		}
		return 0
	})
	return out
}

// byKey turns units by service name into units by service key.
func byKey(units map[string]int64, svc ledger.Services) map[string]int64 {
	out := make(map[string]int64, len(units))
	for name, n := range units {
		if s, ok := svc.ByName(name); ok {
			out[s.Key] = n
		}
	}
	return out
}

// baseline is what a later run's guard compares with.
func (f *fleet) baseline(svc ledger.Services, held ledger.Lease) ledger.Baseline {
	b := ledger.Baseline{
		RunID: held.RunID, ObservedAt: held.ObservedAt, Services: map[string]int64{},
		Entries: map[string]map[string]int64{}, Types: map[string]ledger.TypeCount{}, SplitHint: f.splitHint,
	}
	for _, s := range svc.List {
		if s.Ruled && !s.Retired {
			b.Services[s.Key] = f.totals[s.Name]
			b.Entries[s.Key] = f.entries[s.Name]
		}
	}
	for id, n := range f.typeItems {
		if _, listed := f.types[id]; !listed {
			continue // it cannot leave the list
		}
		b.Types[typeID(id)] = ledger.TypeCount{Name: f.typeName(id), Items: n}
	}
	return b
}

// sameName lists the names that several active companies with units share.
func (f *fleet) sameName() map[string][]int64 {
	byName := map[string][]int64{}
	for _, id := range slices.Sorted(maps.Keys(f.units)) {
		byName[f.companies[id].Name] = append(byName[f.companies[id].Name], id)
	}
	maps.DeleteFunc(byName, func(_ string, ids []int64) bool { return len(ids) < 2 })
	return byName
}
