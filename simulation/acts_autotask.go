package simulation

import (
	"fmt"
	"maps"
	"slices"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// What people do at Autotask.

func (s *sim) deviceComes(name string) string {
	c := s.company(name)
	typ := 1 + int64(s.choose.of(name+" type", 4))
	s.add(c.ID, typ)
	return fmt.Sprintf("device %d of type %d comes to company %d", s.nextItem, typ, c.ID)
}

func (s *sim) deviceRetires(name string) string {
	if i, ok := s.picked(name); ok {
		i.Inactive = !i.Inactive
		s.set(i, true)
		return fmt.Sprintf("device %d of type %d of company %d: inactive %v", i.ID, i.Type, i.Company, i.Inactive)
	}
	return ""
}

func (s *sim) deviceDeleted(name string) string {
	if i, ok := s.picked(name); ok {
		s.set(i, false)
		return fmt.Sprintf("device %d of type %d of company %d is deleted", i.ID, i.Type, i.Company)
	}
	return ""
}

func (s *sim) deviceRetyped(name string) string {
	if i, ok := s.picked(name); ok {
		i.Type = 1 + int64(s.choose.of(name+" type", 4))
		s.set(i, true)
		return fmt.Sprintf("device %d of company %d has type %d now", i.ID, i.Company, i.Type)
	}
	return ""
}

func (s *sim) deviceMoves(name string) string {
	if i, ok := s.picked(name); ok {
		old := i.Company
		i.Company = s.company(name + " to").ID
		s.set(i, true)
		return fmt.Sprintf("device %d of type %d moves from company %d to %d", i.ID, i.Type, old, i.Company)
	}
	return ""
}

func (s *sim) companyRenamed(name string) string {
	c := s.company(name)
	c.Name += "!"
	s.setCompany(c)
	return fmt.Sprintf("company %d is renamed to %q", c.ID, c.Name)
}

func (s *sim) companyCloses(name string) string {
	c := s.company(name)
	c.Inactive = !c.Inactive
	s.setCompany(c)
	return fmt.Sprintf("company %d: inactive %v", c.ID, c.Inactive)
}

func (s *sim) companyHides(name string) string {
	c := s.company(name)
	c.Hidden = !c.Hidden
	s.setCompany(c)
	return fmt.Sprintf("company %d: hidden %v", c.ID, c.Hidden)
}

func (s *sim) companiesMerge(name string) string {
	from, to := s.company(name), s.company(name+" into")
	if from.ID != to.ID && len(s.tenant.Companies()) > 3 {
		for _, id := range slices.Sorted(maps.Keys(s.items)) {
			if i := s.items[id]; i.Company == from.ID {
				i.Company = to.ID
				s.set(i, true)
			}
		}
		s.removeCompany(from.ID)
		return fmt.Sprintf("company %d is merged into %d", from.ID, to.ID)
	}
	return ""
}

func (s *sim) companyIsNew(name string) string {
	id := int64(10 + len(s.changes))
	s.setCompany(autotasktest.Company{ID: id, Name: fmt.Sprintf("Client %d", id), Type: []int64{1, 7}[s.choose.one(name+" vendor", 250, 1)]})
	s.add(id, desktop)
	return fmt.Sprintf("company %d is new, with a desktop", id)
}

func (s *sim) typeRetires(name string) string {
	typ := 1 + int64(s.choose.of(name, 3))
	for _, id := range slices.Sorted(maps.Keys(s.items)) {
		if i := s.items[id]; i.Type == typ && !i.Inactive && i.Company != 0 {
			i.Inactive = true
			s.set(i, true)
		}
	}
	return fmt.Sprintf("all devices of type %d are inactive", typ)
}

func (s *sim) secretChanged(_ string) string {
	s.expires(autotaskName)
	s.secretRight = fmt.Sprintf("S3cret-%d", s.steps)
	c := autotasktest.DefaultCredentials
	c.Secret = s.secretRight
	s.tenant.SetCredentials(c)
	return "the secret of Autotask is changed"
}

func (s *sim) zoneMoves(name string) string {
	s.tenant.MoveZone(fmt.Sprintf("zone%d", 5+s.choose.of(name, 3)), 20264)
	return "Autotask moves the tenant to another zone"
}
