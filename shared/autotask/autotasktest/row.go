package autotasktest

import (
	"encoding/json"
	"slices"
	"strconv"
)

// value is what a field holds in a row, or what a filter compares it with: kind says which, valid that it is not null.
type value struct {
	valid bool
	text  bool // s is the value; otherwise n, with a bool as 0 or 1
	n     int64
	s     string
}

func number(n int64) value { return value{valid: true, n: n} }
func words(s string) value { return value{valid: true, text: true, s: s} }

func truth(b bool) value {
	if b {
		return number(1)
	}
	return number(0)
}

func orNull(id int64) value {
	if id == Null {
		return value{}
	}
	return number(id)
}

// row is a row of any entity.
type row struct {
	id      int64
	item    Item
	company Company
	typ     Type
}

var itemFields = map[string]field{
	"id":                    {get: func(r *row) value { return number(r.id) }, isRequired: true},
	"companyID":             {get: func(r *row) value { return orNull(r.item.Company) }, isRequired: true, reference: "Company"},
	"configurationItemType": {get: func(r *row) value { return orNull(r.item.Type) }, pick: true},
	"isActive":              {get: func(r *row) value { return truth(!r.item.Inactive) }, isRequired: true},
	"productID":             {get: func(*row) value { return number(29682833) }, isRequired: true, reference: "Product"},
	"rmmDeviceID":           {get: func(r *row) value { return number(r.id + 5_000_000_000_000) }}, // beyond int32
	"referenceTitle":        {get: func(r *row) value { return words("DEVICE-" + strconv.FormatInt(r.id, 10)) }},
	"serialNumber":          {get: func(r *row) value { return words("SN" + strconv.FormatInt(r.id%100_000, 10)) }}, // they repeat
	"createDate":            {get: func(*row) value { return words("2012-10-24T05:00:00.000Z") }},
	"lastModifiedTime":      {get: func(*row) value { return words("2024-02-29T23:59:59.1234567") }}, // no Z, seven digits
	"fieldOfTomorrow":       {get: func(*row) value { return words("unknown to every client") }},
}

var companyFields = map[string]field{
	"id":              {get: func(r *row) value { return number(r.id) }, isRequired: true},
	"companyName":     {get: func(r *row) value { return words(r.company.Name) }, isRequired: true},
	"isActive":        {get: func(r *row) value { return truth(!r.company.Inactive) }},
	"companyType":     {get: func(r *row) value { return number(max(r.company.Type, 1)) }, isRequired: true, pick: true},
	"ownerResourceID": {get: func(*row) value { return number(4) }, isRequired: true, reference: "Resource"},
	"phone":           {get: func(*row) value { return words("+1 555 0100") }, isRequired: true},
	"assetValue":      {unaskable: true},
	"createDate":      {get: func(*row) value { return words("2012-10-24T05:00:00Z") }},
	"fieldOfTomorrow": {get: func(*row) value { return words("unknown to every client") }},
	"parentCompanyID": {reference: "Company", get: func(r *row) value {
		if r.company.Parent == 0 {
			return value{}
		}
		return number(r.company.Parent)
	}},
}

var typeFields = map[string]field{
	"id":       {get: func(r *row) value { return number(r.id) }, isRequired: true},
	"name":     {get: func(r *row) value { return words(r.typ.Name) }, isRequired: true},
	"isActive": {get: func(r *row) value { return truth(!r.typ.Inactive) }},
}

// value is what the row holds in a field.
func (r *row) value(f *field) value {
	if f.get == nil {
		return value{}
	}
	return f.get(r)
}

// append writes fields of the row as the wire has them. Spelling 1 has acronyms in capitals.
func (r *row) append(out []byte, order []*field, spelling int) []byte {
	out = append(out, '{')
	for i, f := range order {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, f.keys[spelling]...)
		v := r.value(f)
		switch {
		case f.kind == kindUDF:
			out = append(out, "[]"...)
		case !v.valid:
			out = append(out, "null"...)
		case f.kind == kindBool:
			out = strconv.AppendBool(out, v.n == 1)
		case !v.text:
			out = strconv.AppendInt(out, v.n, 10)
		default:
			out = append(out, mustJSON(v.s)...)
		}
	}
	return append(out, '}')
}

// mustJSON encodes what cannot fail to be encoded.
func mustJSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

// scan visits the rows of an entity that the user may see, by id from one on, until visit returns false. The row is
// reused for the next one. Down, it visits them from that id downwards.
func (t *Tenant) scan(e *entity, from int64, down bool, visit func(*row) bool) {
	var r row
	if e == configurationItems {
		t.items.scan(from, down, func(i Item) bool {
			if t.sw.Restricted && i.Company%2 != 0 {
				return true
			}
			r.id, r.item = i.ID, i
			return visit(&r)
		})
		return
	}
	ids := t.typeIDs
	if e == companies {
		ids = t.companyIDs
	}
	at, there := slices.BinarySearch(ids, from)
	step := 1
	if down {
		step = -1
		if !there {
			at--
		}
	}
	for ; at >= 0 && at < len(ids); at += step {
		r.id = ids[at]
		if e == companies {
			r.company = t.companies[r.id]
			if r.company.Hidden || t.sw.Restricted && r.id%2 != 0 {
				continue
			}
		} else {
			r.typ = t.types[r.id]
		}
		if !visit(&r) {
			return
		}
	}
}
