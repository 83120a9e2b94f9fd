package simulation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// change is one change of one device or company. Without an item it is about the company's being seen.
type change struct {
	id      int64
	item    autotasktest.Item
	there   bool
	company bool
	closed  bool // the company is not active
}

// set changes a device, at both the vendor and in the record of what was true when.
func (s *sim) set(item autotasktest.Item, there bool) {
	if there {
		s.tenant.AddItem(item)
	} else {
		s.tenant.DeleteItem(item.ID)
	}
	s.changes = append(s.changes, change{id: item.ID, item: item, there: there && !item.Inactive && !s.hides(item.Company)})
	if there {
		s.items[item.ID] = item
	} else {
		delete(s.items, item.ID)
	}
}

func (s *sim) add(company, typ int64) {
	s.nextItem += 7
	s.set(autotasktest.Item{ID: s.nextItem, Company: company, Type: typ}, true)
}

func (s *sim) setCompany(c autotasktest.Company) {
	s.tenant.SetCompany(c)
	s.changes = append(s.changes, change{id: c.ID, company: true, there: !c.Hidden && !s.hides(c.ID), closed: c.Inactive})
}

func (s *sim) removeCompany(id int64) {
	s.tenant.RemoveCompany(id)
	s.changes = append(s.changes, change{id: id, company: true})
}

func (s *sim) populate() {
	for id, name := range map[int64]string{desktop: "Desktop", laptop: "Laptop", server: "Server", printer: "Printer"} {
		s.tenant.SetType(autotasktest.Type{ID: id, Name: name})
	}
	s.nextItem = 1 << 31
	s.setCompany(autotasktest.Company{ID: 0, Name: "Example MSP"})
	companies := 3 + s.choose.of("companies", 4)
	for c := int64(1); c <= int64(companies); c++ {
		s.setCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Client %d", c)})
		for range 1 + s.choose.of("desktops", 4) {
			s.add(c, desktop)
		}
		for range s.choose.of("laptops", 3) {
			s.add(c, laptop)
		}
		for range s.choose.of("servers", 4) {
			s.add(c, server)
		}
		if s.choose.of("printers", 2) == 1 {
			s.add(c, printer)
		}
	}
	if s.choose.one("a large client", 100, 1) == 1 {
		for range 15 {
			s.add(1, desktop)
			s.add(1, server)
		}
	}
	if s.choose.one("a large tenant", 10, 1) == 1 { // one that takes several pages and both walkers
		for n := range int64(1300) {
			s.nextItem += n % 5 * 100
			s.add(1+n%int64(companies), 1+n%4)
		}
	}
	s.add(0, desktop)
	if s.choose.one("an earlier integration", 200, 1) == 1 {
		s.earlier = true
		s.note("an earlier integration left accounts, services and counts")
		err := s.vendor.SeedEarlier(synthesizetest.Earlier{
			Accounts: []synthesizetest.Account{{ID: "1", Name: "Client 1", Mapped: true}, {ID: "2", Name: "Client 2"}},
			Services: []synthesizetest.Service{{Name: servers, Mapped: true, Category: "other", Subcategory: "other"}, {Name: network, Mapped: true, Category: "other", Subcategory: "other"}},
			Counts:   []synthesizetest.EarlierCount{{AccountID: "1", Service: servers, Units: "99"}, {AccountID: "2", Service: network, Units: "7"}},
		})
		if err != nil {
			panic(err)
		}
	}
}

// picked is some device, or none.
func (s *sim) picked(name string) (autotasktest.Item, bool) {
	ids := slices.Sorted(maps.Keys(s.items))
	if len(ids) == 0 {
		return autotasktest.Item{}, false
	}
	return s.items[ids[s.choose.of(name, len(ids))]], true
}

func (s *sim) company(name string) autotasktest.Company {
	all := s.tenant.Companies()[1:]
	return all[s.choose.of(name, len(all))]
}

// narrow takes companies with odd ids, and their devices, out of the user's sight, or gives them back. The record says of what
// he cannot see that it is not there: of nothing else may a number come.
func (s *sim) narrow(on bool) {
	s.narrowed = on
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Restricted = on })
	for _, c := range s.tenant.Companies() {
		if c.ID%2 != 0 {
			s.changes = append(s.changes, change{id: c.ID, company: true, there: !on && !c.Hidden, closed: c.Inactive})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.items)) {
		if i := s.items[id]; i.Company%2 != 0 {
			s.changes = append(s.changes, change{id: id, item: i, there: !on && !i.Inactive})
		}
	}
}

// hides tells whether the user's rights hide a company.
func (s *sim) hides(company int64) bool { return s.narrowed && company%2 != 0 }
