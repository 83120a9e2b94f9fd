package vendorapi_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestDo_AttemptsAndTheirMeaning(t *testing.T) {
	ok := status(200, `[]`)
	for _, c := range []struct {
		name     string
		request  vendorapi.Request[login]
		answers  []http.HandlerFunc
		attempts int64
		kind     vendorapi.Kind // empty: success
		unclear  bool
	}{
		{"a good answer is the end", get(), []http.HandlerFunc{ok}, 1, "", false},
		{"a 503 is repeated", get(), []http.HandlerFunc{status(503, "<html>"), ok}, 2, "", false},
		{"a 429 is repeated", get(), []http.HandlerFunc{status(429, ""), ok}, 2, "", false},
		{"a reset is repeated", get(), []http.HandlerFunc{reset, ok}, 2, "", false},
		{"a 400 is not", get(), []http.HandlerFunc{status(400, "no"), ok}, 1, vendorapi.Rejected, false},
		{"a redirect is not followed", get(), []http.HandlerFunc{status(302, "", "Location", "http://localhost/elsewhere"), ok}, 1, vendorapi.Rejected, false},
		{"a 400 after a 503 may have taken effect", get(), []http.HandlerFunc{status(503, ""), status(400, "")}, 2, vendorapi.Rejected, true},
		{"a 400 after a 429 has not", get(), []http.HandlerFunc{status(429, ""), status(400, "")}, 2, vendorapi.Rejected, false},
		{"a creation is repeated after a 429", create(), []http.HandlerFunc{status(429, ""), ok}, 2, "", false},
		{"a creation is not repeated after a 500", create(), []http.HandlerFunc{status(500, ""), ok}, 1, vendorapi.Unavailable, true},
		{"a creation is not repeated after a reset", create(), []http.HandlerFunc{reset, ok}, 1, vendorapi.Unavailable, true},
		{"a 403 stops", get(), []http.HandlerFunc{status(403, "anomaly"), ok}, 1, vendorapi.Faulted, false},
	} {
		bubble(t, c.name, func(t *testing.T) {
			handler, requests := scripted(c.answers...)
			err := caller(t, handler).Do(t.Context(), c.request)
			if c.kind == "" && err != nil {
				t.Errorf("error: %v", err)
			}
			if c.kind != "" {
				if e := failed(t, err, c.kind); e.Unclear != c.unclear || int64(e.Attempts) != c.attempts {
					t.Errorf("unclear %v after %d attempts, want %v after %d", e.Unclear, e.Attempts, c.unclear, c.attempts)
				}
			}
			if requests.Load() != c.attempts {
				t.Errorf("%d requests, want %d", requests.Load(), c.attempts)
			}
		})
	}
}

func TestDo_NoConnection_IsDefinitelyNotExecuted(t *testing.T) {
	for _, request := range []vendorapi.Request[login]{get(), create()} {
		bubble(t, request.Operation, func(t *testing.T) {
			c := caller(t, nil)
			e := failed(t, c.Do(t.Context(), request), vendorapi.Unavailable)
			if e.Unclear || e.Attempts < 4 {
				t.Errorf("unclear %v after %d attempts, want several, all clear", e.Unclear, e.Attempts)
			}
			if c.Counters().Requests != 0 {
				t.Errorf("%d requests counted as sent", c.Counters().Requests)
			}
		})
	}
}

func TestDo_TransportThatReportsNothing_IsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := caller(t, nil, func(c *vendorapi.Config[login]) {
			c.HTTP = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("lost") })}
		})
		if e := failed(t, c.Do(t.Context(), create()), vendorapi.Unavailable); !e.Unclear || e.Attempts != 1 {
			t.Errorf("unclear %v after %d attempts, want unclear after 1", e.Unclear, e.Attempts)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestDo_BodyThatCannotBeRead_IsReadAgain(t *testing.T) {
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `[1,2`)
	}
	for name, bad := range map[string]http.HandlerFunc{
		"cut":             cut,
		"no JSON":         status(200, "<html>maintenance</html>"),
		"empty":           status(200, ""),
		"more than JSON":  status(200, "[1]<html>"),
		"cut in the JSON": status(200, `[1,`),
	} {
		bubble(t, name, func(t *testing.T) {
			handler, requests := scripted(bad, status(200, "[1,2,3]"))
			var got []int
			request := get()
			request.Decode = func(body io.Reader) error {
				got = nil
				return vendorapi.DecodeJSON(body, &got)
			}
			if err := caller(t, handler).Do(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			if len(got) != 3 || requests.Load() != 2 {
				t.Errorf("read %v in %d requests, want three numbers in 2", got, requests.Load())
			}
		})
	}
}

func TestDo_CutRefusal_IsNotTakenForANo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `{"mess`)
		}, status(200, ""))
		if err := caller(t, handler).Do(t.Context(), get()); err != nil || requests.Load() != 2 {
			t.Errorf("%d requests, error %v; want a second one that succeeds", requests.Load(), err)
		}
	})
}

func TestDo_AnswerTooLong_IsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(200, "["+strings.Repeat("1,", 1000)+"1]"))
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.MaxResponse = 100 })
		request := get()
		request.Decode = func(body io.Reader) error { return vendorapi.DecodeJSON(body, new([]int)) }
		e := failed(t, c.Do(t.Context(), request), vendorapi.Rejected)
		var tooLarge *vendorapi.TooLargeError
		if !errors.As(e, &tooLarge) || tooLarge.Limit != 100 || requests.Load() != 1 {
			t.Errorf("%d requests, error %v; want 1 and the limit named", requests.Load(), e)
		}
	})
}

