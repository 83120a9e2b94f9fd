package vendorapi_test

import (
	"context"
	"errors"
	"testing"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// The waiting between two attempts may be long. Whoever has lost the right to ask meanwhile asks no more, and his place is
// free for others.
func TestDo_Before_IsAskedBeforeEachAttempt_AndItsNoWithholdsIt(t *testing.T) {
	gone := errors.New("it is another's by now")
	for asked := range 3 {
		bubble(t, "no at the "+[]string{"first", "second", "third"}[asked], func(t *testing.T) {
			handler, requests := scripted(status(429, ""), status(429, ""), status(200, `[]`))
			c := caller(t, handler, func(c *vendorapi.Config[login]) {
				c.Limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 1})
			})
			n := 0
			request := create()
			request.Before = func(context.Context) error {
				if n++; n > asked {
					return gone
				}
				return nil
			}
			e := failed(t, c.Do(t.Context(), request), vendorapi.Withheld)
			if !errors.Is(e, gone) || e.Unclear || e.Attempts != asked || requests.Load() != int64(asked) {
				t.Errorf("%v after %d requests, want it withheld after %d", e, requests.Load(), asked)
			}
			if err := c.Do(t.Context(), get()); err != nil {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}
