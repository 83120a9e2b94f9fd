package vendorapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// turn waits until the request may be sent: by the gate, by the vendor's wish to be left alone, by the limits. All
// three are asked again when the slot is there, as waiting for it takes time.
func (c *call[C]) turn(ctx context.Context) (*http.Request, func(), error) {
	for {
		if err := c.enter(ctx); err != nil {
			return nil, nil, err
		}
		r, err := c.build(ctx)
		if err != nil {
			return nil, nil, err
		}
		release, err := c.limits.acquire(ctx, c.request.Key)
		switch {
		case errors.Is(err, errDeadline):
			return nil, nil, c.fail(Unavailable, err)
		case err != nil:
			return nil, nil, c.fail(Canceled, err)
		case ctx.Err() != nil:
			release()
			return nil, nil, c.fail(Canceled, context.Cause(ctx))
		}
		ok, err := c.holds()
		if err == nil && ok {
			wait, _, patient := c.patience.wait(0)
			if patient && wait == 0 {
				return r, release, nil
			}
		}
		release()
		if err != nil {
			return nil, nil, c.halted(err)
		}
		if err := c.wait(ctx, 0); err != nil {
			return nil, nil, err
		}
	}
}

func (c *call[C]) enter(ctx context.Context) error {
	if c.request.Anonymous {
		if err := c.gate.stoppedBy(); err != nil {
			return c.halted(err)
		}
		return nil
	}
	if c.pass != nil && c.pass.alone {
		return nil
	}
	p, err := c.gate.enter(ctx)
	if err != nil {
		var lookup *lookupError
		switch {
		case errors.As(err, &lookup) && ctx.Err() == nil:
			return c.fail(NoLogin, err)
		case ctx.Err() != nil && !IsRefused(err) && !IsFault(err):
			return c.fail(Canceled, context.Cause(ctx))
		}
		return c.halted(err)
	}
	c.pass = p
	return nil
}

func (c *call[C]) holds() (bool, error) {
	if c.request.Anonymous {
		err := c.gate.stoppedBy()
		return err == nil, err
	}
	return c.gate.holds(c.pass)
}

func (c *call[C]) build(ctx context.Context) (*http.Request, error) {
	var credentials C
	if c.pass != nil {
		credentials = c.pass.credentials
	}
	r, err := c.request.New(ctx, credentials)
	if err != nil {
		var inner *Error
		if errors.As(err, &inner) { // of a call that New made
			failed := *inner
			failed.Attempts, failed.Unclear, failed.Late = c.attempts, c.unclear, c.late
			return nil, &failed
		}
		return nil, c.fail(Rejected, err)
	}
	c.method, c.path = r.Method, r.URL.EscapedPath()
	return r, nil
}

// wait waits before an attempt, if patience and the context's deadline allow.
func (c *call[C]) wait(ctx context.Context, pause time.Duration) error {
	wait, announced, ok := c.patience.wait(pause)
	if !ok {
		return c.fail(Unavailable, c.lastErr(errOutOfPatience))
	}
	if wait == 0 {
		return nil
	}
	if deadline, set := ctx.Deadline(); set && time.Until(deadline) <= wait {
		return c.fail(Unavailable, c.lastErr(errDeadline))
	}
	reason := c.last.reason
	if announced {
		reason = "the vendor asked to wait"
	}
	c.logWait(ctx, reason, wait)
	if c.config.OnWait != nil {
		c.config.OnWait(reason, wait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return c.fail(Canceled, context.Cause(ctx))
	case <-c.gate.stopped:
		return c.halted(c.gate.stoppedBy())
	}
}

func (c *call[C]) logWait(ctx context.Context, reason string, wait time.Duration) {
	level := slog.LevelDebug
	if c.attempts > 2 {
		level = slog.LevelWarn // once is nothing, three times is news
	}
	c.log.Log(ctx, level, "waiting for vendor", "vendor", c.config.Vendor, "operation", c.request.Operation,
		"reason", reason, "attempts", c.attempts, "wait", wait)
}