func TestDo_SlowAnswer_IsAbandonedAfterTheTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done():
			}
		}
		handler, requests := scripted(slow, status(200, ""))
		start := time.Now()
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.AttemptTimeout = 10 * time.Second })
		if err := c.Do(t.Context(), get()); err != nil || requests.Load() != 2 {
			t.Errorf("%d requests, error %v; want a second one that succeeds", requests.Load(), err)
		}
		if got := elapsed(start); got != 10500*time.Millisecond {
			t.Errorf("took %s, want the time-out and one pause", got)
		}
	})
}

func TestDo_MaxAttempts_EndsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(500, ""))
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.MaxAttempts = 3 })
		failed(t, c.Do(t.Context(), get()), vendorapi.Unavailable)
		if requests.Load() != 3 {
			t.Errorf("%d requests, want 3", requests.Load())
		}
	})
}

func TestDo_NoTimeLeftForAnotherAttempt_IsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := scripted(status(503, "", "Retry-After", "20"))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		e := failed(t, caller(t, handler).Do(ctx, get()), vendorapi.Unavailable)
		if elapsed(start) != 0 || e.Status != 503 || e.RetryAfter != 20*time.Second {
			t.Errorf("took %s, error %v; want the 503 at once, with what it asked for", elapsed(start), e)
		}
	})
}

func TestDo_ContextEnds_InTheMiddleOfARequest_IsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := scripted(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e := failed(t, caller(t, handler).Do(ctx, get()), vendorapi.Canceled)
		if !e.Unclear || !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("unclear %v, error %v; want unclear and the context's error", e.Unclear, e)
		}
	})
}

func TestError_NamesTheRequestWithoutQueryOrSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := scripted(status(400, "bad\r\n\x1b[31m token "+secret+strings.Repeat(" x", 500)))
		e := failed(t, caller(t, handler).Do(t.Context(), get()), vendorapi.Rejected)
		text := e.Error()
		for _, want := range []string{"Testvendor", "read things", "GET /things:", "status 400: bad [31m token [redacted] x"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not say %q", text, want)
			}
		}
		if strings.ContainsAny(text, "\r\n\x1b?") || len(e.Head) > 310 {
			t.Errorf("%q is not one short clean line", text)
		}
	})
}

func TestDo_DecodeJudges_WhatA2xxMeans(t *testing.T) {
	for verdict, want := range map[vendorapi.Verdict]struct {
		kind     vendorapi.Kind
		requests int64
	}{
		vendorapi.Declined: {vendorapi.Rejected, 1}, vendorapi.Permanent: {vendorapi.Rejected, 1}, vendorapi.Fault: {vendorapi.Faulted, 1},
		vendorapi.Throttled: {vendorapi.Unavailable, 2}, vendorapi.Refused: {vendorapi.LoginFailed, 1},
	} {
		bubble(t, string(want.kind), func(t *testing.T) {
			handler, requests := scripted(status(200, "error: "+secret))
			request := create()
			request.Decode = func(body io.Reader) error {
				_, _ = io.Copy(io.Discard, body)
				return vendorapi.Judge(verdict, errors.New("not what it seems"))
			}
			c := caller(t, handler, func(c *vendorapi.Config[login]) { c.MaxAttempts = 2 })
			e := failed(t, c.Do(t.Context(), request), want.kind)
			if requests.Load() != want.requests || e.Unclear || e.Status != 200 {
				t.Errorf("%d requests, %v; want %d, clear", requests.Load(), e, want.requests)
			}
			if !strings.Contains(e.Error(), "error: [redacted]") {
				t.Errorf("%q does not tell what was answered", e)
			}
		})
	}
}

func TestDo_UntrustedCertificate_IsNotTriedAgain(t *testing.T) {
	server := httptest.NewUnstartedServer(status(200, ""))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := vendorapi.New(vendorapi.Config[login]{Vendor: "Testvendor", HTTP: &http.Client{Transport: &http.Transport{}}})
	e := failed(t, c.Do(t.Context(), vendorapi.Request[login]{
		Operation: "read", Anonymous: true,
		New: func(ctx context.Context, _ login) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		},
	}), vendorapi.Rejected)
	if e.Attempts != 1 || e.Unclear || !strings.Contains(e.Error(), "certificate") {
		t.Errorf("%d attempts: %v; want one, clear, and the reason", e.Attempts, e)
	}
}

func TestDo_NewCallsAndFails_ItsErrorIsTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(400, "no zone"))
		c := caller(t, handler)
		request := get()
		request.New = func(ctx context.Context, _ login) (*http.Request, error) {
			zone := get()
			zone.Anonymous, zone.Operation = true, "find the zone"
			return nil, c.Do(ctx, zone)
		}
		e := failed(t, c.Do(t.Context(), request), vendorapi.Rejected)
		if e.Operation != "find the zone" || e.Attempts != 0 || e.Status != 400 || requests.Load() != 1 {
			t.Errorf("%+v after %d requests, want the inner call's error, and nothing sent by the outer", e, requests.Load())
		}
		request.New = func(context.Context, login) (*http.Request, error) { return nil, errors.New("bad address") }
		if e := failed(t, c.Do(t.Context(), request), vendorapi.Rejected); !strings.Contains(e.Error(), "not sent: bad address") {
			t.Errorf("%q does not say why nothing was sent", e)
		}
	})
}

func TestDo_TurnComesAfterTheDeadline_IsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(200, ""))
		c := caller(t, handler, func(c *vendorapi.Config[login]) {
			c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 1, PerSecond: 0.1})
		})
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		e := failed(t, c.Do(ctx, get()), vendorapi.Unavailable)
		if elapsed(start) != 0 || e.Attempts != 0 || requests.Load() != 1 {
			t.Errorf("gave up after %s with %v; want at once, as the turn is in 10s", elapsed(start), e)
		}
	})
}
