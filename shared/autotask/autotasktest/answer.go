package autotasktest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const noZoneText = "Zone information could not be determined"

// zoneInformation needs no login. Unknown users get an error that is neither 404 nor 401.
func (t *Tenant) zoneInformation(r *http.Request) reply {
	if r.Method != http.MethodGet {
		return wrongMethod(r.Method)
	}
	if r.URL.Query().Get("user") != t.credentials.Username {
		return errorsReply(500, noZoneText)
	}
	at := fmt.Sprintf("%s/%s/ATServicesRest/", origin(r), t.zone)
	if t.sw.ZoneURL != nil {
		at = t.sw.ZoneURL(r.Host, t.zone)
	}
	return ok(mustJSON(map[string]any{
		"zoneName": "America East (" + t.zone + ")", "url": at, "webUrl": "https://ww5.autotask.net/", "ci": t.database,
	}))
}

// origin is where a request was sent to.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// answer is the right answer to a request whose login is right.
func (t *Tenant) answer(r *http.Request, zone, rest string, body []byte, f *Fault) reply {
	name, path, _ := strings.Cut(strings.ToLower(rest), "/")
	e, known := entities[name]
	isQuery := known && (path == "query" || path == "query/count" || path == "query/next" || path == "query/previous")
	if isQuery && (r.Method == http.MethodGet || r.Method == http.MethodPost) {
		return t.query(r, zone, e, path, body, f)
	}
	if r.Method != http.MethodGet {
		return wrongMethod(r.Method)
	}
	switch {
	case name == "thresholdinformation":
		return ok(fmt.Appendf(nil, `{"externalRequestThreshold":%d,"requestThresholdTimeframe":60,"currentTimeframeRequestCount":%d}`,
			t.sw.HourLimit, t.used(time.Now())))
	case name == "version":
		return ok([]byte(`{"majorVersion":2026,"minorVersion":4,"build":"1","customerType":"Standard"}`))
	case !known:
		return notFound()
	}
	switch path {
	case "entityinformation":
		return ok(mustJSON(map[string]any{"info": t.info(e)}))
	case "entityinformation/fields":
		return ok(mustJSON(map[string]any{"fields": t.fields(e)}))
	case "entityinformation/userdefinedfields":
		return ok([]byte(`{"fields":[]}`))
	}
	id, err := strconv.ParseInt(path, 10, 64)
	if err != nil {
		return notFound()
	}
	return t.get(e, id)
}

func (t *Tenant) get(e *entity, id int64) reply {
	var found []byte
	t.scan(e, id, false, func(r *row) bool {
		if r.id == id {
			found = append(r.append([]byte(`{"item":`), e.order, t.spelling()), '}')
		}
		return false
	})
	switch {
	case found != nil:
		return ok(found)
	case t.sw.Missing404:
		return messageReply(404, "Not found.")
	}
	return ok([]byte(`{"item":null}`))
}

func (t *Tenant) spelling() int {
	if t.sw.UpperAcronyms {
		return 1
	}
	return 0
}

// access is what the user may read.
func (t *Tenant) access() string {
	switch {
	case t.sw.QueryAccess != "":
		return t.sw.QueryAccess
	case t.sw.Restricted:
		return "Restricted"
	}
	return "All"
}

func (t *Tenant) info(e *entity) map[string]any {
	return map[string]any{
		"name": e.singular, "canCreate": true, "canDelete": e == configurationItemTypes, "canQuery": true, "canUpdate": true,
		"userAccessForCreate": "All", "userAccessForDelete": "None", "userAccessForQuery": t.access(), "userAccessForUpdate": "All",
		"hasUserDefinedFields": true, "supportsWebhookCallouts": e != configurationItemTypes,
	}
}

// The picklist of a company's type. Its labels can be edited, its ids are the same everywhere.
var companyTypes = []Type{{ID: 1, Name: "Customer"}, {ID: 2, Name: "Lead"}, {ID: 3, Name: "Prospect"}, {ID: 7, Name: "Vendor"}}

// fields lists the fields of an entity; the values of a picklist are strings where a row has numbers.
func (t *Tenant) fields(e *entity) []map[string]any {
	kinds := map[kind]string{kindInt: "integer", kindString: "string", kindBool: "boolean", kindDate: "datetime", kindDouble: "double"}
	var out []map[string]any
	for _, f := range e.order {
		if f.kind == kindUDF {
			continue
		}
		key := f.keys[t.spelling()]
		about := map[string]any{
			"name": key[1 : len(key)-2], "dataType": kinds[f.kind], "length": 0, "isRequired": f.isRequired, "isReadOnly": f.name == "id",
			"isQueryable": !f.unaskable, "isReference": f.reference != "", "referenceEntityType": f.reference, "isPickList": f.pick,
			"picklistValues": nil, "picklistParentValueField": "", "isSupportedWebhookField": false,
		}
		if f.pick {
			list := companyTypes
			if e == configurationItems {
				list = nil
				for _, id := range t.typeIDs {
					list = append(list, t.types[id])
				}
			}
			about["picklistValues"] = picklist(list)
		}
		out = append(out, about)
	}
	return out
}

func picklist(types []Type) []map[string]any {
	values := make([]map[string]any, len(types))
	for i, ty := range types {
		values[i] = map[string]any{
			"value": strconv.FormatInt(ty.ID, 10), "label": ty.Name, "isDefaultValue": false, "sortOrder": i, "parentValue": "",
			"isActive": !ty.Inactive, "isSystem": false,
		}
	}
	return values
}
