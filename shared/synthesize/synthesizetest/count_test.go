package synthesizetest_test

import (
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestCount_IsAcceptedWith201(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	wantReply(t, "accepted", c.count(id, "175", "12"), 201, `{"status":201,"message":"Created service unit count"}`)
	m.Switch(func(s *synthesizetest.Switches) { s.CountStatus = 200 })
	wantReply(t, "with another status in the body", c.count(id, "175", "12"), 201, `{"status":200,"message":"Created service unit count"}`)
	want(t, "posts", m.Posts()[acme], synthesizetest.Posts{Accepted: 2})
}

func TestCount_IsSetAndStoredAsGiven(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	for _, units := range []string{"12", "5.50", "0", "1e2", "0.1", "123456789012345678901234567890", "3"} {
		want(t, "status of "+units, c.count(id, "175", units).status, 201)
		want(t, "stored", m.Counts()[acme].String(), units)
	}
	want(t, "pairs", len(m.Counts()), 1)
	held := m.History()[acme]
	want(t, "values held", len(held), 7)
	want(t, "first", held[0].Units, "12")
	want(t, "second", held[1].Units, "5.50")
	if held[0].Request >= held[1].Request || held[0].At.IsZero() || held[0].At.After(held[1].At) {
		t.Errorf("not in order: %+v", held[:2])
	}
	want(t, "the request that set it", string(m.Requests()[held[1].Request-1].Body), countBody("175", "5.50"))
}

func TestCount_Of404EchoesTheAccountAndStoresNothing(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.service(m, "Managed Servers")
	wantReply(t, "no such account", c.count(id, "1", "5"), 404, `{"statusCode":404,"message":"No account map found with id: 1"}`)
	c.account("175", "Acme")
	wantReply(t, "account not mapped", c.count(id, "175", "5"), 404, `{"statusCode":404,"message":"No account map found with id: 175"}`)
	must(t, m.MapAccount("175"))
	wantReply(t, "service not mapped", c.count(id, "175", "5"), 404, `{"statusCode":404,"message":"No account map found with id: 175"}`)
	m.Switch(func(s *synthesizetest.Switches) {
		s.ServiceUnmappedMessage = "No service map found with id: {serviceId}"
	})
	wantReply(t, "service not mapped, other message", c.count(id, "175", "5"), 404, `{"statusCode":404,"message":"No service map found with id: `+id+`"}`)
	want(t, "stored", len(m.Counts())+len(m.History()), 0)
	want(t, "status", m.Status(), synthesizetest.Inactive)
	want(t, "posts", m.Posts()[acme], synthesizetest.Posts{Unmapped: 3})
	must(t, m.MapService("Managed Servers"))
	want(t, "both mapped", c.count(id, "175", "5").status, 201)
	must(t, m.UnmapAccount("175"))
	want(t, "unmapped again", c.count(id, "175", "6").status, 404)
	want(t, "what stood remains", m.Counts()[acme], "5")
	must(t, m.MapAccount("175"))
	must(t, m.UnmapService(id))
	want(t, "service unmapped again", c.count(id, "175", "6").status, 404)
}

func TestCount_ForAServiceThatIsNotThere(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	c.mapped(m)
	const gone = "64a0c0ffee0123456789abcd"
	wantReply(t, "unknown", c.count(gone, "175", "5"), 404, `{"statusCode":404,"message":"Service Not Found"}`)
	m.Switch(func(s *synthesizetest.Switches) {
		s.UnknownServiceMessage = "No account map found with id: {accountId}"
	})
	wantReply(t, "as though unmapped", c.count(gone, "175", "5"), 404, `{"statusCode":404,"message":"No account map found with id: 175"}`)
	want(t, "posts stand under the id", m.Posts()[synthesizetest.Pair{AccountID: "175", Service: gone}].Unmapped, 2)
}

func TestCount_RefusesWhatIsNotACount(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	const invalidID = "You have provided an invalid Id type"
	for body, message := range map[string]string{
		`{"accountId":175,"unitCount":1}`:                  invalidID,
		`{"accountId":"","unitCount":1}`:                   invalidID,
		`{"unitCount":1}`:                                  invalidID,
		`{"accountId":"175","clientOId":"","unitCount":1}`: invalidID,
		`{"accountId":"175"}`:                              "unitCount must be a number conforming to the specified constraints",
		`{"accountId":"175","unitCount":"1"}`:              "unitCount must be a number conforming to the specified constraints",
		`{"accountId":"175","unitCount":null}`:             "unitCount must be a number conforming to the specified constraints",
		`{"accountId":"175","unitCount":1e999}`:            "unitCount must be a number conforming to the specified constraints",
		`{"accountId":"175","unitCount":-1}`:               "unitCount must not be less than 0",
		`{"accountId":"175","unitCount":`:                  "body must be a JSON object",
		`[]`:                                               "body must be a JSON object",
	} {
		wantReply(t, body, c.post(countPath(id), body), 400, `{"statusCode":400,"message":"`+message+`","error":"Bad Request"}`)
	}
	want(t, "stored", len(m.Counts()), 0)
	want(t, "rebuilds asked for", m.RebuildRequests(), 0)
	wantReply(t, "the deprecated client id has no map", c.post(countPath(id), `{"clientOId":"64a0","unitCount":1}`), 404,
		`{"statusCode":404,"message":"No account map found with id: 64a0"}`)
}

func TestCount_CanBeLenient(t *testing.T) {
	m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{LenientNegative: true, LenientNull: true, LenientAccountID: true}})
	id := c.mapped(m)
	for body, stored := range map[string]string{
		`{"accountId":175,"unitCount":1}`:      "1",
		`{"accountId":"175","unitCount":-2.5}`: "-2.5",
		`{"accountId":"175","unitCount":null}`: "0",
	} {
		want(t, body, c.post(countPath(id), body).status, 201)
		want(t, "stored for "+body, m.Counts()[acme].String(), stored)
	}
}

func TestFirstAcceptedCount_MakesTheIntegrationActive(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.do("PATCH", orgPath+"/status/pending", "")
	c.count(id, "nobody", "1")
	want(t, "after a 404", m.Status(), synthesizetest.Pending)
	c.count(id, "175", "1")
	o := object(t, c.get(orgPath).body)
	want(t, "status", o["status"], any("active"))
	want(t, "lastSyncedAt", o["lastSyncedAt"], any(m.LastSynced().UTC().Format("2006-01-02T15:04:05.000Z")))

	c.do("PATCH", orgPath+"/status/pending", "")
	c.count(id, "175", "1")
	want(t, "a client that sets it back is seen", m.Status(), synthesizetest.Pending)
	changes := m.StatusChanges()
	want(t, "changes", len(changes), 3)
	want(t, "by a count", changes[1].Patched, false)
	want(t, "set back from", changes[2].From, synthesizetest.Active)
	want(t, "by a PATCH", changes[2].Patched, true)
}
