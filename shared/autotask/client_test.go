package autotask

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// virtual runs a test in virtual time.
func virtual(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestNew_HTTPToAnotherMachine_IsRefused(t *testing.T) {
	if _, err := New(Config{BaseURL: "http://webservices.autotask.net"}); err == nil || !strings.Contains(err.Error(), "AUTOTASK_URL") {
		t.Errorf("got %v", err)
	}
}

func TestClassify_ByStatusAndText(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		want   vendorapi.Verdict
	}{
		{401, ``, vendorapi.Refused},
		{500, `{"errors":["IntegrationCode is invalid."]}`, vendorapi.Refused},
		{429, ``, vendorapi.Throttled},
		{429, `{"errors":["The Autotask API thread threshold of 3 threads has been exceeded."]}`, vendorapi.Throttled},
		{500, `{"errors":["The Autotask API thread threshold of 3 threads has been exceeded."]}`, vendorapi.Throttled},
		{500, `{"errors":["Itgenatr005: too many"]}`, vendorapi.Throttled},
		{403, ``, vendorapi.Fault},
		{500, `{"errors":["The logged in Resource does not have the adequate permissions to query this."]}`, vendorapi.Fault},
		{500, "{\"errors\":[\"Value cannot be null.\\r\\nParameter name: filters\"]}", vendorapi.Permanent},
		{500, `{"errors":["maxCountOfRecordsToReturn must be between 1 and 500"]}`, vendorapi.Permanent},
		{500, `{"errors":["Unable to find typ in the ConfigurationItem Entity."]}`, vendorapi.Permanent},
		{500, `{"errors":["Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."]}`, vendorapi.Permanent},
		{404, ``, vendorapi.Permanent},
		{405, `{"Message":"The requested resource does not support http method 'GET'."}`, vendorapi.Permanent},
		{302, ``, vendorapi.Permanent},
		{500, `{"errors":["Object reference not set to an instance of an object."]}`, vendorapi.RetryUnclear},
		{500, `<html>`, vendorapi.RetryUnclear},
		{502, ``, vendorapi.RetryUnclear},
		{503, ``, vendorapi.RetryUnclear},
		{504, ``, vendorapi.RetryUnclear},
	} {
		if got := classify(vendorapi.Answer{Status: c.status, Body: []byte(c.body)}); got != c.want {
			t.Errorf("%d %s: %v, want %v", c.status, c.body, got, c.want)
		}
	}
}

// answers gives each of these once, at the third request and those after it.
func (s *tenant) answers(give ...func(w http.ResponseWriter)) {
	s.before = func(a asked, w http.ResponseWriter) bool {
		if i := a.index - 2; i >= 0 && i < len(give) {
			give[i](w)
			return true
		}
		return false
	}
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code); fmt.Fprint(w, body) }
}

func TestCountItems_WhatPasses_IsWaitedFor(t *testing.T) {
	for name, fault := range map[string]func(http.ResponseWriter){
		"429":              status(429, `thread threshold of 3 threads has been exceeded`),
		"threads in a 500": status(500, `{"errors":["thread threshold of 3 threads has been exceeded"]}`),
		"500":              status(500, `{"errors":["Object reference not set to an instance of an object."]}`),
		"503 HTML":         status(503, `<html>`),
		"200 with errors":  status(200, `{"errors":["timeout"],"items":[],"pageDetails":{"count":0}}`),
		"200 null items":   status(200, `{"items":null,"pageDetails":{"count":0}}`),
		"200 empty":        status(200, ``),
		"200 HTML":         status(200, `<html>`),
		"200 truncated":    status(200, `{"items":[{"id":1,"companyID":2,"config`),
		"reset":            func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"reset mid-body": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "900")
			fmt.Fprint(w, `{"items":[`)
			panic(http.ErrAbortHandler)
		},
	} {
		virtual(t, name, func(t *testing.T) {
			s := newTenant(even(3_000))
			s.serving = served
			s.answers(fault, fault, fault)
			c := login(t, s)
			counts, err := c.CountItems(t.Context(), nil)
			if err != nil || counts.Items != 3_000 {
				t.Errorf("got %d items, %v", counts.Items, err)
			}
			if c.Requests() != int64(len(s.log)) {
				t.Errorf("says %d requests, sent %d", c.Requests(), len(s.log))
			}
		})
	}
}

func retryAfter(seconds string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.Header().Set("Retry-After", seconds); w.WriteHeader(429) }
}

