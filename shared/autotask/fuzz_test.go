package autotask

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// canned answers the zone lookup rightly, and everything else with one body.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := c.status, c.body
	if strings.HasSuffix(r.URL.Path, "/zoneInformation") {
		status, body = http.StatusOK, []byte(`{"zoneName":"Z","url":"http://127.0.0.1/rest/","ci":9}`)
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

// impatient is a client that asks once.
func impatient(t *testing.T, transport http.RoundTripper) *Client {
	t.Helper()
	c, err := New(Config{
		BaseURL: "http://127.0.0.1", HTTP: &http.Client{Transport: transport}, Patience: 1,
		Credentials: func(context.Context, bool) (Credentials, error) {
			return Credentials{Username: "api@example.com", Secret: fuzzSecret, IntegrationCode: "TRACKINGCODE", Version: "v1"}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const fuzzSecret = "s3cr3t~$#@=w0rd"

// FuzzAnswers gives a client any answer to any of its questions. Nothing wrong may be believed, every error says which
// question it was, and none repeats the secret, even if the vendor does.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"externalRequestThreshold":10000,"requestThresholdTimeframe":60,"currentTimeframeRequestCount":12}`,
		`{"queryCount":17}`, `{"queryCount":-1}`, `{"queryCount":17,"errors":["no"]}`, `{"QueryCount":1}`,
		`{"info":{"name":"Company","canQuery":true,"userAccessForQuery":"All"}}`, `{"info":{"userAccessForQuery":2}}`, `{"info":null}`,
		`{"items":[{"id":0,"companyName":"Own","isActive":true,"companyType":1},{"id":175,"companyName":" A\tB ","isActive":false,"companyType":null}],` + details + `}`,
		`{"fields":[{"name":"companyType","picklistValues":[{"value":"1","label":"Customer","isActive":true},{"value":2,"label":"Lead"}]}]}`,
		`{"errors":["bad login ` + fuzzSecret + ` IntegrationCode is invalid"]}`, `{"Errors":{"x":"` + fuzzSecret + `"}}`, `{"errors":["s3cr3t~$#@\u0000=w0rd"]}`,
		`{"fields":[{"name":"companyType","picklistValues":[{"value":"x","label":"` + fuzzSecret + `"}]}]}`,
		`<html>`, ``, `null`, `{"items":[],"pageDetails":{}}`, `{"externalRequestThreshold":-1,"requestThresholdTimeframe":9223372036854775807,"currentTimeframeRequestCount":-9223372036854775808}`,
	} {
		for question := range uint8(6) {
			f.Add(question, uint16(200), []byte(body))
		}
		f.Add(uint8(1), uint16(500), []byte(body))
	}
	f.Add(uint8(0), uint16(401), []byte(``))
	f.Fuzz(func(t *testing.T, question uint8, status uint16, body []byte) {
		if status < 200 || status > 599 || status >= 300 && status < 400 {
			status = 200
		}
		c := impatient(t, canned{int(status), body})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var err error
		switch question % 6 {
		case 0:
			var b Budget
			if b, err = c.Budget(ctx); err == nil && b.Left() < 0 {
				t.Fatalf("%d requests left", b.Left())
			}
		case 1:
			var n int64
			if n, err = c.Count(ctx, Companies, Eq(fieldActive, true)); err == nil && n < 0 {
				t.Fatalf("a count of %d", n)
			}
		case 2:
			var a Access
			if a, err = c.QueryAccess(ctx, Companies); err == nil && a != AccessAll && a != AccessNone && a != AccessRestricted && a != AccessUnknown {
				t.Fatalf("access %q", a)
			}
		case 3:
			var own Company
			if own, err = c.OwnCompany(ctx); err == nil && (own.ID != 0 || strings.ContainsFunc(own.Name, unicode.IsControl)) {
				t.Fatalf("the own company is %+v", own)
			}
		case 4:
			var types []Type
			if types, err = c.CompanyTypes(ctx); err == nil && len(types) == 0 {
				t.Fatal("an empty list of company types was taken for one")
			}
		case 5:
			rows := []Company{}
			if _, err = readPage(ctx, c, c.companies(), everything, &rows); err == nil {
				last := int64(-1)
				for _, r := range rows {
					if r.ID <= last || r.Name != clean(r.Name) {
						t.Fatalf("row %+v after id %d", r, last)
					}
					last = r.ID
				}
				var other struct{ Items []json.RawMessage }
				if json.Unmarshal([]byte(strings.ToValidUTF8(string(body), "?")), &other) != nil || len(other.Items) != len(rows) {
					t.Fatalf("%d rows, another decoder finds %d", len(rows), len(other.Items))
				}
			}
		}
		if err == nil {
			if status > 299 {
				t.Fatalf("status %d was taken for an answer", status)
			}
			return
		}
		if !strings.Contains(err.Error(), "Autotask") || vendorapi.KindOf(err) == "" && !vendorapi.IsRefused(err) {
			t.Fatalf("an error that does not say whose it is: %v", err)
		}
		if strings.Contains(err.Error(), fuzzSecret) {
			t.Fatalf("the secret shows: %v", err)
		}
		if len(err.Error()) > 2000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
	})
}

// FuzzZone: wherever a zone answer sends us, credentials go to the vendor's own hosts or to this machine.
func FuzzZone(f *testing.F) {
	for _, address := range []string{
		"https://webservices3.autotask.net/ATServicesRest/", "https://autotask.net/", "https://evil.com/.autotask.net", "https://x.autotask.net@evil.com/",
		"http://webservices3.autotask.net/", "https://webservices3.autotask.net:443/a/b", "http://127.0.0.1:8080/ATServicesRest/", "https://[::1]/", "https://x.autotask.net/%2e%2e/",
		"//x.autotask.net/", "https://x.autotask.net./", "https://x.AUTOTASK.net?x#y", "https:x.autotask.net", "https://x.autotask.net\\@evil.com/",
	} {
		f.Add(address, false)
		f.Add(address, true)
	}
	vendor, err := url.Parse(DefaultBaseURL)
	if err != nil {
		f.Fatal(err)
	}
	local, err := url.Parse("http://127.0.0.1:8080")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string, here bool) {
		base := vendor
		if here {
			base = local
		}
		got, err := checkZoneURL(address, base)
		if err != nil {
			if got != "" || !strings.Contains(err.Error(), "credentials are not sent") {
				t.Fatalf("%q, %v", got, err)
			}
			return
		}
		r, err := http.NewRequest(http.MethodGet, got+"/V1.0/Companies/query", nil)
		if err != nil {
			t.Fatalf("no request can be made of %q: %v", got, err)
		}
		host := strings.ToLower(r.URL.Hostname())
		ours := here && vendorapi.IsLoopback(host)
		theirs := r.URL.Scheme == "https" && strings.HasSuffix(host, ".autotask.net") && (r.URL.Port() == "" || r.URL.Port() == "443")
		if !ours && !theirs || r.URL.User != nil || r.URL.RawQuery != "" || !strings.HasSuffix(r.URL.EscapedPath(), "/V1.0/Companies/query") {
			t.Fatalf("credentials would go to %s", r.URL)
		}
		if again, err := checkZoneURL(got, base); err != nil || again != got {
			t.Fatalf("%q is not good a second time: %q, %v", got, again, err)
		}
	})
}

// FuzzWalk lets both walkers go over ids made of any bytes: every id is counted once, whatever the gaps, the page size and
// where the last read would have them begin.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{1, 1, 1}, int64(0), uint8(0))
	f.Add(bytes.Repeat([]byte{1}, 1600), int64(800), uint8(0))
	f.Add(bytes.Repeat([]byte{1, 2, 60, 3}, 700), int64(1<<40), uint8(1))
	f.Add(append(bytes.Repeat([]byte{1}, 2000), bytes.Repeat([]byte{40}, 1100)...), int64(-5), uint8(2))
	f.Fuzz(func(t *testing.T, gaps []byte, startAt int64, extra uint8) {
		if len(gaps) > 1<<13 {
			return
		}
		var rows []device
		id := int64(-1)
		for i, g := range gaps {
			gap := int64(g%7) + 1
			if g > 200 {
				gap = int64(1) << (g % 40)
			}
			if id > math.MaxInt64-gap {
				break
			}
			id += gap
			for n := range int64(extra%4) + 1 { // some dense rows beside it
				if n > 0 {
					id++
				}
				rows = append(rows, device{id: id, company: int64(i % 13), typ: int64(g % 5)})
			}
		}
		m := &instant{memory{rows: rows}}
		var hint []int64
		if startAt != 0 {
			hint = []int64{startAt}
		}
		counts, err := countItems(t.Context(), m, hint, func(int64) error { return nil }, func(_, _ int64) {})
		if err != nil {
			t.Fatal(err)
		}
		if counts.Items != int64(len(rows)) || !maps.Equal(counted(counts), truth(rows)) {
			t.Fatalf("%d rows, %d counted, or not where they are", len(rows), counts.Items)
		}
		if pages := len(rows) / pageSize; m.requests > 2*pages+20 {
			t.Fatalf("%d requests for %d pages", m.requests, pages)
		}
	})
}

