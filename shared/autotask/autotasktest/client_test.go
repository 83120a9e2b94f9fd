package autotasktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// caller asks a tenant over real HTTP, with its right credentials unless they are changed.
type caller struct {
	t       testing.TB
	url     string // up to and with the slash before V1.0
	with    autotasktest.Credentials
	noLogin bool
}

// start serves a tenant for a test.
func start(t testing.TB, tenant *autotasktest.Tenant) *caller {
	t.Helper()
	server := autotasktest.Start(tenant)
	t.Cleanup(server.Close)
	return &caller{t: t, url: server.URL + "/zone5/ATServicesRest/", with: autotasktest.DefaultCredentials}
}

func login(r *http.Request, c autotasktest.Credentials) {
	r.Header.Set("UserName", c.Username)
	r.Header.Set("Secret", c.Secret)
	r.Header.Set("ApiIntegrationCode", c.IntegrationCode)
}

type answer struct {
	status int
	header http.Header
	text   string
	err    error // of reading it
}

func (c *caller) do(method, path, body string) answer {
	c.t.Helper()
	url := path
	if !strings.HasPrefix(path, "http") {
		url = c.url + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if !c.noLogin {
		login(r, c.with)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text), err}
}

func (c *caller) get(path string) answer { c.t.Helper(); return c.do("GET", path, "") }
func (c *caller) post(path, body string) answer {
	c.t.Helper()
	return c.do("POST", path, body)
}

// rows is a page of rows.
type rows struct {
	Items       []struct{ ID int64 }
	PageDetails struct {
		Count, RequestCount      int
		PrevPageURL, NextPageURL *string
	}
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if a.status != 200 || a.err != nil {
		t.Fatalf("answer %d %s, %v", a.status, a.text, a.err)
	}
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		t.Fatalf("%v in %s", err, a.text)
	}
}

func (a answer) page(t testing.TB) (ids []int64, next string) {
	t.Helper()
	var p rows
	a.into(t, &p)
	for _, item := range p.Items {
		ids = append(ids, item.ID)
	}
	if len(ids) != p.PageDetails.Count {
		t.Errorf("count %d on a page of %d", p.PageDetails.Count, len(ids))
	}
	if p.PageDetails.NextPageURL != nil {
		next = *p.PageDetails.NextPageURL
	}
	return ids, next
}

// items queries items and returns the ids.
func (c *caller) items(filter string) []int64 {
	c.t.Helper()
	ids, _ := c.post("V1.0/ConfigurationItems/query", `{"Filter":[`+filter+`]}`).page(c.t)
	return ids
}

func (c *caller) count(entity, filter string) int64 {
	c.t.Helper()
	var got struct{ QueryCount int64 }
	c.post("V1.0/"+entity+"/query/count", `{"Filter":[`+filter+`]}`).into(c.t, &got)
	return got.QueryCount
}

func want[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// wantErrors expects the vendor's envelope.
func wantErrors(t testing.TB, what string, a answer, status int, text string) {
	t.Helper()
	var got struct{ Errors []string }
	err := json.Unmarshal([]byte(a.text), &got)
	if err != nil || a.status != status || len(got.Errors) != 1 || got.Errors[0] != text {
		t.Errorf("%s: got %d %q, want %d %q", what, a.status, a.text, status, text)
	}
}

const (
	items    = "V1.0/ConfigurationItems/query"
	everyRow = `{"op":"gte","field":"id","value":0}`
	all      = `{"Filter":[` + everyRow + `]}`
)

func ids(of ...int64) []int64 { return of }

// small is a tenant of 7 items, 10 to 60 and 2^40, of companies 0 and 1 and none, some without a type, 30 retired.
func small() *autotasktest.Tenant {
	tenant := autotasktest.NewTenant(autotasktest.Options{})
	tenant.SetCompany(autotasktest.Company{ID: 1, Name: "Contoso", Parent: 7})
	tenant.SetType(autotasktest.Type{ID: 3, Name: "Server"})
	for i := range int64(6) {
		tenant.AddItem(autotasktest.Item{ID: 10 * (i + 1), Company: i % 2, Type: []int64{3, 4, autotasktest.Null}[i%3], Inactive: i == 2})
	}
	tenant.AddItem(autotasktest.Item{ID: 1 << 40, Company: autotasktest.Null, Type: 3})
	return tenant
}

func list(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ",")
}
