package vendorapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestPatience_EndsRetrying_AtItsEndAndNotAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(503, ""))
		start := time.Now()
		e := failed(t, caller(t, handler).Do(t.Context(), get()), vendorapi.Unavailable)
		// Pauses of 0.5, 1, 2, 4 and 8 seconds, the last one cut to what is left of 15.
		if elapsed(start) != 15*time.Second || requests.Load() != 6 || e.Attempts != 6 {
			t.Errorf("gave up after %s and %d requests, want 15s and 6", elapsed(start), requests.Load())
		}
	})
}

func TestPatience_Over_NothingMoreIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(503, ""))
		c := caller(t, handler)
		failed(t, c.Do(t.Context(), get()), vendorapi.Unavailable)
		sent, start := requests.Load(), time.Now()
		for _, err := range together(50, func(int) error { return c.Do(t.Context(), get()) }) {
			if e := failed(t, err, vendorapi.Unavailable); e.Attempts != 0 || e.Unclear {
				t.Errorf("a call was sent after patience was over: %v", e)
			}
		}
		if requests.Load() != sent || elapsed(start) != 0 {
			t.Errorf("%d more requests in %s, want none at once", requests.Load()-sent, elapsed(start))
		}
	})
}

func TestPatience_IsOneForAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := scripted(status(503, ""))
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 2}) })
		start := time.Now()
		for _, err := range together(100, func(int) error { return c.Do(t.Context(), get()) }) {
			failed(t, err, vendorapi.Unavailable)
		}
		if elapsed(start) != 15*time.Second {
			t.Errorf("100 calls gave up after %s, want 15s for all of them", elapsed(start))
		}
	})
}

func TestPatience_AnotherCallsAnswer_StartsItAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(503)
			}
		})
		c := caller(t, handler)
		if err := c.Do(t.Context(), create()); err != nil { // proves the login
			t.Fatal(err)
		}
		start := time.Now()
		together(2, func(i int) error {
			if i == 0 {
				failed(t, c.Do(t.Context(), get()), vendorapi.Unavailable)
				return nil
			}
			time.Sleep(10 * time.Second)
			return c.Do(t.Context(), create())
		})
		if elapsed(start) != 25*time.Second {
			t.Errorf("gave up after %s, want 15s after the other's answer at 10s", elapsed(start))
		}
	})
}

func TestPatience_HoursWithoutACall_AreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(200, ""), status(503, ""), status(200, ""))
		c := caller(t, handler)
		for range 2 {
			if err := c.Do(t.Context(), get()); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Hour)
		}
		if requests.Load() != 3 {
			t.Errorf("%d requests, want 3", requests.Load())
		}
	})
}

func TestRetryAfter_IsWaitedFor_AndDoesNotCount(t *testing.T) {
	for _, form := range []struct {
		name  string
		value func() string
	}{
		{"seconds", func() string { return "50" }},
		{"date", func() string { return time.Now().Add(50 * time.Second).UTC().Format(http.TimeFormat) }},
	} {
		bubble(t, form.name, func(t *testing.T) {
			busy := func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", form.value())
				w.WriteHeader(429)
			}
			handler, requests := scripted(busy, busy, status(200, ""))
			var told []time.Duration
			c := caller(t, handler, func(c *vendorapi.Config[login]) {
				c.OnWait = func(_ string, wait time.Duration) { told = append(told, wait) }
			})
			start := time.Now()
			if err := c.Do(t.Context(), get()); err != nil {
				t.Fatal(err)
			}
			if elapsed(start) != 100*time.Second || requests.Load() != 3 || len(told) != 2 || told[0].Round(time.Second) != 50*time.Second {
				t.Errorf("%d requests in %s, told %v; want 3 in 100s", requests.Load(), elapsed(start), told)
			}
		})
	}
}

func TestRetryAfter_BeyondPatience_IsNotWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name     string
		seconds  string
		attempts int
		after    time.Duration
	}{
		{"an hour", "3600", 1, 0},
		// 2 x 50s are free, of the third 20s are; the rest is longer than the patience of 15s.
		{"three times", "50", 3, 100 * time.Second},
		{"just in time", "135", 2, 135 * time.Second},
		{"one second too many", "136", 1, 0},
	} {
		bubble(t, c.name, func(t *testing.T) {
			handler, _ := scripted(status(429, "", "Retry-After", c.seconds))
			start := time.Now()
			e := failed(t, caller(t, handler).Do(t.Context(), get()), vendorapi.Unavailable)
			if e.Attempts != c.attempts || elapsed(start) != c.after || e.RetryAfter == 0 || e.Unclear {
				t.Errorf("gave up after %s: %+v; want %d attempts in %s, and the vendor's wish", elapsed(start), e, c.attempts, c.after)
			}
		})
	}
}

func TestRetryAfter_HoldsForAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(200, ""), status(429, "", "Retry-After", "30"), status(200, ""))
		c := caller(t, handler)
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		errs := together(5, func(i int) error {
			time.Sleep(time.Duration(i) * time.Second)
			err := c.Do(t.Context(), get())
			if elapsed(start) < 30*time.Second {
				t.Errorf("call %d was answered after %s, before the vendor wanted to", i, elapsed(start))
			}
			return err
		})
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if requests.Load() != 7 {
			t.Errorf("%d requests, want 7", requests.Load())
		}
	})
}

func TestPatience_OfOneCallAfterAnother_AddsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := scripted(status(503, ""))
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.MaxAttempts = 3 })
		start := time.Now()
		for range 100 {
			failed(t, c.Do(t.Context(), get()), vendorapi.Unavailable)
		}
		if elapsed(start) != 15*time.Second {
			t.Errorf("100 calls in a row gave up after %s, want 15s for all of them", elapsed(start))
		}
	})
}

func TestRetryAfter_AnotherCallsAnswerMeanwhile_LeavesTheWaitFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Second) }
		handler, requests := scripted(status(200, ""), slow, status(429, "", "Retry-After", "100"), status(503, ""), status(200, ""))
		c := caller(t, handler)
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		for _, err := range together(2, func(i int) error {
			time.Sleep(time.Duration(i) * time.Second)
			return c.Do(t.Context(), get())
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if requests.Load() != 5 {
			t.Errorf("%d requests, want the 503 after the wait to be repeated", requests.Load())
		}
	})
}
