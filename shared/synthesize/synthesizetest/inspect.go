package synthesizetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// Pair is an account and a service.
type Pair struct {
	AccountID string `json:"accountId"`
	// Service is the service's name. Where that is not enough (a second service of the same name, one that is gone, an id
	// that never existed) the id follows in parentheses, or stands alone.
	Service string `json:"service"`
}

func (p Pair) compare(other Pair) int {
	return cmp.Or(cmp.Compare(p.AccountID, other.AccountID), cmp.Compare(p.Service, other.Service))
}

// Account is an account as it stands.
type Account struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Mapped      bool   `json:"mapped"`
	MappingID   string `json:"mappingId,omitempty"`
	Arrears     bool   `json:"isArrears,omitempty"`
	Inactive    bool   `json:"inactive,omitempty"` // isActive was set to false; without effect on counts here
}

// Service is a service as it stands.
type Service struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	Subcategory    string `json:"subcategory"`
	SupportArticle string `json:"supportArticle,omitempty"`
	SupportContact string `json:"supportContact,omitempty"`
	Mapped         bool   `json:"mapped"`
}

// Counts returns the units stored, exactly as posted.
func (m *Simulator) Counts() map[Pair]json.Number {
	m.lock()
	defer m.mu.Unlock()
	return named(m, m.counts)
}

// Built returns the units of the view that people look at: those stored when it was last rebuilt.
func (m *Simulator) Built() map[Pair]json.Number {
	m.lock()
	defer m.mu.Unlock()
	return named(m, m.built)
}

// History returns every value that each pair ever held, oldest first; the same value posted again is there again.
func (m *Simulator) History() map[Pair][]Held {
	m.lock()
	defer m.mu.Unlock()
	out := named(m, m.history)
	for p, held := range out {
		out[p] = slices.Clone(held)
	}
	return out
}

// Posts returns what became of the counts posted for each pair, as far as they were evaluated.
func (m *Simulator) Posts() map[Pair]Posts {
	m.lock()
	defer m.mu.Unlock()
	return named(m, m.posts)
}

// named gives the pairs of a map their names.
func named[V any](m *Simulator, in map[key]V) map[Pair]V {
	names := map[string]string{}
	taken := map[string]bool{}
	for _, s := range m.services {
		names[s.id] = s.name
		if taken[s.name] {
			names[s.id] = s.name + " (" + s.id + ")"
		}
		taken[s.name] = true
	}
	out := make(map[Pair]V, len(in))
	for k, v := range in {
		name, ok := names[k.serviceID]
		if gone := m.serviceNames[k.serviceID]; !ok && gone != "" {
			name = gone + " (" + k.serviceID + ")"
		}
		out[Pair{k.accountID, or(name, k.serviceID)}] = v
	}
	return out
}

// Accounts returns the accounts in the order of their making.
func (m *Simulator) Accounts() []Account {
	m.lock()
	defer m.mu.Unlock()
	out := make([]Account, 0, len(m.accounts))
	for _, a := range m.accounts {
		out = append(out, Account{ID: a.id, Name: a.name, Description: a.description, Mapped: a.mappingID != "",
			MappingID: a.mappingID, Arrears: a.arrears, Inactive: a.inactive})
	}
	return out
}

// Services returns the services in the order of their making.
func (m *Simulator) Services() []Service {
	m.lock()
	defer m.mu.Unlock()
	out := make([]Service, 0, len(m.services))
	for _, s := range m.services {
		out = append(out, Service{ID: s.id, Name: s.name, Description: s.description, Category: s.category,
			Subcategory: s.subcategory, SupportArticle: s.supportArticle, SupportContact: s.supportContact, Mapped: s.mapped})
	}
	return out
}

// ServiceID returns the id of the first service of that name, or nothing.
func (m *Simulator) ServiceID(name string) string {
	m.lock()
	defer m.mu.Unlock()
	if s := m.serviceByName(name); s != nil {
		return s.id
	}
	return ""
}

// Status returns the integration's status.
func (m *Simulator) Status() Status {
	m.lock()
	defer m.mu.Unlock()
	return m.organization.status
}

// StatusChanges returns every change of the status, and every PATCH of it, oldest first.
func (m *Simulator) StatusChanges() []StatusChange {
	m.lock()
	defer m.mu.Unlock()
	return slices.Clone(m.organization.changes)
}

// LastSynced is when the last count was accepted; zero: never.
func (m *Simulator) LastSynced() time.Time {
	m.lock()
	defer m.mu.Unlock()
	return m.organization.lastSynced
}

// VendorID, OrganizationID and IntegrationID return the ids that the API shows for them.
func (m *Simulator) VendorID() string {
	m.lock()
	defer m.mu.Unlock()
	return m.vendor.id
}

// OrganizationID is described at VendorID.
func (m *Simulator) OrganizationID() string {
	m.lock()
	defer m.mu.Unlock()
	return m.organization.id
}

// IntegrationID is described at VendorID.
func (m *Simulator) IntegrationID() string {
	m.lock()
	defer m.mu.Unlock()
	return m.organization.integrationID
}

// Rebuilds is how often the view was rebuilt.
func (m *Simulator) Rebuilds() int {
	m.lock()
	defer m.mu.Unlock()
	return m.rebuild.done
}

// RebuildRequests is how many calls asked for a rebuild.
func (m *Simulator) RebuildRequests() int {
	m.lock()
	defer m.mu.Unlock()
	return m.rebuild.requests
}

// RebuildPending reports whether a rebuild was asked for and its debounce has not run out.
func (m *Simulator) RebuildPending() bool {
	m.lock()
	defer m.mu.Unlock()
	return m.rebuild.pending
}
