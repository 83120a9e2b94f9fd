package accounts_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// attempt is how long a request lasts at most, and by how much workers' clocks differ, by the desk's clock.
const attempt = 20 * time.Second

// briefly is the patience of a test in which Synthesize never answers. Where it does, a slow machine must not lose it.
const briefly = 100 * time.Millisecond

var observed = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// desk is the stage before an empty Synthesize.
type desk struct {
	http     *http.Client
	t        *testing.T
	sim      *synthesizetest.Simulator
	url      string
	key      string
	patience time.Duration
	version  string
	now      time.Time
	book     *ledger.Ledger
	mu       sync.Mutex
	tokens   int
	serial   int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, sim: synthesizetest.New(synthesizetest.Options{}), key: synthesizetest.DefaultPartnerKey, patience: time.Minute, version: "v1", now: observed}
	server := synthesizetest.Start(d.sim)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.book = ledger.New(memory.New(), func() time.Time { return d.now })
	return d
}

// stage is the stage of one invocation.
func (d *desk) stage() *accounts.Stage {
	client, err := synthesize.New(synthesize.Config{
		BaseURL: d.url, HTTP: d.http, Patience: d.patience, AttemptTimeout: 20 * time.Second, Random: func() float64 { return 0 },
		Keys: func(context.Context, bool) (synthesize.Keys, error) {
			return synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: d.key, Version: d.version}, nil
		},
	})
	d.must(err)
	return &accounts.Stage{
		Synthesize: client, Ledger: d.book, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return d.now }, MakingLives: accounts.Lives(attempt, attempt),
		SecretVersion: func(context.Context, bool) (string, error) { return d.version, nil },
		Token: func() string {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.tokens++
			return fmt.Sprint("token", d.tokens)
		},
	}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) received(m message.Accounts) queue.Received {
	d.t.Helper()
	body, err := m.Encode()
	d.must(err)
	d.serial++
	return queue.Received{ID: fmt.Sprint("m", d.serial), Group: m.Group(), Body: body, Receives: 1}
}

// services is a run's services message; the fetch stage has told the ledger of it before.
func (d *desk) services(at time.Time, names ...string) queue.Received {
	d.t.Helper()
	d.reach(at)
	m := message.Accounts{RunID: "run", ObservedAt: at, Services: []message.Service{}}
	var rules []ledger.Rule
	for _, n := range names {
		m.Services = append(m.Services, message.Service{Name: n, Description: n, Category: "other", Subcategory: "other"})
		rules = append(rules, ledger.Rule{Name: n})
	}
	_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error {
		if s.Intent == nil || s.Intent.ObservedAt.Before(at) {
			s.Apply(rules)
			s.Intent = &ledger.Intent{RunID: "run", ObservedAt: at}
		}
		return nil
	})
	d.must(err)
	return d.received(m)
}

// reach lets the clock get to a time.
func (d *desk) reach(at time.Time) {
	if at.After(d.now) {
		d.now = at
	}
}

func (d *desk) account(at time.Time, id, name string) queue.Received {
	d.reach(at)
	return d.received(message.Accounts{RunID: "run", ObservedAt: at, Account: &message.Account{ID: id, Name: name}})
}

func (d *desk) handle(batch ...queue.Received) []queue.Failure {
	return d.stage().Handle(context.Background(), batch)
}

func (d *desk) made(name string) int {
	n := 0
	for _, s := range d.sim.Services() {
		if s.Name == name {
			n++
		}
	}
	return n
}

func on(method, suffix string) func(synthesizetest.RequestInfo) bool {
	return func(r synthesizetest.RequestInfo) bool {
		return r.Method == method && strings.HasSuffix(r.Path, suffix)
	}
}

// asked counts the requests of the log.
func (d *desk) asked(method, suffix string) int {
	return d.sim.CountRequests(func(r synthesizetest.Request) bool {
		return r.Method == method && strings.HasSuffix(r.Path, suffix)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
