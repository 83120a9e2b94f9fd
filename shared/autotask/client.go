// Package autotask reads companies, types and configuration items from an Autotask PSA tenant, and never half of them:
// a read is complete, checked against the vendor's own counts, or it is an error.
package autotask

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// DefaultBaseURL is where a tenant's zone is looked up; every numbered zone host answers the same.
const DefaultBaseURL = "https://webservices.autotask.net"

// What we allow ourselves of the vendor's three requests in flight per integration and entity: it frees a slot a little
// after the answer has been read, so two.
const (
	inFlight          = 3
	inFlightPerEntity = 2
	bornePerEntity    = 3
)

// Config says how to reach a tenant. Only Credentials must be set.
type Config struct {
	// BaseURL is where the zone is looked up. Empty: DefaultBaseURL. A zone on loopback is taken only from a BaseURL there.
	BaseURL string

	// Credentials looks them up, afresh if told so: at the start, and once more if they are refused.
	Credentials func(ctx context.Context, fresh bool) (Credentials, error)

	HTTP           *http.Client  // nil: one that keeps as many connections as there are requests in flight
	Patience       time.Duration // without a definite answer; 0: vendorapi.DefaultPatience, negative: no end
	AttemptTimeout time.Duration // of one request; 0: vendorapi.DefaultAttemptTimeout

	// BudgetPercent is how much of what is left of the tenant's requests at the login a run may use, in percent: the hour
	// belongs to all integrations. A read of items that needs more ends with a *BudgetError. 0: no limit of our own.
	BudgetPercent int64

	// WaitForBudget lets a read of items that needs more wait until the others' requests are out of the hour, at most one
	// hour at a stretch, and only as long as the context's deadline leaves time to read. Then, too, a *BudgetError.
	WaitForBudget bool

	// Progress is told after every page how many rows of an entity have been read, and how many there should be. It may be
	// called by several goroutines. Optional.
	Progress func(entity Entity, rows, total int64)

	OnWait func(reason string, wait time.Duration) // as of vendorapi.Config; optional
	Random func() float64                          // as of vendorapi.Config; nil: chance
	Log    *slog.Logger                            // nil: nothing is logged
}

// Client reads one tenant for one run. Login comes first. After that it is safe for use by many goroutines; it keeps at
// most two requests in flight per entity and three in all.
type Client struct {
	config Config
	base   *url.URL
	caller *vendorapi.Caller[Credentials]

	mu       sync.Mutex
	zone     *Zone
	zoneUser string      // whose zone it is
	used     Credentials // the ones that the last request was built with
	spent    int64       // requests of callers given up

	share share // of the tenant's hour, since the login
	pace  pace
}

// New makes a client. Its error is about BaseURL; nothing is sent.
func New(config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	base, err := vendorapi.CheckBaseURL("AUTOTASK_URL", config.BaseURL)
	if err != nil {
		return nil, err
	}
	if config.HTTP == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = inFlight
		transport.ReadBufferSize = 64 << 10 // a page of 500 rows has some 50 KB: one read where the usual 4 KB take twelve
		config.HTTP = &http.Client{Transport: transport}
	}
	if config.Progress == nil {
		config.Progress = func(Entity, int64, int64) {}
	}
	c := &Client{config: config, base: base}
	c.share.turn = make(chan struct{}, 1)
	c.begin(nil)
	return c, nil
}

// begin makes the caller, which remembers a login for good. It begins with these credentials, if they are known.
func (c *Client) begin(known *Credentials) {
	c.caller = vendorapi.New(vendorapi.Config[Credentials]{
		Vendor: "Autotask",
		Credentials: func(ctx context.Context, fresh bool) (Credentials, string, error) {
			if known != nil && !fresh {
				return *known, known.Version, nil
			}
			credentials, err := c.config.Credentials(ctx, fresh)
			return credentials, credentials.Version, err
		},
		Again:          c.moved,
		HTTP:           c.config.HTTP,
		Limits:         vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: inFlight, PerKey: inFlightPerEntity, KeyBears: bornePerEntity}),
		Patience:       c.config.Patience,
		AttemptTimeout: c.config.AttemptTimeout,
		OnWait:         c.config.OnWait,
		Random:         c.config.Random,
		Log:            c.config.Log,
	})
}

