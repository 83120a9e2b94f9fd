package synthesizetest_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

var hex24 = regexp.MustCompile(`^[0-9a-f]{24}$`)

func TestGetVendor_IsWrappedAndHasTheFieldsOfTheSample(t *testing.T) {
	m, c := start(t, synthesizetest.Options{VendorName: "Example Custom"})
	r := c.get(vendorPath)
	want(t, "status", r.status, 200)
	want(t, "type", r.header.Get("Content-Type"), "application/json; charset=utf-8")
	o := object(t, r.body)
	want(t, "body status", o["status"], any(200.0))
	want(t, "message", o["message"], any("Success - Retrieved Vendor"))
	v := o["data"].(map[string]any)
	want(t, "name", v["name"], any("Example Custom"))
	want(t, "integrationType", v["integrationType"], any("custom"))
	want(t, "externalIntegrationStatus, outside the enum as in the sample", v["externalIntegrationStatus"], any("notIntegrated"))
	want(t, "__v", v["__v"], any(0.0))
	want(t, "_id", v["_id"], v["id"])
	want(t, "id", v["id"], any(m.VendorID()))
	want(t, "organizationId", v["organizationId"], any(m.OrganizationID()))
	for _, name := range []string{"description", "skus", "isDistributor", "mappingResponsibilities", "modules", "attributes", "createdAt", "updatedAt"} {
		if _, ok := v[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	want(t, "skus is an array", len(v["skus"].([]any)), 0)
	for _, id := range []string{m.VendorID(), m.OrganizationID(), m.IntegrationID()} {
		if !hex24.MatchString(id) {
			t.Errorf("id %q is not 24 hex digits", id)
		}
	}
}

func TestPostService_AnswersTheWholeVendorUnwrapped(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.service(m, "First")
	r := c.post(servicePath, `{"name":"R&D <Servers>","description":"d","category":"infrastructure","subcategory":"hosted email","supportArticle":"a"}`)
	want(t, "status", r.status, 201)
	v := object(t, r.body)
	want(t, "vendor", v["id"], any(m.VendorID()))
	skus := v["skus"].([]any)
	want(t, "skus", len(skus), 2)
	sku := skus[1].(map[string]any)
	want(t, "name", sku["name"], any("R&D <Servers>"))
	want(t, "names are not escaped as Go does", strings.Contains(r.body, "R&D <Servers>"), true)
	want(t, "category", sku["category"], any("infrastructure"))
	want(t, "supportArticle", sku["supportArticle"], any("a"))
	want(t, "_id", sku["_id"], sku["id"])
}

func TestPostService_ChecksTheEnumsByCase(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	for body, message := range map[string]string{
		`{"name":"n","description":"","category":"Other","subcategory":"other"}`:                             "category must be a valid enum value",
		`{"name":"n","description":"","category":"other","subcategory":"Other"}`:                             "subcategory must be a valid enum value",
		`{"name":"n","description":"","category":"security","subcategory":"privileged access and identity"}`: "subcategory must be a valid enum value",
		`{"name":"n","category":"other","subcategory":"other"}`:                                              "description must be a string",
		`{"name":7,"description":"","category":"other","subcategory":"other"}`:                               "name must be a string",
		`{"name":"","description":"","category":"other","subcategory":"other"}`:                              "name should not be empty",
		`[]`: "body must be a JSON object",
	} {
		wantReply(t, body, c.post(servicePath, body), 400, `{"statusCode":400,"message":"`+message+`","error":"Bad Request"}`)
	}
	want(t, "services", len(m.Services()), 0)
	want(t, "as the API misspells it", c.post(servicePath,
		`{"name":"n","description":"","category":"security","subcategory":"priviledged access and identity management (PAM/PIM)"}`).status, 201)
}

func TestMessageOf400_MayBeAnArray(t *testing.T) {
	_, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{ArrayMessages: true}})
	wantReply(t, "two faults", c.post(servicePath, `{"name":"n","description":""}`), 400,
		`{"statusCode":400,"message":["category must be a string","subcategory must be a string"],"error":"Bad Request"}`)
}

func TestBodyThatIsNotSentAsJSON_IsNoBody(t *testing.T) {
	_, c := start(t, synthesizetest.Options{})
	resp, err := c.http.Post(c.base+servicePath, "text/plain", strings.NewReader("{}"))
	must(t, err)
	resp.Body.Close()
	want(t, "without token and type", resp.StatusCode, 401)
	m := synthesizetest.New(synthesizetest.Options{})
	c2 := inMemory(t, m)
	r := c2.post(servicePath, "name=x")
	want(t, "a form", r.status, 400)
}

