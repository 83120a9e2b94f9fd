package synthesizetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Status is the state of the integration.
type Status string

// The states of today.
const (
	Inactive Status = "inactive" // initial, and after a disconnect
	Pending  Status = "pending"  // the client has credentials and is ready to be mapped
	Active   Status = "active"   // a first count was accepted
)

// StatusChange is one change of the integration's status, or a PATCH that set what stood there already.
type StatusChange struct {
	From    Status    `json:"from"`
	To      Status    `json:"to"`
	At      time.Time `json:"at"`
	Request int       `json:"request,omitempty"` // 0: the administrator
	Patched bool      `json:"patched,omitempty"` // by PATCH organization/status, not by a first count
}

type organization struct {
	id, name, integrationID string
	status                  Status
	used                    bool // a count was accepted since the integration was made or disconnected
	lastSynced              time.Time
	changes                 []StatusChange
}

type organizationView struct {
	OrganizationID string `json:"organizationId"`
	Name           string `json:"name"`
	VendorID       string `json:"vendorId"`
	VendorName     string `json:"vendorName"`
	IntegrationID  string `json:"integrationId"`
	Status         Status `json:"status"`
	LastSyncedAt   string `json:"lastSyncedAt"`
}

// neverSynced is what the documented sample of an integration without any sync shows.
const neverSynced = "1900-06-18T17:11:28.553Z"

func (m *Simulator) organizationView() organizationView {
	v := organizationView{
		OrganizationID: m.organization.id, Name: m.organization.name, VendorID: m.vendor.id, VendorName: m.vendor.name,
		IntegrationID: m.organization.integrationID, Status: m.organization.status, LastSyncedAt: neverSynced,
	}
	if !m.organization.lastSynced.IsZero() {
		v.LastSyncedAt = timestamp(m.organization.lastSynced)
	}
	return v
}

// patchStatus sets what it is told, also back from active to pending.
func (m *Simulator) patchStatus(c *call, now time.Time) answer {
	status := Status(c.Path[strings.LastIndex(c.Path, "/")+1:])
	allowed := []Status{Active, Inactive, Pending}
	if m.sw.OldStatuses {
		allowed = append(allowed, "disabled", "error")
	}
	if !slices.Contains(allowed, status) {
		return m.sw.invalid("status must be a valid enum value")
	}
	m.setStatus(StatusChange{To: status, At: now, Request: c.Number, Patched: true})
	return answer{status: http.StatusOK,
		json: wrapped{http.StatusOK, "Success - Updated Integration Status", m.organizationView()}}
}

func (m *Simulator) setStatus(change StatusChange) {
	change.From = m.organization.status
	m.organization.status = change.To
	m.organization.changes = append(m.organization.changes, change)
}
