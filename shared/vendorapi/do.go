package vendorapi

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// call is one Do.
type call[C comparable] struct {
	*Caller[C]
	request  Request[C]
	pass     *pass[C]
	pauses   *backoff.ExponentialBackOff
	attempts int
	unclear  bool
	late     bool
	method   string
	path     string
	last     result
	head     string // of its answer, without the secrets that it was sent with
}

// Do sends a request until it is answered for good or there is no point in going on. Its error is always an *Error.
func (c *Caller[C]) Do(ctx context.Context, request Request[C]) error {
	c.patience.begin()
	defer c.patience.end()
	do := &call[C]{Caller: c, request: request, pauses: &backoff.ExponentialBackOff{
		InitialInterval: 500 * time.Millisecond,
		Multiplier:      2,
		MaxInterval:     20 * time.Second,
		// No randomness of the library's own: Config.Random spreads the waits.
	}}
	do.pauses.Reset()
	defer func() {
		if do.pass != nil {
			c.gate.leave(do.pass)
		}
	}()
	pause := time.Duration(0)
	for {
		if err := do.wait(ctx, pause); err != nil {
			return err
		}
		r, release, err := do.turn(ctx)
		if err != nil {
			return err
		}
		if request.Before != nil {
			if err := request.Before(ctx); err != nil {
				release()
				return do.fail(Withheld, err)
			}
		}
		begun := time.Now()
		do.attempts++
		do.last = c.attempt(ctx, request, r)
		if do.last.verdict == Done && request.Served != nil {
			request.Served(time.Since(begun))
		}
		do.head = head(do.last.body, do.secrets())
		do.last.err = redact(do.last.err, do.secrets())
		release()
		again, err := do.settle(ctx, begun)
		if !again {
			return err
		}
		pause = do.pause()
	}
}

// settle draws the consequences of an attempt, and tells whether there is to be another.
func (c *call[C]) settle(ctx context.Context, begun time.Time) (again bool, err error) {
	last := &c.last
	c.unclear = c.unclear || last.unclear
	// An answer of 2xx is the vendor's own. Any other that leaves it open may be a proxy's, which lost patience with a
	// request that the vendor still works on.
	c.late = c.late || last.unclear && (last.status < 200 || last.status > 299)
	switch last.verdict {
	case Done, Declined:
		c.patience.answered()
		c.limits.faster()
		if c.pass != nil {
			c.gate.accepted(c.pass)
		}
		if last.verdict == Done {
			if c.late && c.request.Late != nil {
				c.request.Late()
			}
			return false, nil
		}
		return false, c.fail(Rejected, last.err)
	case Refused:
		return c.refused(ctx)
	case Fault:
		why := &FaultError{c.config.Vendor, c.request.Operation, last.status, c.head}
		c.log.WarnContext(ctx, "vendor wants no requests", "vendor", c.config.Vendor, "operation", c.request.Operation, "status", last.status)
		return false, c.halted(c.gate.fault(why))
	case Throttled:
		c.limits.slower(begun)
	case Retry, RetryUnclear:
	default:
		return false, c.fail(Rejected, last.err)
	}
	if last.after > 0 {
		c.patience.announce(last.after)
	}
	switch {
	case ctx.Err() != nil:
		return false, c.fail(Canceled, context.Cause(ctx))
	case c.request.Once && c.unclear:
		return false, c.fail(Unavailable, last.err)
	case c.config.MaxAttempts > 0 && c.attempts >= c.config.MaxAttempts:
		return false, c.fail(Unavailable, last.err)
	}
	return true, nil
}

func (c *call[C]) refused(ctx context.Context) (again bool, err error) {
	why := &RefusedError{Vendor: c.config.Vendor, Operation: c.request.Operation, Status: c.last.status, Head: c.head}
	c.log.WarnContext(ctx, "login refused", "vendor", c.config.Vendor, "operation", c.request.Operation, "status", c.last.status)
	if c.pass == nil { // an anonymous request has no login that could be renewed
		return false, c.fail(Rejected, why)
	}
	why.SecretVersion = c.pass.version
	if err := c.gate.refused(ctx, c.pass, why); err != nil {
		return false, c.halted(err)
	}
	return true, nil
}

// pause is how long this call itself would like to wait before its next attempt.
func (c *call[C]) pause() time.Duration {
	if c.last.verdict == Refused { // renewed; the gate decides who goes
		return 0
	}
	return time.Duration((0.5 + c.config.Random()) * float64(c.pauses.NextBackOff()))
}

var (
	errOutOfPatience = errors.New("no definite answer for as long as patience lasts")
	errDeadline      = errors.New("no time left for another attempt")
)

// lastErr is why the last attempt failed, or else why there was none.
func (c *call[C]) lastErr(otherwise error) error {
	if c.attempts > 0 {
		return c.last.err
	}
	return otherwise
}

// secrets lists what the vendor must not be quoted with.
func (c *call[C]) secrets() []string {
	if c.pass == nil {
		return nil
	}
	if s, ok := any(c.pass.credentials).(interface{ Secrets() []string }); ok {
		return s.Secrets()
	}
	return nil
}

// halted is the error of a call that ends because nothing is sent any more.
func (c *call[C]) halted(stop error) *Error {
	if IsFault(stop) {
		return c.fail(Faulted, stop)
	}
	return c.fail(LoginFailed, stop)
}

func (c *call[C]) fail(kind Kind, err error) *Error {
	return &Error{
		Vendor:     c.config.Vendor,
		Operation:  c.request.Operation,
		Method:     c.method,
		Path:       c.path,
		Status:     c.last.status,
		Head:       c.head,
		Attempts:   c.attempts,
		Unclear:    c.unclear,
		Late:       c.late,
		Kind:       kind,
		RetryAfter: c.patience.rest(),
		Err:        err,
	}
}

// lookupError marks the error of Config.Credentials.
type lookupError struct{ err error }

func (e *lookupError) Error() string { return "look up the credentials: " + e.err.Error() }
func (e *lookupError) Unwrap() error { return e.err }
