// Package vendorapi is what the clients of both vendors share: sending a request with patience, and never twice where
// twice would harm.
//
// A Caller serves one run or one invocation. It keeps to the vendor's limits, repeats what may be repeated, waits when
// the vendor says so, and stops for good when the vendor refuses the login: the first call with credentials goes alone,
// and a refusal costs at most two such requests.
package vendorapi

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// Defaults of Config.
const (
	DefaultPatience       = 15 * time.Second
	DefaultAttemptTimeout = 60 * time.Second
	DefaultMaxResponse    = 64 << 20
)

// Config says how to call one vendor. Only Vendor and (unless all requests are anonymous) Credentials must be set.
type Config[C comparable] struct {
	Vendor string // as people call it, for errors

	// Credentials looks the credentials up, afresh if told so, with the version of the secret they come from. It is called
	// before the first request that needs them, and once more if they are refused. If C has a method
	// Secrets() []string, what it lists is cut out of vendors' words in errors.
	Credentials func(ctx context.Context, fresh bool) (credentials C, version string, err error)

	// Again is called after a refusal, with the credentials looked up afresh, and tells whether anything else has changed
	// that may make them good (Autotask: the zone). Its calls must be anonymous ones. Optional.
	Again func(ctx context.Context, credentials C) (changed bool, err error)

	// HTTP sends. Redirects are not followed whatever it says. Nil: http.DefaultTransport.
	HTTP *http.Client

	// Limits may be shared by several Callers of one vendor. Nil: 8 requests in flight.
	Limits *Limits

	// Patience is how long retrying goes on without a definite answer from this vendor to any goroutine. The clock runs
	// only while a call is under way; waits that the vendor announced by Retry-After do not count, up to two minutes in a
	// row. It ends retrying and the sending of new requests, not an attempt under way. 0: DefaultPatience; negative: no end.
	Patience time.Duration

	// MaxAttempts ends a call after that many attempts. 0: patience alone does.
	MaxAttempts int

	// AttemptTimeout is how long one attempt may take, reading the body included. 0: DefaultAttemptTimeout.
	AttemptTimeout time.Duration

	// MaxResponse bounds the bytes of one answer, unpacked. 0: DefaultMaxResponse.
	MaxResponse int64

	// Random spreads the waits between attempts; it returns 0 <= x < 1 and may be called by many goroutines. Nil: chance.
	Random func() float64

	// OnWait is told of every wait between attempts, for progress lines. Optional.
	OnWait func(reason string, wait time.Duration)

	// Log gets the retries. Nil: nothing is logged.
	Log *slog.Logger
}

// Caller sends requests to one vendor. It is safe for use by many goroutines. C are the vendor's credentials.
type Caller[C comparable] struct {
	config   Config[C]
	http     *http.Client
	limits   *Limits
	gate     *gate[C]
	patience *patience
	log      *slog.Logger

	requests, authenticated atomic.Int64
}

// New makes a Caller. Nothing is sent or looked up before the first call.
func New[C comparable](config Config[C]) *Caller[C] {
	if config.Patience == 0 {
		config.Patience = DefaultPatience
	}
	if config.AttemptTimeout <= 0 {
		config.AttemptTimeout = DefaultAttemptTimeout
	}
	if config.MaxResponse <= 0 {
		config.MaxResponse = DefaultMaxResponse
	}
	if config.Random == nil {
		config.Random = rand.Float64
	}
	c := &Caller[C]{
		config:   config,
		http:     &http.Client{},
		limits:   config.Limits,
		gate:     newGate(config),
		patience: &patience{limit: config.Patience},
		log:      config.Log,
	}
	if config.HTTP != nil {
		c.http.Transport = config.HTTP.Transport
	}
	// A redirect would carry the credentials to wherever it points.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.limits == nil {
		c.limits = NewLimits(LimitConfig{InFlight: 8})
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Counters is what a Caller has sent.
type Counters struct {
	Requests      int64 // all, retries included
	Authenticated int64 // those of them that carried credentials
}

// Counters tells what has been sent so far.
func (c *Caller[C]) Counters() Counters {
	return Counters{Requests: c.requests.Load(), Authenticated: c.authenticated.Load()}
}

// Stopped is the *RefusedError or *FaultError that has ended all calls, or nil.
func (c *Caller[C]) Stopped() error { return c.gate.stoppedBy() }
