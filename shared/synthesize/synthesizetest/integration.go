package synthesizetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Disconnecting says what survives a disconnect of the integration. That accounts go is documented; the rest is not.
type Disconnecting struct {
	KeepCounts      bool `json:"keepCounts"`      // what was told stands again as soon as its account does
	KeepServiceMaps bool `json:"keepServiceMaps"` // only the accounts have to be mapped again
}

// Disconnect is the administrator's disconnecting and connecting again: all accounts are deleted, the status is inactive,
// services and keys stay.
func (m *Simulator) Disconnect(d Disconnecting) {
	now := m.lock()
	defer m.mu.Unlock()
	m.disconnect(d, now)
}

func (m *Simulator) disconnect(d Disconnecting, now time.Time) {
	m.accounts = nil
	clear(m.accountByID)
	for _, s := range m.services {
		s.mapped = s.mapped && d.KeepServiceMaps
	}
	if !d.KeepCounts {
		m.forget(now, func(key) bool { return true })
	}
	m.rebuild.pending = false
	m.organization.used = false
	m.setStatus(StatusChange{To: Inactive, At: now})
}

// Remaking says how an integration is made anew. The zero value is the same vendor with the same services by name, each
// under a new id, and the same keys.
type Remaking struct {
	NewVendorID       bool   `json:"newVendorId"`
	NewOrganizationID bool   `json:"newOrganizationId"`
	NoServices        bool   `json:"noServices"` // no service comes along
	VendorKey         string `json:"vendorKey"`  // empty: the same as before
	PartnerKey        string `json:"partnerKey"` // empty: the same as before
}

// RemakeIntegration deletes the integration and makes it again: a new integration id, new service ids, no accounts, no
// mapping, no counts, inactive and never synced.
func (m *Simulator) RemakeIntegration(r Remaking) {
	now := m.lock()
	defer m.mu.Unlock()
	m.disconnect(Disconnecting{}, now)
	m.organization.integrationID = m.id("integration", "")
	m.organization.lastSynced = time.Time{}
	if r.NewOrganizationID {
		m.organization.id = m.id("organization", "")
	}
	if r.NewVendorID {
		m.vendor.id = m.id("vendor", "")
		m.vendor.created = now
	}
	m.vendor.updated = now
	old := m.services
	m.services = nil
	for _, s := range old {
		if !r.NoServices {
			remade := *s
			m.addService(&remade)
		}
	}
	if r.VendorKey != "" {
		m.vendorKey = sha256.Sum256([]byte(r.VendorKey))
	}
	if r.PartnerKey != "" {
		m.partnerKey = sha256.Sum256([]byte(r.PartnerKey))
	}
}

// RotatePartnerKey replaces the partner key, by a generated one if none is given, and returns it. The old one is refused
// from now on; accounts, mappings and counts stay.
func (m *Simulator) RotatePartnerKey(partnerKey string) string {
	m.lock()
	defer m.mu.Unlock()
	if partnerKey == "" {
		partnerKey = m.id("partner key", "")
	}
	m.partnerKey = sha256.Sum256([]byte(partnerKey))
	return partnerKey
}

// Earlier is what an earlier integration left behind.
type Earlier struct {
	Accounts []Account      `json:"accounts"`
	Services []Service      `json:"services"` // without ids; these are given
	Counts   []EarlierCount `json:"counts"`
}

// EarlierCount is a count that stands already.
type EarlierCount struct {
	AccountID string      `json:"accountId"`
	Service   string      `json:"service"` // name
	Units     json.Number `json:"units"`
}

// SeedEarlier adds what an earlier integration left behind: accounts, services and counts that stand already, in the built
// view too. With a count the integration is active. It returns an error, and changes nothing, when an account exists
// already or a count's account or service is neither in the seed nor there.
func (m *Simulator) SeedEarlier(e Earlier) error {
	now := m.lock()
	defer m.mu.Unlock()
	accounts, services := map[string]bool{}, map[string]bool{}
	for _, a := range e.Accounts {
		if accounts[a.ID] || m.accountByID[a.ID] != nil {
			return fmt.Errorf("seed account %q: it exists already", a.ID)
		}
		accounts[a.ID] = true
	}
	for _, s := range e.Services {
		services[s.Name] = true
	}
	for _, c := range e.Counts {
		if !accounts[c.AccountID] && m.accountByID[c.AccountID] == nil {
			return fmt.Errorf("seed a count: there is no account %q", c.AccountID)
		}
		if !services[c.Service] && m.serviceByName(c.Service) == nil {
			return fmt.Errorf("seed a count: there is no service %q", c.Service)
		}
	}
	for _, a := range e.Accounts {
		added := &account{id: a.ID, name: a.Name, description: a.Description}
		m.addAccount(added)
		if a.Mapped {
			m.mapAccount(added)
		}
	}
	for _, s := range e.Services {
		m.addService(&service{name: s.Name, description: s.Description, category: or(s.Category, "other"),
			subcategory: or(s.Subcategory, "other"), mapped: s.Mapped})
	}
	for _, c := range e.Counts {
		k := key{c.AccountID, m.serviceByName(c.Service).id}
		m.set(k, c.Units, now, 0)
		m.built[k] = c.Units
	}
	if len(e.Counts) > 0 {
		m.organization.used = true
		m.organization.lastSynced = now
		m.setStatus(StatusChange{To: Active, At: now})
	}
	return nil
}

// AgeMonth lets a month begin. Whether counts outlive it is not documented: with keepCounts they do, without they are
// cleared, from the built view too, and cards show a dash until they are posted again.
func (m *Simulator) AgeMonth(keepCounts bool) {
	now := m.lock()
	defer m.mu.Unlock()
	if !keepCounts {
		m.forget(now, func(key) bool { return true })
	}
}

// FinishRebuild lets a pending rebuild happen now, as though the debounce had run out, and reports whether there was one.
func (m *Simulator) FinishRebuild() bool {
	m.lock()
	defer m.mu.Unlock()
	pending := m.rebuild.pending
	if pending {
		m.build()
	}
	return pending
}

// SetPSAUnits sets what the PSA's contract has for a pair; 0 where never set.
func (m *Simulator) SetPSAUnits(p Pair, units json.Number) {
	m.lock()
	defer m.mu.Unlock()
	m.psaUnits[p] = units
}

// Approve is a person's approving all cards that differ: the PSA takes over the vendor's units of the built view. It
// returns how many did.
func (m *Simulator) Approve() int {
	m.lock()
	defer m.mu.Unlock()
	n := 0
	for _, c := range m.cards() {
		if c.Kind != NoChange {
			m.psaUnits[c.Pair] = json.Number(c.VendorUnits)
			n++
		}
	}
	return n
}

// PSAUnits returns what the PSA's contracts have, where set.
func (m *Simulator) PSAUnits() map[Pair]json.Number {
	m.lock()
	defer m.mu.Unlock()
	return maps.Clone(m.psaUnits)
}

// sortedKeys orders pairs by account, then service.
func sortedKeys[V any](in map[Pair]V) []Pair {
	return slices.SortedFunc(maps.Keys(in), Pair.compare)
}
