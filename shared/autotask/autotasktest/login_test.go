package autotasktest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

func (c *caller) zone(prefix string) (url string) {
	c.t.Helper()
	var got struct{ URL string }
	server, _, _ := strings.Cut(c.url, "/zone5")
	c.do("GET", server+prefix+"?user="+autotasktest.DefaultCredentials.Username, "").into(c.t, &got)
	return strings.TrimPrefix(got.URL, server)
}

func TestZone_NeedsNoLoginAndNamesTheHostThatWasAsked(t *testing.T) {
	c := start(t, small())
	c.noLogin = true
	for _, path := range []string{"/atservicesrest/v1.0/zoneInformation", "/ATServicesRest//V1.0/ZONEINFORMATION", "/other/AtServicesRest/V1.0/zoneInformation"} {
		want(t, path, c.zone(path), "/zone5/ATServicesRest/")
	}
}

func TestZone_AnUnknownUserIs500(t *testing.T) {
	c := start(t, small())
	for _, user := range []string{"", "?user=", "?user=nobody@msp.example"} {
		wantErrors(t, user, c.get("V1.0/zoneInformation"+user), 500, "Zone information could not be determined")
	}
}

func TestZone_ItsURLCanBeAnything(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	for _, url := range []string{"http://elsewhere.example/ATServicesRest/", "/without/slash"} {
		tenant.Switch(func(s *autotasktest.Switches) { s.ZoneURL = func(string, string) string { return url } })
		want(t, "url", c.zone("/atservicesrest/v1.0/zoneInformation"), url)
	}
}

func TestVersions_V2IsListedAndNotThere(t *testing.T) {
	c := start(t, small())
	c.noLogin = true
	want(t, "versions", c.get("versioninformation").text, `{"apiVersions":["V1.0","V2.0"]}`)
	for _, path := range []string{"V2.0/zoneInformation", "V2.0/Companies/0", "Companies/0"} {
		want(t, path, c.get(path).status, 404)
	}
}

func TestLogin_AnythingWrongIsAnEmpty401(t *testing.T) {
	right := autotasktest.DefaultCredentials
	for name, with := range map[string]autotasktest.Credentials{
		"user":    {Username: "nobody", Secret: right.Secret, IntegrationCode: right.IntegrationCode},
		"secret":  {Username: right.Username, Secret: "wrong", IntegrationCode: right.IntegrationCode},
		"code":    {Username: right.Username, Secret: right.Secret, IntegrationCode: "wrong"},
		"nothing": {},
	} {
		c := start(t, small())
		c.with = with
		a := c.get("V1.0/Version")
		want(t, name, a.status, 401)
		want(t, name+": body", a.text, "")
		want(t, name+": length", a.header.Get("Content-Length"), "0")
		want(t, name+": hint", strings.HasPrefix(a.header.Get("WWW-Authenticate"), `Basic Realm="`), true)
	}
	want(t, "right", start(t, small()).get("V1.0/Version").status, 200)
}

func TestLogin_As2023_UserAndCodeAre500WithAText(t *testing.T) {
	tenant := small()
	tenant.Switch(func(s *autotasktest.Switches) { s.Errors2023 = true })
	c := start(t, tenant)
	c.with.IntegrationCode = "wrong"
	wantErrors(t, "code", c.get("V1.0/Version"), 500, "IntegrationCode is invalid.")
	c.with = autotasktest.DefaultCredentials
	c.with.Username = "nobody"
	wantErrors(t, "user", c.get("V1.0/Version"), 500, "Zone information could not be determined")
	c.with = autotasktest.DefaultCredentials
	c.with.Secret = "wrong"
	want(t, "secret", c.get("V1.0/Version").status, 401)
}

func TestLogin_ARotatedSecretIsTakenAtOnce(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	fresh := autotasktest.DefaultCredentials
	fresh.Secret = "new"
	tenant.SetCredentials(fresh)
	want(t, "old", c.get("V1.0/Version").status, 401)
	c.with = fresh
	want(t, "new", c.get("V1.0/Version").status, 200)
}

func TestLogin_LockedOutEvenTheRightSecretIs401UntilUnlocked(t *testing.T) {
	tenant := small()
	tenant.Switch(func(s *autotasktest.Switches) { s.LockoutAfter = 3 })
	c := start(t, tenant)
	try := func(secret string) int {
		c.with.Secret = secret
		return c.get("V1.0/Version").status
	}
	right := autotasktest.DefaultCredentials.Secret
	var got []int
	for _, secret := range []string{"a", "b", right, "a", "b", "c", right} { // a success in between forgives
		got = append(got, try(secret))
	}
	want(t, "statuses", got, []int{401, 401, 200, 401, 401, 401, 401})
	tenant.Unlock()
	want(t, "unlocked", try(right), 200)
}

func TestLogin_AMovedTenantIs401AtItsOldZone(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	tenant.MoveZone("zone29", 7)
	want(t, "old zone", c.get("V1.0/Version").status, 401)
	want(t, "zone call", c.zone("/atservicesrest/v1.0/zoneInformation"), "/zone29/ATServicesRest/")
	c.url = strings.Replace(c.url, "zone5", "zone29", 1)
	want(t, "new zone", c.get("V1.0/Version").status, 200)
}

func TestPaths_AnyCaseAndDoubleSlashesAreTaken(t *testing.T) {
	c := start(t, small())
	c.url = strings.TrimSuffix(strings.Replace(c.url, "ATServicesRest", "atservicesREST", 1), "/")
	want(t, "path", c.do("GET", c.url+"//v1.0/COMPANIES/0", "").status, 200)
	want(t, "unknown entity", c.do("GET", c.url+"/V1.0/Widgets/0", "").status, 404)
	want(t, "wrong method", c.do("DELETE", c.url+"/V1.0/Companies/0", "").status, 405)
}

func TestLog_KeepsNoSecret(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	c.post(items, all)
	c.with.Secret = "a-wrong-secret"
	c.get("V1.0/Version")
	log := tenant.Requests()
	text, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{c.with.Secret, autotasktest.DefaultCredentials.Secret, autotasktest.DefaultCredentials.IntegrationCode} {
		if strings.Contains(string(text)+fmt.Sprintf("%+v", log), secret) {
			t.Errorf("the log holds a secret: %s", text)
		}
	}
	right := log[0]
	want(t, "first", []any{right.Method, right.Entity, right.Operation, right.Body, right.Status, right.Authenticated, right.InFlight}, []any{"POST", "ConfigurationItems", "query", all, 200, true, 1})
	want(t, "headers are named", strings.Contains(strings.Join(right.Headers, " "), "Secret User-Agent Username"), true)
	wrong := log[1]
	want(t, "second", []bool{wrong.UserRight, wrong.SecretRight, wrong.CodeRight, wrong.Authenticated, wrong.SentLogin}, []bool{true, false, true, false, true})
}