func TestCountItems_TheHourIsSpent_AShortWaitIsWaitedForAndALongOneNot(t *testing.T) {
	virtual(t, "a minute", func(t *testing.T) {
		s := newTenant(even(3_000))
		s.answers(retryAfter("60"))
		c := login(t, s)
		begun := time.Now()
		if counts, err := c.CountItems(t.Context(), nil); err != nil || counts.Items != 3_000 || time.Since(begun) < time.Minute {
			t.Errorf("after %v: %d items, %v", time.Since(begun), counts.Items, err)
		}
	})
	virtual(t, "half an hour", func(t *testing.T) {
		s := newTenant(even(3_000))
		s.answers(retryAfter("1800"), retryAfter("1800"))
		c := login(t, s)
		begun := time.Now()
		_, err := c.CountItems(t.Context(), nil)
		var failed *vendorapi.Error
		if !errors.As(err, &failed) || failed.Kind != vendorapi.Unavailable || failed.RetryAfter < 29*time.Minute || time.Since(begun) > time.Minute {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if len(s.log) > 4 {
			t.Errorf("%d requests to a tenant whose hour is spent", len(s.log))
		}
	})
}

func TestCountItems_WhatDoesNotPass_EndsTheReadAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(http.ResponseWriter)
		kind  vendorapi.Kind
	}{
		{"no rights", status(500, `{"errors":["The logged in Resource does not have the adequate permissions."]}`), vendorapi.Faulted},
		{"403", status(403, ``), vendorapi.Faulted},
		{"a query of ours is wrong", status(500, `{"errors":["Unable to find x in the ConfigurationItem Entity."]}`), vendorapi.Rejected},
		{"the same in a 200", status(200, `{"errors":["Unable to find x in the ConfigurationItem Entity."]}`), vendorapi.Rejected},
		{"404", status(404, ``), vendorapi.Rejected},
		{"405", status(405, `{"Message":"does not support http method"}`), vendorapi.Rejected},
	} {
		virtual(t, c.name, func(t *testing.T) {
			s := newTenant(even(3_000))
			s.answers(c.fault, c.fault, c.fault)
			client := login(t, s)
			begun := time.Now()
			_, err := client.CountItems(t.Context(), nil)
			if vendorapi.KindOf(err) != c.kind || !strings.Contains(err.Error(), "ConfigurationItems") {
				t.Errorf("got %v", err)
			}
			if len(s.log) > 4 || time.Since(begun) > time.Second {
				t.Errorf("%d requests in %v", len(s.log), time.Since(begun))
			}
		})
	}
}

func TestCountItems_AnOutage_EndsWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(3_000))
		c := login(t, s, func(config *Config) { config.Patience = 10 * time.Second })
		s.before = func(_ asked, w http.ResponseWriter) bool { w.WriteHeader(503); return true }
		begun := time.Now()
		_, err := c.CountItems(t.Context(), nil)
		if took := time.Since(begun); vendorapi.KindOf(err) != vendorapi.Unavailable || took > 12*time.Second || took < 5*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

func TestErrors_NeverTellASecretThatTheVendorRepeats(t *testing.T) {
	for _, code := range []int{200, 404, 500} {
		virtual(t, fmt.Sprint(code), func(t *testing.T) {
			s := newTenant(even(10))
			c := login(t, s)
			s.before = func(_ asked, w http.ResponseWriter) bool {
				status(code, `{"errors":["Secret `+s.secret+` of CODE: invalid query syntax"]}`)(w)
				return true
			}
			_, err := c.CountItems(t.Context(), nil)
			if err == nil || strings.Contains(err.Error(), s.secret) || strings.Contains(err.Error(), "CODE") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestClient_EntitiesSideBySide_ThreeInFlightInAllAndTwoPerEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(20_000))
		s.serving = served
		s.rows[Companies] = even(3_000)
		s.rows[ConfigurationItemTypes] = even(40)
		c := login(t, s)
		var wait sync.WaitGroup
		wait.Go(func() {
			if _, err := c.CountItems(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			if rows, err := c.Companies(t.Context()); err != nil || len(rows) != 3_000 {
				t.Error(len(rows), err)
			}
		})
		wait.Go(func() {
			if rows, err := c.Types(t.Context()); err != nil || len(rows) != 40 {
				t.Error(len(rows), err)
			}
		})
		wait.Wait()
		if s.peak[""] != 3 || s.peak[string(ConfigurationItems)] != 2 {
			t.Errorf("in flight at the peak: %v", s.peak)
		}
	})
}

func TestClient_ManyQuestionsAboutOneEntity_TwoInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(10))
		s.serving = served
		c := login(t, s)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if _, err := c.Count(t.Context(), ConfigurationItems, Eq(fieldActive, true)); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if s.peak[string(ConfigurationItems)] != 2 {
			t.Errorf("in flight at the peak: %v", s.peak)
		}
	})
}

func TestCountItems_Canceled_EndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(50_000))
		s.serving = served
		c := login(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := c.CountItems(ctx, nil); err == nil || time.Since(begun) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		time.Sleep(served) // the vendor ends what nobody waits for any more
	})
}

func TestQueryAccess(t *testing.T) {
	for answer, want := range map[string]Access{
		`{"info":{"userAccessForQuery":"All","canQuery":true}}`:  AccessAll,
		`{"Info":{"UserAccessForQuery":"Restricted"}}`:           AccessRestricted,
		`{"info":{"userAccessForQuery":"None"}}`:                 AccessNone,
		`{"info":{"userAccessForQuery":1}}`:                      AccessAll,
		`{"info":{"userAccessForQuery":2}}`:                      AccessRestricted,
		`{"info":{"userAccessForQuery":"All","canQuery":false}}`: AccessNone,
		`{"info":{"userAccessForQuery":"Some"}}`:                 "",
		`{"info":null}`:                                          "",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(nil)
			c := login(t, s)
			s.before = func(_ asked, w http.ResponseWriter) bool { fmt.Fprint(w, answer); return true }
			got, err := c.QueryAccess(t.Context(), ConfigurationItems)
			if got != want || err != nil {
				t.Errorf("%s: got %q, %v", answer, got, err)
			}
		})
	}
}

func TestCountItems_PackedAnswers_AreUnpacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(700))
		packed := 0
		s.before = func(a asked, w http.ResponseWriter) bool {
			if a.operation != "query" {
				return false
			}
			plain := httptest.NewRecorder()
			s.page(plain, a, s.selected(a, true))
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(plain.Body.Bytes())
			_ = z.Close()
			packed++
			return true
		}
		c := login(t, s)
		if counts, err := c.CountItems(t.Context(), nil); err != nil || counts.Items != 700 || packed == 0 {
			t.Errorf("got %d items, %v", counts.Items, err)
		}
	})
}
