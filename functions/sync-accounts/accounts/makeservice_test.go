package accounts_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// answers has Synthesize answer each request to make a service of a name in one way, and make nothing.
func (d *desk) answers(name string, status int, body string) {
	next := d.http
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			sent, err := io.ReadAll(r.Body)
			d.must(err)
			if strings.Contains(string(sent), `"`+name+`"`) {
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			}
			r.Body = io.NopCloser(strings.NewReader(string(sent)))
		}
		if next != nil {
			return next.Transport.RoundTrip(r)
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
}

const madeAndNotListed = `{"id":"v","skus":[]}`

// lastingTroubles are answers to one service that stay the same, night after night.
var lastingTroubles = map[string]struct {
	status int
	body   string
}{
	"409, and it is not listed": {http.StatusConflict, `{"statusCode":409,"message":"A resource with this Id already exists"}`},
	"500":                       {http.StatusInternalServerError, ""},
	"503":                       {http.StatusServiceUnavailable, ""},
	"a web page":                {http.StatusOK, "<html>"},
	"made, and not listed":      {http.StatusCreated, madeAndNotListed},
}

func TestAccounts_OneServiceCannotBeMade_OthersAndAccountsAreMade_AndItsMessageComesAgain(t *testing.T) {
	for name, trouble := range lastingTroubles {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.answers("Servers", trouble.status, trouble.body)
			for night := range 3 {
				at := observed.Add(time.Duration(night) * 24 * time.Hour)
				m := d.services(at, "Servers", "Workstations")
				failures := d.handle(m, d.account(at, "1", "A"))
				if len(failures) != 1 || failures[0].ID != m.ID || failures[0].Dead || failures[0].RetryAfter == 0 || !strings.Contains(failures[0].Err.Error(), `make service "Servers"`) {
					t.Fatalf("night %d: %+v, want the services message to come again, for the one service", night, failures)
				}
				if !d.known().LookedAt.Equal(at) {
					t.Errorf("night %d: looked at %s: the counts of all companies wait", night, d.known().LookedAt)
				}
			}
			if d.made("Workstations") != 1 || d.made("Servers") != 0 || len(d.sim.Accounts()) != 1 {
				t.Errorf("services %v, accounts %v", d.sim.Services(), d.sim.Accounts())
			}
		})
	}
}

// A person clears up what stood in the way. Nothing was made twice by then.
func TestAccounts_OneServiceCannotBeMade_TheCauseIsMended_ItIsMadeOnce(t *testing.T) {
	for name, trouble := range lastingTroubles {
		if trouble.body == madeAndNotListed {
			continue // which is never asked for again
		}
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.answers("Servers", trouble.status, trouble.body)
			m := d.services(observed, "Servers", "Workstations")
			d.handle(m)
			d.http = nil
			d.now = d.now.Add(time.Minute)
			if failures := d.handle(m); len(failures) != 0 || d.made("Servers") != 1 || d.made("Workstations") != 1 {
				t.Errorf("%+v, services %v", failures, d.sim.Services())
			}
		})
	}
}

// The list that follows a failure shows the next service, which somebody has made by hand meanwhile.
func TestAccounts_OneServiceCannotBeMade_AnotherStandsByThen_ItIsNotMadeASecondTime(t *testing.T) {
	d := newDesk(t)
	d.answers("Servers", http.StatusInternalServerError, "")
	refusing := d.http.Transport
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := refusing.RoundTrip(r)
		if err == nil && response.StatusCode == http.StatusInternalServerError {
			d.strange("Workstations")
		}
		return response, err
	})}
	d.handle(d.services(observed, "Servers", "Workstations"))
	if service, _ := d.known().ByName("Workstations"); d.made("Workstations") != 1 || service.ID == "" {
		t.Errorf("services %v, the ledger knows %+v", d.sim.Services(), service)
	}
}

func TestAccounts_AServiceIsAnotherWorkersToMake_OthersAreMade(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers", "Workstations")
	d.change(func(s *ledger.Services) {
		s.List[s.Index("Servers")].Making = &ledger.Making{Token: "another", Since: d.now}
	})
	failures := d.handle(m)
	if len(failures) != 1 || failures[0].RetryAfter == 0 || d.made("Servers") != 0 || d.made("Workstations") != 1 || !d.known().LookedAt.Equal(observed) {
		t.Errorf("%+v, services %v, looked at %s", failures, d.sim.Services(), d.known().LookedAt)
	}
}

// What concerns Synthesize as a whole is tried again as a whole, and no count goes out before.
func TestAccounts_SynthesizeTakesNoRequests_TheMessageComesAgain_AndTheLookIsNotDone(t *testing.T) {
	for name, fault := range map[string]synthesizetest.Fault{
		"429": {Kind: synthesizetest.TooManyRequests}, "403": {Kind: synthesizetest.Forbidden}, "401": {Kind: synthesizetest.Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.patience = briefly
			d.refuses("Servers")
			fault.Match, fault.Times = making("Workstations"), -1
			d.sim.Inject(fault)
			failures := d.handle(d.services(observed, "Servers", "Workstations", "Printers"))
			if len(failures) != 1 || failures[0].Dead || !d.known().LookedAt.IsZero() || d.made("Printers") != 0 {
				t.Errorf("%+v, looked at %s, services %v", failures, d.known().LookedAt, d.sim.Services())
			}
		})
	}
}

// Without a list nobody can say whether the service stands, and what else does.
func TestAccounts_AServiceWithoutAnAnswerAndNoListAfterIt_TheLookIsNotDone(t *testing.T) {
	d := newDesk(t)
	d.patience = briefly
	d.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if making("Servers")(r) {
			d.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1})
		}
	})
	failures := d.handle(d.services(observed, "Servers", "Workstations"))
	if len(failures) != 1 || failures[0].Dead || !d.known().LookedAt.IsZero() || d.asked("POST", "/service") != 1 {
		t.Errorf("%+v, looked at %s, asked %d times", failures, d.known().LookedAt, d.asked("POST", "/service"))
	}
}

// Two of ours have been asked for. One that appears under a strange name may be either: the counts of one would go to the
// other.
func TestAccounts_TwoServicesAreNotListed_AStrangerIsTakenForNeither(t *testing.T) {
	for name, trouble := range lastingTroubles {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.answers("Servers", trouble.status, trouble.body)
			d.answers("Laptops", http.StatusCreated, madeAndNotListed)
			d.handle(d.services(observed, "Servers", "Laptops"))
			d.strange("Servers, as Synthesize writes it")
			d.now = d.now.Add(time.Minute)
			failures := d.handle(d.services(observed.Add(time.Hour), "Servers", "Laptops"))
			known := d.known()
			laptops, _ := known.ByName("Laptops")
			if len(failures) != 1 || laptops.ID != "" || !strings.Contains(failures[0].Err.Error(), `formerly: "Laptops"`) {
				t.Errorf("%+v, the ledger knows %+v", failures, laptops)
			}
		})
	}
}

// strange has somebody make a service by hand.
func (d *desk) strange(name string) {
	ours := d.http
	d.http = nil
	_, err := d.stage().Synthesize.CreateService(context.Background(), synthesize.NewService{Name: name, Category: "other", Subcategory: "other"}, nil)
	d.must(err)
	d.http = ours
}
