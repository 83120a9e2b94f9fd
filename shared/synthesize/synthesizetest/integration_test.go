package synthesizetest_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestDisconnect_DeletesAccountsAndIsInactive(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	m.Disconnect(synthesizetest.Disconnecting{})
	wantReply(t, "accounts", c.get(accountsPath), 200, `[]`)
	want(t, "status", object(t, c.get(orgPath).body)["status"], any("inactive"))
	want(t, "services stay, with their ids", m.ServiceID("Managed Servers"), id)
	want(t, "counts", len(m.Counts()), 0)
	held := m.History()[acme]
	want(t, "history says so", held[len(held)-1].Cleared, true)

	c.account("175", "Acme")
	want(t, "to be mapped again by hand", c.count(id, "175", "3").status, 404)
	m.MapAll()
	want(t, "mapped again", c.count(id, "175", "4").status, 201)
	want(t, "active again", m.Status(), synthesizetest.Active)
}

func TestDisconnect_MayKeepCountsAndServiceMaps(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	m.Disconnect(synthesizetest.Disconnecting{KeepCounts: true, KeepServiceMaps: true})
	want(t, "count", m.Counts()[acme], "3")
	c.account("175", "Acme")
	must(t, m.MapAccount("175"))
	want(t, "service still mapped", c.count(id, "175", "4").status, 201)
}

func TestRemakeIntegration_GivesNewIDs(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	vendor, organization, integration := m.VendorID(), m.OrganizationID(), m.IntegrationID()

	m.RemakeIntegration(synthesizetest.Remaking{})
	want(t, "vendor", m.VendorID(), vendor)
	want(t, "organization", m.OrganizationID(), organization)
	want(t, "integration is new", m.IntegrationID() != integration, true)
	want(t, "service is there", len(m.Services()), 1)
	want(t, "its id is new", m.Services()[0].ID != id, true)
	want(t, "it is not mapped", m.Services()[0].Mapped, false)
	want(t, "accounts", len(m.Accounts()), 0)
	want(t, "counts", len(m.Counts()), 0)
	o := object(t, c.get(orgPath).body)
	want(t, "status", o["status"], any("inactive"))
	want(t, "never synced", o["lastSyncedAt"], any("1900-06-18T17:11:28.553Z"))
	want(t, "old service id", c.count(id, "175", "3").body, `{"statusCode":404,"message":"Service Not Found"}`)
	want(t, "history stands under the old id",
		len(m.History()[synthesizetest.Pair{AccountID: "175", Service: "Managed Servers (" + id + ")"}]), 2)

	m.RemakeIntegration(synthesizetest.Remaking{NewVendorID: true, NoServices: true, VendorKey: "v", PartnerKey: "p"})
	want(t, "vendor is new", m.VendorID() != vendor, true)
	want(t, "services", len(m.Services()), 0)
	want(t, "old keys", c.get(orgPath).status, 401)
	c.token = synthesizetest.Token("v", "p")
	want(t, "new keys", object(t, c.get(orgPath).body)["vendorId"], any(m.VendorID()))

	m.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	want(t, "organization is new", m.OrganizationID() != organization, true)
}

func TestRenameService_KeepsIDMappingAndCounts(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	must(t, m.RenameService("Managed Servers", "Servers"))
	want(t, "id", m.ServiceID("Servers"), id)
	want(t, "count", m.Counts()[synthesizetest.Pair{AccountID: "175", Service: "Servers"}], "3")
	want(t, "still mapped", c.count(id, "175", "4").status, 201)
	must(t, m.RenameAccount("175", "Acme Inc"))
	wantReply(t, "account", c.get(accountsPath), 200, `[{"id":"175","name":"Acme Inc","description":""}]`)
}

func TestDeleteService_TakesItsCountsAndANewOneHasAnotherID(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	must(t, m.DeleteService(id))
	want(t, "counts", len(m.Counts()), 0)
	want(t, "skus", len(object(t, c.get(vendorPath).body)["data"].(map[string]any)["skus"].([]any)), 0)
	want(t, "made again under another id", c.service(m, "Managed Servers") != id, true)
}

func TestSameNamedServices_AreToldApartByID(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	first := c.mapped(m)
	c.service(m, "Managed Servers")
	m.MapAll()
	second := m.Services()[1].ID
	c.count(first, "175", "1")
	c.count(second, "175", "2")
	want(t, "first", m.Counts()[acme], "1")
	want(t, "second", m.Counts()[synthesizetest.Pair{AccountID: "175", Service: "Managed Servers (" + second + ")"}], "2")
}

func TestSeedEarlier_StandsAsAnEarlierIntegrationLeftIt(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	must(t, m.SeedEarlier(synthesizetest.Earlier{
		Accounts: []synthesizetest.Account{{ID: "175", Name: "Acme", Mapped: true}, {ID: "176", Name: "B"}},
		Services: []synthesizetest.Service{{Name: "Managed Servers", Mapped: true}, {Name: "Network Devices", Category: "infrastructure"}},
		Counts:   []synthesizetest.EarlierCount{{AccountID: "175", Service: "Managed Servers", Units: "3"}},
	}))
	want(t, "status", m.Status(), synthesizetest.Active)
	want(t, "stored", m.Counts()[acme], "3")
	want(t, "built", m.Built()[acme], "3")
	want(t, "by no request", m.History()[acme][0].Request, 0)
	want(t, "category", m.Services()[1].Category, "infrastructure")
	want(t, "default category", m.Services()[0].Category, "other")
	want(t, "mapped pair", c.count(m.ServiceID("Managed Servers"), "175", "4").status, 201)
	want(t, "unmapped account", c.count(m.ServiceID("Managed Servers"), "176", "4").status, 404)
	want(t, "unmapped service", c.count(m.ServiceID("Network Devices"), "175", "4").status, 404)
}

func TestSeedEarlier_RefusesWhatDoesNotFit(t *testing.T) {
	m := synthesizetest.New(synthesizetest.Options{})
	count := []synthesizetest.EarlierCount{{AccountID: "1", Service: "S", Units: "3"}}
	for name, e := range map[string]synthesizetest.Earlier{
		"account twice": {Accounts: []synthesizetest.Account{{ID: "1"}, {ID: "1"}}},
		"no account":    {Services: []synthesizetest.Service{{Name: "S"}}, Counts: count},
		"no service":    {Accounts: []synthesizetest.Account{{ID: "1"}}, Counts: count},
	} {
		if m.SeedEarlier(e) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	want(t, "nothing changed", len(m.Accounts())+len(m.Services()), 0)
}

func TestAgeMonth_KeepsOrClearsCounts(t *testing.T) {
	bubble(t, synthesizetest.Options{Switches: synthesizetest.Switches{Debounce: time.Second}},
		func(t *testing.T, m *synthesizetest.Simulator, c *client) {
			id := c.mapped(m)
			m.SetPSAUnits(acme, "3")
			c.post(countPath(id), countBody("175", "3"))
			time.Sleep(time.Minute)
			m.AgeMonth(true)
			want(t, "kept", m.Counts()[acme], "3")
			want(t, "card", m.Cards()[0].VendorUnits, "3")
			m.AgeMonth(false)
			want(t, "cleared", len(m.Counts()), 0)
			want(t, "card", m.Cards()[0].VendorUnits, synthesizetest.Dash)
			want(t, "a missing count never lowers the PSA", m.Cards()[0].PSAUnits, "3")
			want(t, "accounts stay mapped", c.count(id, "175", "3").status, 201)
		})
}
