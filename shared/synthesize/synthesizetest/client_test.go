package synthesizetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// client speaks to a simulator as plainly as possible.
type client struct {
	t     testing.TB
	http  *http.Client
	base  string
	token string
}

type reply struct {
	status int
	body   string
	header http.Header
	err    error // of the connection, or of reading the body
}

// start serves a simulator over real HTTP.
func start(t testing.TB, o synthesizetest.Options) (*synthesizetest.Simulator, *client) {
	m := synthesizetest.New(o)
	srv := synthesizetest.Start(m)
	t.Cleanup(srv.Close)
	// A transport of its own, without connections kept: net/http repeats a GET by itself on a used one.
	tr := &http.Transport{DisableKeepAlives: true}
	return m, &client{t, &http.Client{Transport: tr}, srv.URL, defaultToken}
}

// inMemory speaks to a simulator without a socket, for virtual time.
func inMemory(t testing.TB, m *synthesizetest.Simulator) *client {
	return &client{t, &http.Client{Transport: m.Transport()}, "http://synthesize.invalid", defaultToken}
}

var defaultToken = synthesizetest.Token(synthesizetest.DefaultVendorKey, synthesizetest.DefaultPartnerKey)

func (c *client) do(method, path, body string) reply {
	return c.doContext(context.Background(), method, path, body)
}

func (c *client) doContext(ctx context.Context, method, path, body string) reply {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Gradient-Token", c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, string(text), resp.Header, err}
}

func (c *client) get(path string) reply        { return c.do("GET", path, "") }
func (c *client) post(path, body string) reply { return c.do("POST", path, body) }

const (
	vendorPath   = "/api/vendor-api"
	servicePath  = "/api/vendor-api/service"
	orgPath      = "/api/vendor-api/organization"
	accountsPath = "/api/vendor-api/organization/accounts"
)

func countPath(serviceID string) string { return servicePath + "/" + serviceID + "/count" }

// service creates a service and returns its id.
func (c *client) service(m *synthesizetest.Simulator, name string) string {
	c.t.Helper()
	r := c.post(servicePath, fmt.Sprintf(`{"name":%q,"description":"","category":"other","subcategory":"other"}`, name))
	want(c.t, "creating a service", r.status, 201)
	return m.ServiceID(name)
}

func (c *client) account(id, name string) {
	c.t.Helper()
	want(c.t, "creating an account", c.post(accountsPath, fmt.Sprintf(`[{"id":%q,"name":%q,"description":""}]`, id, name)).status, 201)
}

// count posts units without asking for a rebuild.
func (c *client) count(serviceID, accountID, units string) reply {
	return c.post(countPath(serviceID)+"?no_build=true", countBody(accountID, units))
}

func countBody(accountID, units string) string {
	return fmt.Sprintf(`{"accountId":%q,"unitCount":%s}`, accountID, units)
}

// mapped makes account 175 and a service, both mapped, and returns the service's id.
func (c *client) mapped(m *synthesizetest.Simulator) string {
	c.t.Helper()
	id := c.service(m, "Managed Servers")
	c.account("175", "Acme")
	m.MapAll()
	return id
}

var acme = synthesizetest.Pair{AccountID: "175", Service: "Managed Servers"}

func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantReply(t testing.TB, what string, r reply, status int, body string) {
	t.Helper()
	if r.err != nil || r.status != status || r.body != body {
		t.Errorf("%s: got %d %s (%v), want %d %s", what, r.status, r.body, r.err, status, body)
	}
}

// object decodes a body that has to be an object.
func object(t testing.TB, body string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatalf("not an object: %v: %s", err, body)
	}
	return o
}

func array(t testing.TB, body string) []map[string]any {
	t.Helper()
	var a []map[string]any
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("not an array: %v: %s", err, body)
	}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lost(r reply) bool {
	return errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF)
}
