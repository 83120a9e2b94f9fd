package synthesizetest

import (
	"fmt"
	"slices"
)

// MapAccount maps accounts to clients of the PSA, as the administrator does in the web interface.
func (m *Simulator) MapAccount(ids ...string) error {
	return m.eachAccount("map", ids, m.mapAccount)
}

// UnmapAccount undoes MapAccount. Counts that stand remain, but their cards go.
func (m *Simulator) UnmapAccount(ids ...string) error {
	return m.eachAccount("unmap", ids, func(a *account) { a.mappingID = "" })
}

// MapService maps services, each given by its name or id, to services of the PSA.
func (m *Simulator) MapService(services ...string) error {
	return m.eachService("map", services, func(s *service) { s.mapped = true })
}

// UnmapService undoes MapService.
func (m *Simulator) UnmapService(services ...string) error {
	return m.eachService("unmap", services, func(s *service) { s.mapped = false })
}

// MapAll maps every account and every service that there is now.
func (m *Simulator) MapAll() {
	m.lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		m.mapAccount(a)
	}
	for _, s := range m.services {
		s.mapped = true
	}
}

// AutoMap maps what has exactly the name, character for character, of a client or service of the PSA. It returns how many
// accounts and services it mapped that were not mapped before.
func (m *Simulator) AutoMap(clients, services []string) (accountsMapped, servicesMapped int) {
	m.lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		if a.mappingID == "" && slices.Contains(clients, a.name) {
			m.mapAccount(a)
			accountsMapped++
		}
	}
	for _, s := range m.services {
		if !s.mapped && slices.Contains(services, s.name) {
			s.mapped = true
			servicesMapped++
		}
	}
	return accountsMapped, servicesMapped
}

// RenameAccount changes an account's name at Synthesize.
func (m *Simulator) RenameAccount(id, name string) error {
	return m.eachAccount("rename", []string{id}, func(a *account) { a.name = name })
}

// RenameService changes the name of a service, given by its name or id; its id, mapping and counts stay.
func (m *Simulator) RenameService(nameOrID, name string) error {
	return m.eachService("rename", []string{nameOrID}, func(s *service) {
		s.name = name
		m.serviceNames[s.id] = name
	})
}

// DeleteService removes a service, given by its name or id, and its counts.
func (m *Simulator) DeleteService(nameOrID string) error {
	now := m.lock()
	defer m.mu.Unlock()
	s := m.serviceNamed(nameOrID)
	if s == nil {
		return fmt.Errorf("delete service %q: there is none", nameOrID)
	}
	m.services = slices.DeleteFunc(m.services, func(other *service) bool { return other == s })
	m.forget(now, func(k key) bool { return k.serviceID == s.id })
	return nil
}

// eachAccount changes all the accounts, or none and returns an error when one does not exist.
func (m *Simulator) eachAccount(what string, ids []string, change func(*account)) error {
	m.lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		if m.accountByID[id] == nil {
			return fmt.Errorf("%s account %q: there is none", what, id)
		}
	}
	for _, id := range ids {
		change(m.accountByID[id])
	}
	return nil
}

func (m *Simulator) eachService(what string, names []string, change func(*service)) error {
	m.lock()
	defer m.mu.Unlock()
	for _, name := range names {
		if m.serviceNamed(name) == nil {
			return fmt.Errorf("%s service %q: there is none", what, name)
		}
	}
	for _, name := range names {
		change(m.serviceNamed(name))
	}
	return nil
}

// serviceNamed finds a service by its id or, failing that, its name.
func (m *Simulator) serviceNamed(nameOrID string) *service {
	if s := m.serviceByID(nameOrID); s != nil {
		return s
	}
	return m.serviceByName(nameOrID)
}
