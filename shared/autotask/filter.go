package autotask

import (
	"encoding/json"
	"errors"
)

// Entity is what the vendor keeps rows of; each has requests in flight of its own.
type Entity string

// The entities that this program reads.
const (
	ConfigurationItems     Entity = "ConfigurationItems"
	ConfigurationItemTypes Entity = "ConfigurationItemTypes"
	Companies              Entity = "Companies"
)

// Fields that queries name. The vendor writes them so today; answers are read without regard to case.
const (
	fieldID          = "id"
	fieldActive      = "isActive"
	fieldCompanyID   = "companyID"
	fieldItemType    = "configurationItemType"
	fieldCompanyName = "companyName"
	fieldCompanyType = "companyType"
	fieldName        = "name"
)

// Filter says which rows a query is about. It is made by the functions below and by nothing else: the vendor ignores an
// operator it does not know, and returns every row; for an empty filter it returns none.
type Filter struct {
	op    string
	field string
	value any
	items []Filter
}

// Value is what a field can be compared with.
type Value interface{ ~int64 | ~string | ~bool }

// Eq keeps rows whose field equals the value.
func Eq[V Value](field string, value V) Filter { return Filter{op: "eq", field: field, value: value} }

// GT keeps rows whose field is greater than the value.
func GT(field string, value int64) Filter { return Filter{op: "gt", field: field, value: value} }

// GTE keeps rows whose field is the value or greater.
func GTE(field string, value int64) Filter { return Filter{op: "gte", field: field, value: value} }

// LTE keeps rows whose field is the value or less.
func LTE(field string, value int64) Filter { return Filter{op: "lte", field: field, value: value} }

// And keeps rows that all the filters keep.
func And(first, second Filter, others ...Filter) Filter {
	return Filter{op: "and", items: append([]Filter{first, second}, others...)}
}

// Or keeps rows that one of the filters keeps. The vendor takes at most 500 of them in a query.
func Or(first, second Filter, others ...Filter) Filter {
	return Filter{op: "or", items: append([]Filter{first, second}, others...)}
}

var errEmptyFilter = errors.New("an empty filter: the vendor would answer no rows, as if there were none")

// MarshalJSON writes the filter as the vendor reads it. The zero Filter is an error.
func (f Filter) MarshalJSON() ([]byte, error) {
	if f.op == "" {
		return nil, errEmptyFilter
	}
	if f.items != nil {
		return json.Marshal(struct {
			Op    string   `json:"op"`
			Items []Filter `json:"items"`
		}{f.op, f.items})
	}
	return json.Marshal(struct {
		Op    string `json:"op"`
		Field string `json:"field"`
		Value any    `json:"value"`
	}{f.op, f.field, f.value})
}

// ids is the filter that keeps a span of ids. Ids begin at 0, and company 0 is a real one.
func (s span) ids() []Filter {
	filters := []Filter{GT(fieldID, s.after)}
	if s.after < 0 {
		filters = []Filter{GTE(fieldID, 0)}
	}
	if s.upTo != everything.upTo {
		filters = append(filters, LTE(fieldID, s.upTo))
	}
	return filters
}

// query is the body of a query or count; the filters at its top hold all together.
type query struct {
	MaxRecords    int      `json:"MaxRecords,omitempty"`
	IncludeFields []string `json:"IncludeFields,omitempty"`
	Filter        []Filter `json:"Filter"`
}

func (q query) body() ([]byte, error) {
	if len(q.Filter) == 0 {
		return nil, errEmptyFilter
	}
	return json.Marshal(q)
}
