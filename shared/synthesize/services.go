package synthesize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Vendor is what our integration is at Synthesize, with all that it sells.
type Vendor struct {
	ID             string
	Name           string
	OrganizationID string // of a custom integration: the one organization it belongs to
	Services       []Service
}

// Service is something that is sold; the API calls it a sku.
type Service struct {
	ID          string // 24 hexadecimal digits
	Name        string
	Description string
	Category    string
	Subcategory string
}

// NewService is a service to be made. Category and Subcategory are spelled exactly as Synthesize spells them.
type NewService struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Subcategory string `json:"subcategory"`
}

// Vendor reads the vendor and its services.
func (c *Client) Vendor(ctx context.Context) (Vendor, error) {
	var v Vendor
	err := c.read(ctx, "read the vendor and its services", "", func(body io.Reader) (err error) {
		v, err = decodeVendor(body)
		return err
	})
	if err != nil {
		return Vendor{}, err
	}
	return v, nil
}

// CreateService makes a service and returns all that the vendor has now, the new one among them. If the error is
// unclear (vendorapi.IsUnclear), the service may exist: read the vendor before making it again, as a second one of the
// same name could not be deleted.
//
// before, if not nil, is asked before each attempt, after all waiting; its error ends the call without that attempt.
func (c *Client) CreateService(ctx context.Context, s NewService, before func(context.Context) error) ([]Service, error) {
	var v Vendor
	err := c.call(ctx, fmt.Sprintf("create service %q", s.Name), http.MethodPost, "/service", s, func(r *vendorapi.Request[Keys]) {
		r.Once, r.Before = true, before
		r.Decode = func(body io.Reader) (err error) {
			v, err = decodeVendor(body)
			return err
		}
	})
	if err != nil {
		return nil, err
	}
	return v.Services, nil
}

// sku and vendorFields are the wire. The deprecated _id holds the same as id, and may be all there is.
type sku struct {
	ID          string `json:"id"`
	OldID       string `json:"_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Subcategory string `json:"subcategory"`
}

type vendorFields struct {
	ID             string `json:"id"`
	OldID          string `json:"_id"`
	Name           string `json:"name"`
	OrganizationID string `json:"organizationId"`
	SKUs           *[]sku `json:"skus"`
}

// decodeVendor reads a vendor, wrapped in data (when read) or not (when a service was made). One without a list of
// services is an error: taken for empty, it would have every service made again.
func decodeVendor(body io.Reader) (Vendor, error) {
	var wire struct {
		Data *vendorFields `json:"data"`
		vendorFields
	}
	if err := vendorapi.DecodeJSON(body, &wire); err != nil {
		return Vendor{}, err
	}
	f := wire.vendorFields
	if wire.Data != nil {
		f = *wire.Data
	}
	v := Vendor{ID: first(f.ID, f.OldID), Name: f.Name, OrganizationID: f.OrganizationID}
	switch {
	case v.ID == "":
		return Vendor{}, errors.New("a vendor without id")
	case f.SKUs == nil:
		return Vendor{}, errors.New("a vendor without a list of services")
	}
	v.Services = make([]Service, 0, len(*f.SKUs))
	for _, s := range *f.SKUs {
		id := first(s.ID, s.OldID)
		if id == "" {
			return Vendor{}, fmt.Errorf("service %q without id", s.Name)
		}
		v.Services = append(v.Services, Service{id, s.Name, s.Description, s.Category, s.Subcategory})
	}
	return v, nil
}

func first(id, old string) string {
	if id != "" {
		return id
	}
	return old
}
