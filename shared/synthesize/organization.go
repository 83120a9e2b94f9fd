package synthesize

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Status is where the integration stands at Synthesize. Others than these are possible.
type Status string

// The documented life of an integration: inactive at first and after a disconnect, pending once it can be mapped,
// active by itself with the first accepted count.
const (
	Inactive Status = "inactive"
	Pending  Status = "pending"
	Active   Status = "active"
)

// Organization is the MSP at Synthesize, and our integration in it.
type Organization struct {
	OrganizationID string
	Name           string
	VendorID       string
	VendorName     string
	IntegrationID  string
	Status         Status
	LastSyncedAt   time.Time // zero: never
}

// Organization reads whose keys these are. It is the cheapest check of them.
func (c *Client) Organization(ctx context.Context) (Organization, error) {
	type fields struct {
		OrganizationID string `json:"organizationId"`
		Name           string `json:"name"`
		VendorID       string `json:"vendorId"`
		VendorName     string `json:"vendorName"`
		IntegrationID  string `json:"integrationId"`
		Status         Status `json:"status"`
		LastSyncedAt   string `json:"lastSyncedAt"`
	}
	var o Organization
	err := c.read(ctx, "read the organization", "/organization", func(body io.Reader) error {
		var f fields
		if err := vendorapi.DecodeJSON(body, &f); err != nil {
			return err
		}
		if f.OrganizationID == "" || f.Status == "" {
			return errors.New("an organization without id or status")
		}
		o = Organization{f.OrganizationID, f.Name, f.VendorID, f.VendorName, f.IntegrationID, f.Status, time.Time{}}
		// An integration that was never synced shows a day in 1900.
		if at, err := time.Parse(time.RFC3339, f.LastSyncedAt); err == nil && at.Year() >= 2000 {
			o.LastSyncedAt = at
		}
		return nil
	})
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

// SetPending says that the integration can be mapped. Only for one that is Inactive: it would pull an active one back.
func (c *Client) SetPending(ctx context.Context) error {
	return c.call(ctx, "set the integration to pending", http.MethodPatch, "/organization/status/"+string(Pending), nil,
		func(r *vendorapi.Request[Keys]) { r.Decode = written(classify) })
}
