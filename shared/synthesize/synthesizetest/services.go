package synthesizetest

import (
	"net/http"
	"slices"
	"time"
)

// service is what the API calls a sku.
type service struct {
	id, name, description, category, subcategory string
	supportArticle, supportContact               string
	mapped                                       bool
}

// postService creates a service, and answers the whole vendor, not wrapped.
func (m *Simulator) postService(c *call, now time.Time) answer {
	fields, ok := c.object()
	if !ok {
		return m.sw.invalid("body must be a JSON object")
	}
	s := &service{mapped: m.sw.MapOnCreate}
	var wrong []string
	for _, f := range []struct {
		name     string
		to       *string
		required bool
	}{
		{"name", &s.name, true}, {"description", &s.description, true},
		{"category", &s.category, true}, {"subcategory", &s.subcategory, true},
		{"supportArticle", &s.supportArticle, false}, {"supportContact", &s.supportContact, false},
	} {
		raw, there := fields[f.name]
		if !there && !f.required {
			continue
		}
		text, ok := asString(raw)
		if !ok {
			wrong = append(wrong, f.name+" must be a string")
		}
		*f.to = text
	}
	if len(wrong) == 0 && s.name == "" {
		wrong = append(wrong, "name should not be empty")
	}
	if len(wrong) == 0 && !slices.Contains(categories, s.category) {
		wrong = append(wrong, "category must be a valid enum value")
	}
	if len(wrong) == 0 && !slices.Contains(subcategories, s.subcategory) {
		wrong = append(wrong, "subcategory must be a valid enum value")
	}
	if len(wrong) > 0 {
		return m.sw.invalid(wrong...)
	}
	if m.sw.RefuseDuplicateServices && m.serviceByName(s.name) != nil {
		return conflict()
	}
	m.addService(s)
	m.vendor.updated = now
	return answer{status: m.sw.created(), json: m.vendorView(m.services)}
}

func (m *Simulator) addService(s *service) {
	s.id = m.id("service", s.name)
	m.services = append(m.services, s)
	m.serviceNames[s.id] = s.name
}

func (m *Simulator) getService(c *call) answer {
	s := m.serviceByID(c.ServiceID)
	if s == nil {
		return m.unknownService(c)
	}
	return answer{status: http.StatusOK,
		json: wrapped{http.StatusOK, "Success - Retrieved Vendor", m.vendorView([]*service{s})}}
}

// patchService changes nothing: it is published with neither a body nor an answer.
func (m *Simulator) patchService(c *call) answer {
	if m.serviceByID(c.ServiceID) == nil {
		return m.unknownService(c)
	}
	return answer{status: http.StatusOK}
}

func (m *Simulator) unknownService(c *call) answer {
	return notFound("%s", fill(or(m.sw.UnknownServiceMessage, "Service Not Found"), c.AccountID, c.ServiceID))
}

func (m *Simulator) serviceByID(id string) *service {
	for _, s := range m.services {
		if s.id == id {
			return s
		}
	}
	return nil
}

// serviceByName returns the first service of that name.
func (m *Simulator) serviceByName(name string) *service {
	for _, s := range m.services {
		if s.name == name {
			return s
		}
	}
	return nil
}
