package synthesizetest

import (
	"net/http"
	"time"
)

type vendor struct {
	id, name, description string
	supportURL, portalURL string
	created, updated      time.Time
}

type vendorView struct {
	UnderscoreID              string       `json:"_id,omitempty"`
	ID                        string       `json:"id"`
	Name                      string       `json:"name"`
	Description               string       `json:"description"`
	IntegrationType           string       `json:"integrationType"`
	IsDistributor             bool         `json:"isDistributor"`
	ExternalIntegrationStatus string       `json:"externalIntegrationStatus"`
	MappingResponsibilities   []string     `json:"mappingResponsibilities"`
	Modules                   []moduleView `json:"modules"`
	OrganizationID            string       `json:"organizationId"`
	IntegrationPortalURL      string       `json:"integrationPortalUrl,omitempty"`
	VendorSupportPageURL      string       `json:"vendorSupportPageUrl,omitempty"`
	Attributes                []string     `json:"attributes"`
	SKUs                      []skuView    `json:"skus"`
	CreatedAt                 string       `json:"createdAt"`
	UpdatedAt                 string       `json:"updatedAt"`
	Version                   int          `json:"__v"`
}

type moduleView struct {
	Variation string `json:"variation"`
}

type skuView struct {
	UnderscoreID   string `json:"_id,omitempty"`
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	Subcategory    string `json:"subcategory"`
	SupportArticle string `json:"supportArticle,omitempty"`
	SupportContact string `json:"supportContact,omitempty"`
}

func (m *Simulator) vendorView(services []*service) vendorView {
	v := vendorView{
		ID: m.vendor.id, Name: m.vendor.name, Description: m.vendor.description,
		IntegrationType: "custom",
		// The guide's own sample has this value, which its list of statuses has not.
		ExternalIntegrationStatus: "notIntegrated",
		MappingResponsibilities:   []string{"accounts", "services"},
		Modules:                   []moduleView{{"alerts"}, {"billing"}},
		OrganizationID:            m.organization.id,
		IntegrationPortalURL:      m.vendor.portalURL,
		VendorSupportPageURL:      m.vendor.supportURL,
		Attributes:                []string{},
		SKUs:                      []skuView{},
		CreatedAt:                 timestamp(m.vendor.created),
		UpdatedAt:                 timestamp(m.vendor.updated),
	}
	if !m.sw.OmitUnderscoreID {
		v.UnderscoreID = v.ID
	}
	for _, s := range services {
		sku := skuView{
			ID: s.id, Name: s.name, Description: s.description, Category: s.category, Subcategory: s.subcategory,
			SupportArticle: s.supportArticle, SupportContact: s.supportContact,
		}
		if !m.sw.OmitUnderscoreID {
			sku.UnderscoreID = sku.ID
		}
		v.SKUs = append(v.SKUs, sku)
	}
	return v
}

func (m *Simulator) getVendor() answer {
	return answer{status: http.StatusOK, json: wrapped{http.StatusOK, "Success - Retrieved Vendor", m.vendorView(m.services)}}
}

func (m *Simulator) patchVendor(c *call, now time.Time) answer {
	fields, ok := c.object()
	if !ok {
		return m.sw.invalid("body must be a JSON object")
	}
	known := map[string]*string{
		"name": &m.vendor.name, "description": &m.vendor.description,
		"vendorSupportPageUrl": &m.vendor.supportURL, "integrationPortalUrl": &m.vendor.portalURL,
	}
	texts := map[*string]string{}
	for _, name := range []string{"name", "description", "vendorSupportPageUrl", "integrationPortalUrl"} {
		raw, ok := fields[name]
		if !ok {
			continue
		}
		text, ok := asString(raw)
		if !ok {
			return m.sw.invalid(name + " must be a string")
		}
		texts[known[name]] = text
	}
	if len(texts) == 0 {
		return m.sw.invalid("at least one of name, description, vendorSupportPageUrl, integrationPortalUrl is required")
	}
	for field, text := range texts {
		*field = text
	}
	m.vendor.updated = now
	return answer{status: http.StatusOK, json: wrapped{http.StatusOK, "Success - Updated Vendor", m.vendorView(m.services)}}
}