// instant is a source that answers at once, as no virtual clock runs under the fuzzer.
type instant struct{ memory }

func (m *instant) page(_ context.Context, within span, into *itemPage) error {
	rows := m.between(within)
	into.pageInfo = pageInfo{rows: min(len(rows), pageSize), count: -1, more: len(rows) > pageSize}
	into.rows = into.rows[:0]
	for _, d := range rows[:into.pageInfo.rows] {
		into.rows = append(into.rows, itemRow{d.id, d.company, d.typ})
	}
	m.mu.Lock()
	m.requests++
	m.mu.Unlock()
	return nil
}

func (m *instant) count(_ context.Context, within span) (int64, error) {
	return int64(len(m.between(within))), nil
}

func TestAnswers_OfStatus200WithErrors_AreNoAnswers(t *testing.T) {
	for question, ask := range map[string]func(*Client) error{
		`{"queryCount":17,"errors":["Object reference not set"]}`:                                                        func(c *Client) error { _, err := c.Count(t.Context(), Companies, Eq(fieldActive, true)); return err },
		`{"externalRequestThreshold":1,"requestThresholdTimeframe":60,"currentTimeframeRequestCount":0,"errors":["no"]}`: func(c *Client) error { _, err := c.Budget(t.Context()); return err },
	} {
		if err := ask(impatient(t, canned{http.StatusOK, []byte(question)})); err == nil || !strings.Contains(err.Error(), "carries errors") {
			t.Errorf("%s: %v", question, err)
		}
	}
}
