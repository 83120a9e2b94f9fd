package vendorapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// doorkeeper answers 401 unless the token is the right one, after a second, and counts.
type doorkeeper struct {
	right                 string
	requests, now, atOnce atomic.Int64
}

func (d *doorkeeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.requests.Add(1)
	now := d.now.Add(1)
	defer d.now.Add(-1)
	for most := d.atOnce.Load(); now > most && !d.atOnce.CompareAndSwap(most, now); most = d.atOnce.Load() {
	}
	time.Sleep(time.Second)
	if r.Header.Get("Token") != d.right {
		w.WriteHeader(401)
		_, _ = w.Write([]byte("wrong token " + r.Header.Get("Token")))
	}
}

// rotating hands out one login, and another when asked afresh.
func rotating(first, fresh string, lookups *atomic.Int64) func(context.Context, bool) (login, string, error) {
	return func(_ context.Context, afresh bool) (login, string, error) {
		lookups.Add(1)
		if afresh && fresh != first {
			return login{fresh}, "v2", nil
		}
		return login{first}, "v1", nil
	}
}

func TestLogin_FirstCallGoesAlone_ThenAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: secret}
		c := caller(t, door)
		start := time.Now()
		for _, err := range together(6, func(int) error { return c.Do(t.Context(), get()) }) {
			if err != nil {
				t.Error(err)
			}
		}
		if elapsed(start) != 2*time.Second || door.atOnce.Load() != 5 {
			t.Errorf("took %s, %d at once; want one second alone and one for the other five", elapsed(start), door.atOnce.Load())
		}
		if n := c.Counters(); n.Requests != 6 || n.Authenticated != 6 {
			t.Errorf("counted %+v, want 6 and 6", n)
		}
	})
}

func TestLogin_Refused_CostsOneRequestIfNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: "another"}
		var lookups atomic.Int64
		c := caller(t, door, func(c *vendorapi.Config[login]) { c.Credentials = rotating(secret, secret, &lookups) })
		for _, err := range together(20, func(int) error { return c.Do(t.Context(), get()) }) {
			failed(t, err, vendorapi.LoginFailed)
			var refused *vendorapi.RefusedError
			if !errors.As(err, &refused) || refused.Status != 401 || refused.SecretVersion != "v1" || refused.Operation != "read things" {
				t.Errorf("error %v lacks what the refusal was", err)
			}
			if strings.Count(err.Error(), "401") != 1 {
				t.Errorf("%q does not say once what was answered", err)
			}
		}
		if door.requests.Load() != 1 || lookups.Load() != 2 {
			t.Errorf("%d requests and %d look-ups, want 1 and 2", door.requests.Load(), lookups.Load())
		}
		if !vendorapi.IsRefused(c.Stopped()) {
			t.Errorf("stopped by %v, want the refusal", c.Stopped())
		}
		e := failed(t, c.Do(t.Context(), get()), vendorapi.LoginFailed)
		if e.Attempts != 0 || door.requests.Load() != 1 {
			t.Errorf("a later call went out: %v", e)
		}
	})
}

func TestLogin_Refused_CostsTwoRequestsIfTheNewSecretIsWrongToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: "another"}
		var lookups atomic.Int64
		c := caller(t, door, func(c *vendorapi.Config[login]) { c.Credentials = rotating("old", "new", &lookups) })
		for _, err := range together(20, func(int) error { return c.Do(t.Context(), get()) }) {
			failed(t, err, vendorapi.LoginFailed)
		}
		if door.requests.Load() != 2 || lookups.Load() != 2 {
			t.Errorf("%d requests and %d look-ups, want 2 and 2", door.requests.Load(), lookups.Load())
		}
	})
}

func TestLogin_SecretWasRotated_AllGoOnAfterOneRetryAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: "new"}
		var lookups atomic.Int64
		c := caller(t, door, func(c *vendorapi.Config[login]) { c.Credentials = rotating("old", "new", &lookups) })
		start := time.Now()
		for _, err := range together(6, func(int) error { return c.Do(t.Context(), create()) }) {
			if err != nil {
				t.Error(err)
			}
		}
		if door.requests.Load() != 7 || elapsed(start) != 3*time.Second {
			t.Errorf("%d requests in %s, want the refused one, one alone, five together", door.requests.Load(), elapsed(start))
		}
	})
}

