// Package synthesize is a client of the vendor API of Gradient MSP Synthesize, as far as billing needs it: who we are
// (Organization), what is sold (Vendor, CreateService), to whom (Accounts, CreateAccounts, RenameAccount), and how much
// of it (PostCount).
//
// Unit counts are set, not added, and there is nothing to read them back with. So a count post may be repeated freely,
// and its Outcome says exactly how much is known of its effect.
package synthesize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// DefaultBaseURL is where Synthesize lives.
const DefaultBaseURL = "https://app.usegradient.com"

const prefix = "/api/vendor-api"

// NewLimits is what Synthesize bears, to be shared by all clients of a process: 80 requests per second of the 100 that
// are documented, as others may use the same keys, and 8 in flight.
func NewLimits() *vendorapi.Limits {
	return vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8, PerSecond: 80})
}

// Config is what a Client needs. Only Keys must be set; the fields without a comment are those of vendorapi.Config.
type Config struct {
	BaseURL string // empty: DefaultBaseURL

	// Keys looks the keys up, afresh if told so. It is called before the first request, and once more if they are refused.
	Keys func(ctx context.Context, fresh bool) (Keys, error)

	Limits *vendorapi.Limits // nil: NewLimits, for this client alone

	HTTP           *http.Client
	Patience       time.Duration
	MaxAttempts    int
	AttemptTimeout time.Duration
	Random         func() float64
	OnWait         func(reason string, wait time.Duration)
	Log            *slog.Logger
}

// Client calls Synthesize for one run or one invocation: a refused login or a fault ends it for good. It is safe for
// use by many goroutines. All its errors are *vendorapi.Error, unless they say otherwise.
type Client struct {
	base  string
	calls *vendorapi.Caller[Keys]
}

// New makes a Client. Nothing is sent before its first call.
func New(config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	base, err := vendorapi.CheckBaseURL("SYNTHESIZE_URL", config.BaseURL)
	if err != nil {
		return nil, err
	}
	if config.Keys == nil {
		return nil, errors.New("synthesize: no source of keys")
	}
	if config.Limits == nil {
		config.Limits = NewLimits()
	}
	return &Client{base: base.String(), calls: vendorapi.New(vendorapi.Config[Keys]{
		Vendor:         "Synthesize",
		Credentials:    usable(config.Keys),
		HTTP:           config.HTTP,
		Limits:         config.Limits,
		Patience:       config.Patience,
		MaxAttempts:    config.MaxAttempts,
		AttemptTimeout: config.AttemptTimeout,
		Random:         config.Random,
		OnWait:         config.OnWait,
		Log:            config.Log,
	})}, nil
}

// Counters tells how many requests have been sent.
func (c *Client) Counters() vendorapi.Counters { return c.calls.Counters() }

// Stopped is the *vendorapi.RefusedError or *vendorapi.FaultError that has ended all calls, or nil.
func (c *Client) Stopped() error { return c.calls.Stopped() }

// call is a request to one path below the vendor API. Body is sent as JSON, nil as nothing.
func (c *Client) call(ctx context.Context, operation, method, path string, body any, change func(*vendorapi.Request[Keys])) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("synthesize: %s: %w", operation, err)
		}
	}
	request := vendorapi.Request[Keys]{
		Operation: operation,
		Classify:  classify,
		New: func(ctx context.Context, keys Keys) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, method, c.base+prefix+path, bytes.NewReader(content))
			if err != nil {
				return nil, errors.New("cannot be written as a request") // the cause would repeat the URL
			}
			r.Header.Set("Gradient-Token", keys.token())
			r.Header.Set("Accept", "application/json")
			if content != nil {
				r.Header.Set("Content-Type", "application/json")
			}
			return r, nil
		},
	}
	change(&request)
	return c.calls.Do(ctx, request)
}

// read is a GET of a JSON value.
func (c *Client) read(ctx context.Context, operation, path string, decode func(io.Reader) error) error {
	return c.call(ctx, operation, http.MethodGet, path, nil, func(r *vendorapi.Request[Keys]) { r.Decode = decode })
}
