package accounts_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// busy answers the first request of a kind with 429, and lets things happen while the client waits for the next one, and
// while that one is under way.
func (d *desk) busy(suffix string, meanwhile, then func()) {
	asked := 0
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, suffix) {
			return http.DefaultTransport.RoundTrip(r)
		}
		if asked++; asked == 2 && then != nil {
			then()
		}
		if asked > 1 {
			return http.DefaultTransport.RoundTrip(r)
		}
		meanwhile()
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})}
}

// SQS hands one message to two workers. The first waits so long for Synthesize that the second takes his claim for dead.
func TestAccounts_WorkerWaitsLongerThanHisClaimLives_TheServiceIsMadeOnce(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	d.busy("/service", func() {
		d.now = d.now.Add(time.Minute)
		if failures := d.handle(m); len(failures) != 0 {
			t.Errorf("the second worker: %+v", failures)
		}
	}, nil)
	if failures := d.handle(m); len(failures) != 0 {
		t.Errorf("the first worker: %+v", failures)
	}
	if n := d.made("Servers"); n != 1 {
		t.Errorf("the service stands %d times", n)
	}
}

// While the first one waits, nobody comes; his claim must not look dead while his next request is under way.
func TestAccounts_WorkerGoesOnAfterALongWait_HisClaimBeginsAnew(t *testing.T) {
	for path, made := range map[string]func(*desk) int{
		"/service":               func(d *desk) int { return d.made("Servers") },
		"/organization/accounts": func(d *desk) int { return len(d.sim.Accounts()) },
	} {
		d := newDesk(t)
		m := d.services(observed, "Servers")
		if path != "/service" {
			d.handle(m)
			m = d.account(observed, "1", "A")
		}
		second := []queue.Failure{}
		d.busy(path, func() { d.now = d.now.Add(time.Minute) }, func() { second = d.handle(m) })
		if failures := d.handle(m); len(failures) != 0 {
			t.Errorf("%s: %+v", path, failures)
		}
		if n := made(d); n != 1 || d.asked("POST", path) != 1 || len(second) != 1 || second[0].RetryAfter == 0 {
			t.Errorf("%s: made %d times; who came while it was asked for: %+v", path, n, second)
		}
	}
}

func TestAccounts_WorkerWaitsLongerThanHisClaimLives_TheAccountsAreMadeOnce(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	both, one := []queue.Received{d.account(observed, "1", "A"), d.account(observed, "2", "B")}, d.account(observed, "1", "A")
	d.busy("/organization/accounts", func() {
		d.now = d.now.Add(time.Minute)
		if failures := d.handle(one); len(failures) != 0 {
			t.Errorf("the second worker: %+v", failures)
		}
	}, nil)
	failures := d.handle(both...)
	if len(failures) != 1 || failures[0].ID != both[0].ID || failures[0].RetryAfter == 0 {
		t.Errorf("the first worker: %+v, want that company 1 rests and company 2 is made", failures)
	}
	// The second worker's for company 1, the first one's for company 2: Synthesize was never asked for one that stood.
	if n := d.asked("POST", "/organization/accounts"); n != 2 || len(d.sim.Accounts()) != 2 {
		t.Errorf("asked %d times, accounts %v", n, d.sim.Accounts())
	}
	if failures := d.handle(both[0]); len(failures) != 0 {
		t.Errorf("%+v", failures)
	}
}

// Who took a claim over has not sent his request yet: also then the first worker sends his no more.
func TestAccounts_ClaimTakenOverByAWorkerWhoHasNotMadeItYet_TheFirstOneSendsNothing(t *testing.T) {
	newer := observed.Add(time.Hour)
	for name, c := range map[string]struct {
		path      string
		meanwhile func(*desk)
	}{
		"an account": {"/organization/accounts", func(d *desk) {
			d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
				a.Making = &ledger.Making{Token: "another", Since: d.now}
			}))
		}},
		"a service": {"/service", func(d *desk) {
			d.change(func(s *ledger.Services) { s.List[0].Making = &ledger.Making{Token: "another", Since: d.now} })
		}},
		"a service, and a newer run's rules are in force": {"/service", func(d *desk) {
			d.change(func(s *ledger.Services) { s.Intent = &ledger.Intent{RunID: "newer", ObservedAt: newer} })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			m := d.services(observed, "Servers")
			if c.path != "/service" {
				d.handle(m)
				m = d.account(observed, "1", "A")
			}
			d.busy(c.path, func() { d.now = d.now.Add(time.Minute); c.meanwhile(d) }, nil)
			failures := d.handle(m)
			if len(failures) != 1 || failures[0].RetryAfter == 0 || d.asked("POST", c.path) != 0 {
				t.Errorf("%+v, asked %d times, want that it rests", failures, d.asked("POST", c.path))
			}
		})
	}
}