func TestLogin_RevokedInTheMiddle_StopsNewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: secret}
		c := caller(t, door, func(c *vendorapi.Config[login]) { c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 3}) })
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		door.right = "another"
		for _, err := range together(20, func(int) error { return c.Do(t.Context(), get()) }) {
			failed(t, err, vendorapi.LoginFailed)
		}
		if door.requests.Load() != 1+3 {
			t.Errorf("%d requests, want the good one and the three that were under way", door.requests.Load())
		}
	})
}

func TestLogin_AgainFindsAnotherZone_IsRetriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zone := "/wrong"
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wrong" {
				w.WriteHeader(401)
			}
		})
		var c *vendorapi.Caller[login]
		c = caller(t, handler, func(config *vendorapi.Config[login]) {
			config.Again = func(ctx context.Context, l login) (bool, error) {
				request := get()
				request.Anonymous, request.Operation = true, "find the zone"
				request.New = func(ctx context.Context, none login) (*http.Request, error) {
					if none != (login{}) {
						t.Error("an anonymous request was handed credentials")
					}
					return http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/zone", nil)
				}
				err := c.Do(ctx, request)
				zone = "/right"
				return true, err
			}
		})
		request := get()
		request.New = func(ctx context.Context, _ login) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+zone, nil)
		}
		if err := c.Do(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if n := c.Counters(); n.Requests != 3 || n.Authenticated != 2 {
			t.Errorf("counted %+v, want 3 requests, 2 of them authenticated", n)
		}
	})
}

func TestLogin_FirstCallFindsNothingOut_TheNextGoesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := &doorkeeper{right: secret}
		handler, requests := scripted(status(400, ""), door.ServeHTTP)
		c := caller(t, handler)
		together(4, func(int) error { return c.Do(t.Context(), get()) })
		if requests.Load() != 4 || door.atOnce.Load() != 2 {
			t.Errorf("%d requests, %d at once; want 4, of which the first two alone", requests.Load(), door.atOnce.Load())
		}
	})
}

func TestLogin_CannotBeLookedUp_SendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, requests := scripted(status(200, ""))
		lost := errors.New("no such secret")
		c := caller(t, handler, func(c *vendorapi.Config[login]) {
			c.Credentials = func(context.Context, bool) (login, string, error) { return login{}, "", lost }
		})
		for range 2 {
			if e := failed(t, c.Do(t.Context(), get()), vendorapi.NoLogin); !errors.Is(e, lost) {
				t.Errorf("error %v does not say why", e)
			}
		}
		if requests.Load() != 0 {
			t.Errorf("%d requests, want none", requests.Load())
		}
	})
}

func TestFault_StopsEverybody_AlsoThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowFault := func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(10 * time.Second)
			w.WriteHeader(403)
		}
		handler, requests := scripted(status(200, ""), slowFault, status(503, "", "Retry-After", "60"))
		c := caller(t, handler)
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, err := range together(5, func(i int) error {
			time.Sleep(time.Duration(i) * time.Second)
			return c.Do(t.Context(), get())
		}) {
			if e := failed(t, err, vendorapi.Faulted); !vendorapi.IsFault(e) {
				t.Errorf("error %v is no fault", e)
			}
		}
		if requests.Load() != 3 || elapsed(start) != 10*time.Second {
			t.Errorf("%d requests in %s, want 3, and an end when the fault came", requests.Load(), elapsed(start))
		}
	})
}

func TestLogin_RenewedAndThenCanceled_DoesNotShowTheOldSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		door := &doorkeeper{right: "new"}
		c := caller(t, door, func(c *vendorapi.Config[login]) {
			c.Credentials = func(_ context.Context, fresh bool) (login, string, error) {
				if fresh {
					cancel()
					return login{"new"}, "v2", nil
				}
				return login{secret}, "v1", nil
			}
		})
		failed(t, c.Do(ctx, get()), vendorapi.Canceled)
		if door.requests.Load() != 1 {
			t.Errorf("%d requests, want 1", door.requests.Load())
		}
	})
}

func TestLogin_CannotBeLookedUpAfresh_TheRefusalSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("no such secret")
		door := &doorkeeper{right: "another"}
		c := caller(t, door, func(c *vendorapi.Config[login]) {
			c.Credentials = func(_ context.Context, fresh bool) (login, string, error) {
				if fresh {
					return login{}, "", lost
				}
				return login{secret}, "v1", nil
			}
		})
		if e := failed(t, c.Do(t.Context(), get()), vendorapi.LoginFailed); !errors.Is(e, lost) || door.requests.Load() != 1 {
			t.Errorf("%d requests, %v; want one, and both reasons", door.requests.Load(), e)
		}
	})
}