func TestDuplicateServiceName_IsStoredTwiceOrRefused(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	first := c.service(m, "Managed Servers")
	c.service(m, "Managed Servers")
	services := m.Services()
	want(t, "services", len(services), 2)
	want(t, "first is found first", services[0].ID, first)
	if services[1].ID == first {
		t.Error("both have one id")
	}
	m.Switch(func(s *synthesizetest.Switches) { s.RefuseDuplicateServices = true })
	wantReply(t, "refused", c.post(servicePath, `{"name":"Managed Servers","description":"","category":"other","subcategory":"other"}`),
		409, `{"statusCode":409,"message":"A resource with this Id already exists"}`)
}

func TestUnderscoreID_CanBeLeftOut(t *testing.T) {
	m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{OmitUnderscoreID: true}})
	c.service(m, "Managed Servers")
	if body := c.get(vendorPath).body; strings.Contains(body, `"_id"`) || !strings.Contains(body, `"id"`) {
		t.Error(body)
	}
}

func TestGetService_NarrowsTheVendorToIt(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.service(m, "First")
	id := c.service(m, "Second")
	data := object(t, c.get(servicePath+"/"+id).body)["data"].(map[string]any)
	skus := data["skus"].([]any)
	want(t, "skus", len(skus), 1)
	want(t, "sku", skus[0].(map[string]any)["name"], any("Second"))
	wantReply(t, "unknown", c.get(servicePath+"/64a0c0ffee0123456789abcd"), 404, `{"statusCode":404,"message":"Service Not Found"}`)
	want(t, "PATCH does nothing", c.do("PATCH", servicePath+"/"+id, `{"name":"x"}`).status, 200)
	want(t, "name", m.Services()[1].Name, "Second")
}

func TestPatchVendor_ChangesWhatIsGiven(t *testing.T) {
	_, c := start(t, synthesizetest.Options{})
	data := object(t, c.do("PATCH", vendorPath, `{"description":"d","integrationPortalUrl":"https://p"}`).body)["data"].(map[string]any)
	want(t, "description", data["description"], any("d"))
	want(t, "portal", data["integrationPortalUrl"], any("https://p"))
	want(t, "name", data["name"], any("Local Custom"))
	want(t, "nothing given", c.do("PATCH", vendorPath, `{}`).status, 400)
	want(t, "wrong type", c.do("PATCH", vendorPath, `{"name":1}`).status, 400)
}

func TestOrganization_IsUnwrappedAndNeverSyncedIs1900(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	o := object(t, c.get(orgPath).body)
	want(t, "fields", len(o), 7)
	want(t, "status", o["status"], any("inactive"))
	want(t, "lastSyncedAt", o["lastSyncedAt"], any("1900-06-18T17:11:28.553Z"))
	want(t, "integrationId", o["integrationId"], any(m.IntegrationID()))
	want(t, "vendorId", o["vendorId"], any(m.VendorID()))
	want(t, "organizationId", o["organizationId"], any(m.OrganizationID()))
}

func TestPatchStatus_IsWrappedAndChecksTheEnumByCase(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	r := c.do("PATCH", orgPath+"/status/pending", "")
	want(t, "status", r.status, 200)
	o := object(t, r.body)
	want(t, "message", o["message"], any("Success - Updated Integration Status"))
	want(t, "data", o["data"].(map[string]any)["status"], any("pending"))
	for _, wrong := range []string{"Pending", "disabled", "done"} {
		want(t, wrong, c.do("PATCH", orgPath+"/status/"+wrong, "").status, 400)
	}
	want(t, "still", m.Status(), synthesizetest.Pending)
	m.Switch(func(s *synthesizetest.Switches) { s.OldStatuses = true })
	want(t, "the enum of 2023", c.do("PATCH", orgPath+"/status/disabled", "").status, 200)
}

func TestIDs_AreTheSameForTheSameSeedAndCalls(t *testing.T) {
	ids := func(seed uint64, names ...string) string {
		m := synthesizetest.New(synthesizetest.Options{Seed: seed})
		c := inMemory(t, m)
		for _, name := range names {
			c.service(m, name)
		}
		byName := map[string]string{"vendor": m.VendorID(), "organization": m.OrganizationID()}
		for _, s := range m.Services() {
			byName[s.Name] = s.ID
		}
		text, err := json.Marshal(byName)
		must(t, err)
		return string(text)
	}
	want(t, "same", ids(7, "A", "B"), ids(7, "A", "B"))
	want(t, "in another order", ids(7, "A", "B"), ids(7, "B", "A"))
	if ids(7, "A") == ids(8, "A") {
		t.Error("another seed gave the same ids")
	}
}