// Requests is how many requests with credentials have been sent, retries included: they count against the tenant's
// hour.
func (c *Client) Requests() int64 { return c.spent + c.caller.Counters().Authenticated }

// call is one authenticated request under the zone's V1.0.
type call struct {
	operation string
	key       Entity
	path      string // below V1.0
	query     *query // nil: GET
	decode    func(io.Reader) error
	aside     bool // a missing right concerns this call alone, and ends no other
}

// verdict is what an answer means for this call.
func (c call) verdict(v vendorapi.Verdict) vendorapi.Verdict {
	if c.aside && v == vendorapi.Fault {
		return vendorapi.Declined
	}
	return v
}

func (c *Client) do(ctx context.Context, call call) error {
	var body []byte
	method := http.MethodGet
	if call.query != nil {
		method = http.MethodPost
		var err error
		if body, err = call.query.body(); err != nil {
			return fmt.Errorf("%s: %w", call.operation, err)
		}
	}
	var secrets []string
	return c.caller.Do(ctx, vendorapi.Request[Credentials]{
		Operation: call.operation,
		Key:       string(call.key),
		New: func(ctx context.Context, credentials Credentials) (*http.Request, error) {
			if err := credentials.check(); err != nil {
				return nil, err
			}
			secrets = credentials.Secrets()
			zone, err := c.zoneOf(ctx, credentials)
			if err != nil {
				return nil, err
			}
			r, err := http.NewRequestWithContext(ctx, method, zone.URL+"/V1.0/"+call.path, bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			if body != nil {
				r.Header.Set("Content-Type", "application/json")
			}
			r.Header.Set("Accept", "application/json")
			r.Header.Set("UserName", credentials.Username)
			r.Header.Set("Secret", credentials.Secret)
			r.Header.Set("ApiIntegrationCode", credentials.IntegrationCode)
			return r, nil
		},
		Classify: func(a vendorapi.Answer) vendorapi.Verdict { return call.verdict(classify(a)) },
		Decode:   func(body io.Reader) error { return judge(call.decode(body), secrets, call.verdict) },
		Served:   c.pace.note,
	})
}

// Count asks how many rows of an entity a filter keeps now.
func (c *Client) Count(ctx context.Context, entity Entity, filter Filter) (int64, error) {
	return c.count(ctx, entity, filter)
}

func (c *Client) count(ctx context.Context, entity Entity, filters ...Filter) (int64, error) {
	var n int64
	err := c.do(ctx, call{
		operation: "count " + string(entity),
		key:       entity,
		path:      string(entity) + "/query/count",
		query:     &query{Filter: filters},
		decode: func(body io.Reader) error {
			var answer struct {
				refusal
				QueryCount *int64 `json:"queryCount"`
			}
			if err := readSmall(body, &answer); err != nil {
				return err
			}
			if answer.QueryCount == nil || *answer.QueryCount < 0 {
				return fmt.Errorf("%w: no \"queryCount\"", errNotAnAnswer)
			}
			n = *answer.QueryCount
			return nil
		},
	})
	return n, err
}

// refusal is what any answer of status 200 may carry instead of what was asked for.
type refusal struct {
	Errors json.RawMessage `json:"errors"`
}

func (r refusal) refused() []string {
	var texts []string
	if len(r.Errors) > 0 && json.Unmarshal(r.Errors, &texts) != nil {
		texts = []string{string(r.Errors)}
	}
	return texts
}

// readSmall reads an answer that is not a page. encoding/json has no regard to case and takes nothing after the end.
func readSmall(body io.Reader, into interface{ refused() []string }) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%w: %w", errNotAnAnswer, err)
	}
	if texts := into.refused(); len(texts) > 0 {
		return &refusalError{texts}
	}
	return nil
}