// A definite no ends the claim of him who asked, and nobody else's.
func TestAccounts_AnAccountIsRefusedToOneWhoseClaimWasTakenOver_TheOthersClaimStands(t *testing.T) {
	for name, making := range map[string]*ledger.Making{"taken over": {Token: "another"}, "his own": nil} {
		d := newDesk(t)
		d.handle(d.services(observed, "Servers"))
		d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPost {
				return http.DefaultTransport.RoundTrip(r)
			}
			if making != nil {
				d.now = d.now.Add(time.Minute)
				making.Since = d.now
				d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) { a.Making = making }))
			}
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		})}
		failures := d.handle(d.account(observed, "1", "A"))
		a, err := d.book.Account(context.Background(), "1")
		d.must(err)
		if len(failures) != 1 || (a.Making != nil) != (making != nil) {
			t.Errorf("%s: %+v, the claim is %+v", name, failures, a.Making)
		}
	}
}

// A newer run's rules come into force while an older run's message is being worked. What they do not name is not made.
func TestAccounts_NewerRulesWhileTheMessageLooks_NothingIsMade(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		d.change(func(s *ledger.Services) {
			s.Intent = &ledger.Intent{RunID: "newer", ObservedAt: observed.Add(time.Hour)}
		})
		return http.DefaultTransport.RoundTrip(r)
	})}
	d.handle(m)
	if d.asked("GET", "") == 0 || d.asked("POST", "/service") != 0 {
		t.Errorf("looked %d times and made %d", d.asked("GET", ""), d.made("Servers"))
	}
}

func (d *desk) change(services func(*ledger.Services)) {
	_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error { services(s); return nil })
	d.must(err)
}

// A worker who made an account died before he could say so, and after the look of the one who comes next.
func TestAccounts_ClaimOnAnAccountTakenOver_IsLookedForBeforeItIsMade(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.stage().Synthesize.CreateAccounts(context.Background(), []synthesize.NewAccount{{ID: "1", Name: "A"}}, nil))
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.Making = &ledger.Making{Token: "another", Since: d.now.Add(-time.Minute)}
	}))
	asked := d.asked("POST", "/organization/accounts")
	if failures := d.handle(d.account(observed, "1", "A")); len(failures) != 0 || d.asked("POST", "/organization/accounts") != asked {
		t.Errorf("%+v, asked for again", failures)
	}
	if a, err := d.book.Account(context.Background(), "1"); err != nil || !a.Exists || a.Making != nil {
		t.Errorf("the ledger knows %+v, %v", a, err)
	}
}

// Workers' clocks are assumed to agree within a request's time-out. However old a claim is when its request goes out, a worker
// whose clock is ahead by as much must not take it for dead while that request may take effect.
func TestAccounts_ClockOfAnotherWorkerIsAheadByARequestsTimeOut_TheClaimOutlivesTheRequest(t *testing.T) {
	for waited := time.Duration(0); waited < 2*attempt; waited += attempt / 6 {
		t.Run("sent after "+waited.String(), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			m := d.services(observed, "Servers")
			second := []queue.Failure{}
			d.busy("/service", func() { d.now = d.now.Add(waited) }, func() {
				before := d.now
				d.now = before.Add(attempt - time.Millisecond).Add(attempt) // the request is about to end; the other worker's clock
				second = d.handle(m)
				d.now = before
			})
			if failures := d.handle(m); len(failures) != 0 {
				t.Errorf("%+v", failures)
			}
			if n := d.made("Servers"); n != 1 || len(second) != 1 || second[0].RetryAfter == 0 {
				t.Errorf("made %d times; the other worker: %+v", n, second)
			}
		})
	}
}

// The request goes out, lasts, and is seen by a clock that is ahead: all of it within the claim's life.
func TestLives_ARequestSentAtTheLastMoment_EndsBeforeAnyClockTakesTheClaimForDead(t *testing.T) {
	for _, c := range []struct{ attempt, skew time.Duration }{{20 * time.Second, 20 * time.Second}, {15 * time.Second, 0}, {2 * time.Second, 0}, {20 * time.Second, time.Minute}} {
		lives := accounts.Lives(c.attempt, c.skew)
		last := accounts.Renewal(lives)
		if ends := last + c.attempt + c.skew; last <= 0 || ends > lives {
			t.Errorf("%+v: a claim lives %s; a request that goes out after %s takes effect up to %s after it began, by a clock that is ahead", c, lives, last, ends)
		}
	}
}
