package synthesizetest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// admin speaks to the administrator's side, which needs no token.
func (c *client) admin(command, body string) reply {
	c.t.Helper()
	saved := c.token
	c.token = ""
	defer func() { c.token = saved }()
	return c.post("/admin/"+command, body)
}

func (c *client) state() (s synthesizetest.State) {
	c.t.Helper()
	must(c.t, json.Unmarshal([]byte(c.get("/admin/state").body), &s))
	return s
}

func TestAdmin_DoesOverHTTPWhatTheMethodsDo(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.service(m, "Managed Servers")
	c.account("175", "Acme")
	do := func(command, body, result string) {
		t.Helper()
		wantReply(t, command, c.admin(command, body), 200, result)
	}
	status := func(what string, status int) {
		t.Helper()
		want(t, what, c.count(id, "175", "3").status, status)
	}
	do("map-account", `{"ids":["175"]}`, `{}`)
	status("account mapped", 404)
	do("map-service", `{"services":["Managed Servers"]}`, `{}`)
	status("service mapped", 201)
	do("unmap-account", `{"ids":["175"]}`, `{}`)
	status("account unmapped", 404)
	do("auto-map", `{"clients":["Acme"]}`, `{"accounts":1,"services":0}`)
	status("auto-mapped", 201)
	do("unmap-service", `{"services":["`+id+`"]}`, `{}`)
	status("service unmapped", 404)
	do("map-all", ``, `{}`)
	status("all mapped", 201)

	c.post(countPath(id), countBody("175", "4"))
	do("finish-rebuild", ``, `{"wasPending":true}`)
	do("psa-units", `{"accountId":"175","service":"Managed Servers","units":2}`, `{}`)
	wantReply(t, "cards", c.get("/admin/cards"), 200, `[{"accountId":"175","service":"Managed Servers","account":"Acme","psaUnits":2,"vendorUnits":"4","kind":"Reconcile"}]`)
	do("approve", ``, `{"approved":1}`)
	want(t, "PSA", m.PSAUnits()[acme], "4")
	var history []synthesizetest.PairHistory
	must(t, json.Unmarshal([]byte(c.get("/admin/history").body), &history))
	want(t, "values held", len(history[0].Held), 4)

	do("inject", `{"where":{"operation":"postCount"},"times":-1,"kind":"serverError","status":503}`, `{}`)
	status("with a fault", 503)
	do("clear-faults", ``, `{}`)
	status("without", 201)
	do("rename-account", `{"id":"175","name":"Acme Inc"}`, `{}`)
	do("rename-service", `{"service":"Managed Servers","name":"Servers"}`, `{}`)
	do("switches", `{"accountShape":"isMapped"}`, `{}`)
	do("switches", `{"rateLimit":1000}`, `{}`)
	want(t, "switches not named stay", m.Switches().AccountShape, synthesizetest.WithIsMapped)

	s := c.state()
	want(t, "account", s.Accounts[0].Name, "Acme Inc")
	want(t, "service", s.Services[0].Name, "Servers")
	want(t, "count", s.Counts[0].Units, "3")
	want(t, "built", s.Built[0].Units, "4")
	want(t, "status", s.Status, synthesizetest.Active)
	want(t, "requests", s.Requests, m.Total())
	want(t, "writes", s.Writes, m.Writes())
	do("reset-log", ``, `{}`)
	want(t, "requests after a reset", c.get("/admin/requests").body, "[]")

	do("age-month", `{"keepCounts":true}`, `{}`)
	want(t, "kept", len(m.Counts()), 1)
	do("age-month", ``, `{}`)
	want(t, "cleared", len(m.Counts()), 0)
	do("rotate-partner-key", `{"partnerKey":"p2"}`, `{"partnerKey":"p2"}`)
	c.token = synthesizetest.Token(synthesizetest.DefaultVendorKey, "p2")
	want(t, "with the new key", c.get(orgPath).status, 200)
	do("disconnect", `{"keepServiceMaps":true}`, `{}`)
	want(t, "accounts", len(m.Accounts()), 0)
	want(t, "service map", m.Services()[0].Mapped, true)
	do("delete-service", `{"service":"Servers"}`, `{}`)
	want(t, "services", len(m.Services()), 0)
	do("seed-earlier", `{"accounts":[{"id":"1","name":"A","mapped":true}],"services":[{"name":"S"}],"counts":[{"accountId":"1","service":"S","units":5}]}`, `{}`)
	want(t, "seeded", m.Counts()[synthesizetest.Pair{AccountID: "1", Service: "S"}], "5")
	vendor := m.VendorID()
	do("remake", `{"newVendorId":true}`, `{}`)
	want(t, "new vendor", m.VendorID() != vendor, true)
}

func TestAdmin_SaysWhatIsWrong(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	for command, body := range map[string]string{
		"map-account": `{"ids":["9"]}`, "map-service": `{"service":"typo"}`, "inject": `{"kind":"nonsense"}`, "disconnect": `{`,
		"switches": `{"nonsense":1}`,
	} {
		r := c.admin(command, body)
		want(t, command, r.status, 400)
		if !strings.HasPrefix(r.body, `{"error":"`) {
			t.Errorf("%s: %s", command, r.body)
		}
	}
	want(t, "unknown command", c.admin("nonsense", "").status, 404)
	want(t, "a command by GET", c.get("/admin/map-all").status, 404)
	want(t, "not part of the vendor API", c.get("/api/vendor-api/admin/state").status, 404)
	want(t, "logged", m.Total(), 1)
}

func TestListen_ServesOnTheAddressGiven(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	srv, err := synthesizetest.Listen(m, "127.0.0.1:0")
	must(t, err)
	defer srv.Close()
	if _, err := synthesizetest.Listen(m, strings.TrimPrefix(srv.URL, "http://")); err == nil {
		t.Error("an address was taken twice")
	}
	resp, err := http.Get(srv.URL + "/admin/state")
	must(t, err)
	resp.Body.Close()
	want(t, "status", resp.StatusCode, 200)
}
