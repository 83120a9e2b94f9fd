package vendorapi_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// gauge takes a second per request and keeps the most that were there at once, in all and per key.
type gauge struct {
	mu    sync.Mutex
	now   map[string]int
	most  map[string]int
	begun []time.Time
}

func (g *gauge) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	add := func(n int) {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, key := range []string{"", r.URL.Path} {
			g.now[key] += n
			g.most[key] = max(g.most[key], g.now[key])
		}
		if n > 0 {
			g.begun = append(g.begun, time.Now())
		}
	}
	add(1)
	defer add(-1)
	time.Sleep(time.Second)
}

func keyed(key string) vendorapi.Request[login] {
	r := get()
	r.Key = key
	r.New = func(ctx context.Context, _ login) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/"+key, nil)
	}
	return r
}

func TestLimits_InFlight_PerKeyAndInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{now: map[string]int{}, most: map[string]int{}}
		c := caller(t, g, func(c *vendorapi.Config[login]) {
			c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 3, PerKey: 2})
		})
		for _, err := range together(20, func(i int) error { return c.Do(t.Context(), keyed([]string{"a", "b"}[i%2])) }) {
			if err != nil {
				t.Error(err)
			}
		}
		if g.most[""] != 3 || g.most["/a"] != 2 || g.most["/b"] != 2 {
			t.Errorf("most at once: %v; want 3 in all, 2 a key", g.most)
		}
	})
}

func TestLimits_AFullKey_DoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{now: map[string]int{}, most: map[string]int{}}
		c := caller(t, g, func(c *vendorapi.Config[login]) {
			c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 3, PerKey: 1})
		})
		if err := c.Do(t.Context(), keyed("a")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		together(5, func(i int) error {
			if i < 4 {
				return c.Do(t.Context(), keyed("a"))
			}
			time.Sleep(time.Millisecond)
			err := c.Do(t.Context(), keyed("b"))
			if elapsed(start) > 1100*time.Millisecond {
				t.Errorf("b was answered after %s, want after its own second", elapsed(start))
			}
			return err
		})
	})
}

func TestLimits_PerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{now: map[string]int{}, most: map[string]int{}}
		c := caller(t, g, func(c *vendorapi.Config[login]) {
			c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 50, PerSecond: 20})
		})
		together(150, func(int) error { return c.Do(t.Context(), get()) })
		start, end := g.begun[60], g.begun[140] // after the first burst
		if took := end.Sub(start).Round(time.Second); took != 4*time.Second {
			t.Errorf("80 requests began within %s, want 4s", took)
		}
	})
}

func TestLimits_TooManyRequests_HalvesAndCreepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8, PerSecond: 80})
		handler, _ := scripted(status(200, ""), status(429, ""), status(200, ""))
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.Limits = limits })
		allowed := func() string {
			inFlight, perSecond := limits.Allowed()
			return fmt.Sprintf("%d in flight, %.1f a second", inFlight, perSecond)
		}
		time.Sleep(time.Second)
		for _, want := range []string{"8 in flight, 80.0 a second", "4 in flight, 41.6 a second"} {
			if err := c.Do(t.Context(), get()); err != nil {
				t.Fatal(err)
			}
			if allowed() != want {
				t.Errorf("allowed: %s; want %s", allowed(), want)
			}
		}
		for range 60 {
			if err := c.Do(t.Context(), get()); err != nil {
				t.Fatal(err)
			}
		}
		if want := "8 in flight, 80.0 a second"; allowed() != want {
			t.Errorf("allowed after 60 good answers: %s; want %s", allowed(), want)
		}
	})
}

func TestLimits_ManyRefusalsAtOnce_HalveOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8})
		busy := func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			w.WriteHeader(429)
		}
		handler, _ := scripted(status(200, ""), busy)
		c := caller(t, handler, func(c *vendorapi.Config[login]) { c.Limits, c.MaxAttempts = limits, 1 })
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		together(8, func(int) error { return c.Do(t.Context(), get()) })
		if inFlight, _ := limits.Allowed(); inFlight != 4 {
			t.Errorf("%d in flight allowed after eight 429 at once, want 4", inFlight)
		}
	})
}

func TestLimits_WaitersThatGiveUp_LeaveNoSlotBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{now: map[string]int{}, most: map[string]int{}}
		c := caller(t, g, func(c *vendorapi.Config[login]) { c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 1}) })
		if err := c.Do(t.Context(), get()); err != nil {
			t.Fatal(err)
		}
		for range 30 { // the time-out comes in the very moment in which a slot is freed, and either may win
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			together(5, func(int) error { return c.Do(ctx, get()) })
			cancel()
		}
		if err := c.Do(t.Context(), get()); err != nil {
			t.Errorf("a later call found no slot: %v", err)
		}
	})
}
