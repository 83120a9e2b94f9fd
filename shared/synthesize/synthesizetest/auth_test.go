package synthesizetest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const unauthorized = `{"statusCode":401,"message":"Unauthorized"}`

func TestToken_IsCheckedOnEveryCall(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	encode := base64.StdEncoding.EncodeToString
	tokens := map[string]string{
		"none":                  "",
		"not base64":            "%%%",
		"wrong partner key":     encode([]byte("local-vendor-key:other")),
		"wrong vendor key":      encode([]byte("other:local-partner-key")),
		"keys swapped":          encode([]byte("local-partner-key:local-vendor-key")),
		"no colon":              encode([]byte("local-vendor-keylocal-partner-key")),
		"stray newline in it":   encode([]byte("local-vendor-key:local-partner-key\n")),
		"without its padding":   strings.TrimRight(encode([]byte("local-vendor-key:local-partner-key")), "="),
		"an Authorization type": "Bearer " + defaultToken,
	}
	calls := []struct{ method, path, body string }{
		{"GET", vendorPath, ""}, {"PATCH", vendorPath, `{"name":"x"}`}, {"POST", servicePath, "{}"},
		{"GET", servicePath + "/" + id, ""}, {"PATCH", servicePath + "/" + id, ""},
		{"POST", countPath(id), countBody("175", "1")}, {"GET", orgPath, ""}, {"PATCH", orgPath + "/status/pending", ""},
		{"GET", accountsPath, ""}, {"POST", accountsPath, "[]"}, {"PATCH", accountsPath, "[]"},
		{"PATCH", accountsPath + "/175", "{}"},
	}
	for name, token := range tokens {
		if name == "without its padding" && token == defaultToken {
			t.Fatal("the default keys make a token without padding; choose others")
		}
		c.token = token
		for _, call := range calls {
			wantReply(t, name+": "+call.method+" "+call.path, c.do(call.method, call.path, call.body), 401, unauthorized)
		}
	}
	want(t, "counts stored", len(m.Counts()), 0)
}

func TestToken_SplitsAtTheFirstColon(t *testing.T) {
	_, c := start(t, synthesizetest.Options{VendorKey: "v", PartnerKey: "p:with:colons"})
	c.token = synthesizetest.Token("v", "p:with:colons")
	want(t, "status", c.get(orgPath).status, 200)
}

func TestAuthorizationHeader_IsIgnored(t *testing.T) {
	_, c := start(t, synthesizetest.Options{})
	r, _ := http.NewRequest("GET", c.base+orgPath, nil)
	r.Header.Set("Gradient-Token", defaultToken)
	r.Header.Set("Authorization", "Bearer nonsense")
	resp, err := c.http.Do(r)
	must(t, err)
	resp.Body.Close()
	want(t, "status", resp.StatusCode, 200)
}

func TestUnknownPath_Is404WithAMessageOfItsOwn(t *testing.T) {
	_, c := start(t, synthesizetest.Options{})
	for _, call := range [][2]string{
		{"GET", "/api/vendor-api/services"}, {"GET", "/api/vendor-api/service"}, {"DELETE", accountsPath + "/175"},
		{"POST", orgPath}, {"GET", "/api/vendor-apix"}, {"GET", "/"}, {"GET", orgPath + "/clients"}, {"GET", accountsPath + "/175"},
	} {
		wantReply(t, call[0]+" "+call[1], c.do(call[0], call[1], ""), 404,
			fmt.Sprintf(`{"statusCode":404,"message":"Cannot %s %s"}`, call[0], call[1]))
	}
}

func TestRotatePartnerKey_RefusesTheOldOneAndKeepsEverything(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	c.count(id, "175", "3")
	key := m.RotatePartnerKey("")
	want(t, "with the old key", c.get(orgPath).status, 401)
	c.token = synthesizetest.Token(synthesizetest.DefaultVendorKey, key)
	want(t, "with the new key", c.count(id, "175", "4").status, 201)
	want(t, "accounts", len(m.Accounts()), 1)
}

func TestNothingThatPrintsShowsAKey(t *testing.T) {
	o := synthesizetest.Options{VendorKey: "secret-v", PartnerKey: "secret-p"}
	m, c := start(t, o)
	c.token = synthesizetest.Token("secret-v", "secret-p")
	want(t, "status", c.get(orgPath).status, 200)
	text := fmt.Sprintf("%v %+v %#v %+v %+v", o, o, o, m.Requests(), m.State())
	text += c.get("/admin/requests").body
	for _, secret := range []string{"secret-v", "secret-p", c.token} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is shown", secret)
		}
	}
	want(t, "header in the log", m.Requests()[0].Header.Get("Gradient-Token"), "redacted")
}
