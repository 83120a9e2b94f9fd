package accounts_test

import (
	"context"
	"errors"
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

var observed = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// desk is the stage before an empty Synthesize.
type desk struct {
	http    *http.Client
	t       *testing.T
	sim     *synthesizetest.Simulator
	url     string
	key     string
	version string
	now     time.Time
	book    *ledger.Ledger
	mu      sync.Mutex
	tokens  int
	serial  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, sim: synthesizetest.New(synthesizetest.Options{}), key: synthesizetest.DefaultPartnerKey, version: "v1", now: observed}
	server := synthesizetest.Start(d.sim)
	t.Cleanup(server.Close)
	d.url = server.URL
	d.book = ledger.New(memory.New(), func() time.Time { return d.now })
	return d
}

// stage is the stage of one invocation.
func (d *desk) stage() *accounts.Stage {
	client, err := synthesize.New(synthesize.Config{
		BaseURL: d.url, HTTP: d.http, Patience: 100 * time.Millisecond, AttemptTimeout: 100 * time.Millisecond,
		Keys: func(context.Context, bool) (synthesize.Keys, error) {
			return synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: d.key, Version: d.version}, nil
		},
	})
	d.must(err)
	return &accounts.Stage{
		Synthesize: client, Ledger: d.book, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return d.now }, MakingLives: 40 * time.Second,
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

func TestAccounts_RunMakesWhatIsMissing(t *testing.T) {
	d := newDesk(t)
	failures := d.handle(d.services(observed, "Servers", "Workstations"), d.account(observed, "175", "Contoso"), d.account(observed, "176", "O'Brien \"B\" 🚀"))
	if failures == nil || len(failures) != 0 {
		t.Fatalf("failures %+v", failures)
	}
	if d.made("Servers") != 1 || d.made("Workstations") != 1 || d.sim.Status() != "pending" {
		t.Errorf("services %v, status %s", d.sim.Services(), d.sim.Status())
	}
	listed := d.sim.Accounts()
	if len(listed) != 2 || listed[0].Description != "Autotask company 175" {
		t.Errorf("accounts %+v", listed)
	}
	if n := d.asked("POST", "/organization/accounts"); n != 1 {
		t.Errorf("%d requests to make two accounts", n)
	}
	a, err := d.book.Account(context.Background(), "175")
	if err != nil || !a.Exists || a.Adopted || a.Making != nil || !a.NameIntent.Ended {
		t.Errorf("the ledger knows %+v %v", a, err)
	}
}

func TestAccounts_StatusIsSetToPendingOnlyFromInactive(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	if n := d.asked("PATCH", "/status/pending"); n != 1 {
		t.Errorf("%d requests to set the status, want 1", n)
	}
}

func TestAccounts_ServiceAnswerLost_IsFoundAndNotMadeTwice(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.DropAfter})
	if failures := d.handle(d.services(observed, "Servers")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if d.made("Servers") != 1 {
		t.Errorf("made %d times", d.made("Servers"))
	}
}

func TestAccounts_ServiceRequestLost_IsMadeOnceTheClaimHasEnded(t *testing.T) {
	d := newDesk(t)
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/service"), Kind: synthesizetest.DropBefore})
	m := d.services(observed, "Servers")
	failures := d.handle(m)
	if len(failures) != 1 || failures[0].Dead || failures[0].RetryAfter == 0 {
		t.Fatalf("%+v, want one that rests", failures)
	}
	d.now = d.now.Add(10 * time.Second)
	d.handle(m)
	if n := d.asked("POST", "/service"); n != 1 {
		t.Errorf("%d requests to make it while the first may still take effect", n)
	}
	d.now = d.now.Add(time.Minute)
	if failures := d.handle(m); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if d.made("Servers") != 1 {
		t.Errorf("made %d times", d.made("Servers"))
	}
}

func TestAccounts_ServiceRenamedAtSynthesizeIsNotMadeAgain(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.sim.RenameService("Servers", "Renamed by somebody"))
	if failures := d.handle(d.services(observed.Add(time.Hour), "Servers")); len(failures) != 0 {
		t.Fatal(failures)
	}
	if n := len(d.sim.Services()); n != 1 {
		t.Errorf("%d services", n)
	}
}

func TestAccounts_AccountMessageWaitsForItsRunsLook(t *testing.T) {
	d := newDesk(t)
	failures := d.handle(d.account(observed, "175", "Contoso"))
	if len(failures) != 1 || failures[0].RetryAfter == 0 || len(d.sim.Accounts()) != 0 {
		t.Fatalf("%+v", failures)
	}
}

func TestAccounts_AccountThatAnotherWorkerIsMaking_IsLeftToHim(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.book.NoteAccount(context.Background(), "1", func(a *ledger.Account) {
		a.Making = &ledger.Making{Token: "another", Since: d.now.Add(-time.Second)}
	}))
	failures := d.handle(d.account(observed, "1", "A"))
	if len(failures) != 1 || failures[0].RetryAfter == 0 || d.asked("POST", "/organization/accounts") != 0 {
		t.Fatalf("%+v, asked %d times", failures, d.asked("POST", "/organization/accounts"))
	}
	d.now = d.now.Add(time.Minute) // his request can no longer take effect
	if failures := d.handle(d.account(observed, "1", "A")); len(failures) != 0 || len(d.sim.Accounts()) != 1 {
		t.Errorf("%+v, %v", failures, d.sim.Accounts())
	}
}

func TestAccounts_AnswerLost_AccountsAreNotMadeTwice(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.sim.Inject(synthesizetest.Fault{Match: on("POST", "/organization/accounts"), Kind: synthesizetest.DropAfter})
	if failures := d.handle(d.account(observed, "1", "A"), d.account(observed, "2", "B")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	a, _ := d.book.Account(context.Background(), "2")
	if len(d.sim.Accounts()) != 2 || !a.Exists || a.Adopted {
		t.Errorf("%v, the ledger knows %+v", d.sim.Accounts(), a)
	}
}

func TestAccounts_OneThatStandsAlreadyDoesNotKeepOthersFromBeingMade(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	client := d.stage().Synthesize
	d.must(client.CreateAccounts(context.Background(), []synthesize.NewAccount{{ID: "1", Name: "A"}}))
	if failures := d.handle(d.account(observed, "1", "A"), d.account(observed, "2", "B"), d.account(observed, "3", "C")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	if n := len(d.sim.Accounts()); n != 3 {
		t.Errorf("%d accounts", n)
	}
}

func TestAccounts_RenamedCompanyIsRenamedAndAnOlderMessageChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	d.handle(d.services(observed.Add(time.Hour), "Servers"), d.account(observed.Add(time.Hour), "1", "B"))
	if got := d.sim.Accounts()[0].Name; got != "B" {
		t.Fatalf("name %q", got)
	}
	d.handle(d.account(observed, "1", "A"))
	if got := d.sim.Accounts()[0].Name; got != "B" {
		t.Errorf("an older message renamed it back to %q", got)
	}
}

func TestAccounts_DisconnectMarksUnknownAndMakesAgain(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	svc, _ := d.book.Services(ctx)
	telling, err := d.book.StartTelling(ctx, "run", observed, "1", map[string]int64{"Servers": 4}, svc, "t")
	d.must(err)
	_, err = d.book.FinishTelling(ctx, telling, map[string]ledger.Result{"Servers": {Answer: ledger.Accepted, Definite: true}}, true)
	d.must(err)
	d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Wanted = true }))
	d.sim.Disconnect(synthesizetest.Disconnecting{})
	if failures := d.handle(d.services(observed.Add(time.Hour), "Servers")); len(failures) != 0 {
		t.Fatalf("%+v", failures)
	}
	a, _ := d.book.Account(ctx, "1")
	svc, _ = d.book.Services(ctx)
	service, _ := svc.ByName("Servers")
	if p := a.Pair(service); p.State != ledger.Unknown || !p.EverTold {
		t.Errorf("the pair is %+v, want unknown", p)
	}
	if len(d.sim.Accounts()) != 1 || !a.Exists {
		t.Errorf("accounts %v, the ledger knows %+v", d.sim.Accounts(), a)
	}
}

// Two workers look at the same time. One finds the account gone and makes it again, before the other one writes down what it
// saw: that was the account before.
func TestAccounts_GoneInAnOldLook_AndMadeAgainSince_IsLeftStanding(t *testing.T) {
	d := newDesk(t)
	ctx := context.Background()
	d.handle(d.services(observed, "Servers"), d.account(observed, "1", "A"))
	d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Wanted = true }))
	d.sim.Disconnect(synthesizetest.Disconnecting{})
	met := false
	list := on("GET", "/organization/accounts")
	d.sim.Inject(synthesizetest.Fault{Match: func(r synthesizetest.RequestInfo) bool {
		if list(r) && !met {
			met = true
			d.must(d.book.NoteAccount(ctx, "1", func(a *ledger.Account) { a.Missing(); a.Made("A") }))
		}
		return false
	}})
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	if a, _ := d.book.Account(ctx, "1"); !met || !a.Exists || a.Incarnation != 1 {
		t.Errorf("asked: %v; the ledger knows %+v", met, a)
	}
}

func TestAccounts_OlderServicesMessageIsSuperseded(t *testing.T) {
	d := newDesk(t)
	old := d.services(observed, "Old Name")
	d.handle(d.services(observed.Add(time.Hour), "Servers"))
	before := d.sim.Total()
	if failures := d.handle(old); len(failures) != 0 || d.sim.Total() != before || d.made("Old Name") != 0 {
		t.Errorf("%v, %d requests", failures, d.sim.Total()-before)
	}
}

func TestAccounts_RefusedLoginIsNotedAndTriedAgainOnlyWithAnotherSecret(t *testing.T) {
	d := newDesk(t)
	d.key = "wrong"
	m := d.services(observed, "Servers")
	for range 3 {
		if failures := d.handle(m); len(failures) != 1 || failures[0].Dead {
			t.Fatalf("%+v", failures)
		}
	}
	if n := d.sim.Total(); n > 2 {
		t.Errorf("%d requests with a wrong key", n)
	}
	d.key, d.version = synthesizetest.DefaultPartnerKey, "v2"
	if failures := d.handle(m); len(failures) != 0 {
		t.Errorf("after the secret was corrected: %+v", failures)
	}
}

func TestAccounts_AnotherTenantIsRefused(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.sim.RemakeIntegration(synthesizetest.Remaking{NewVendorID: true})
	writes := d.sim.Writes()
	failures := d.handle(d.services(observed.Add(time.Hour), "Servers"))
	var other *ledger.TenantError
	if len(failures) != 1 || !errors.As(failures[0].Err, &other) || d.sim.Writes() != writes {
		t.Fatalf("%+v", failures)
	}
	if svc, _ := d.book.Services(context.Background()); !svc.LookedAt.Equal(observed) {
		t.Error("the look counts as done: usage messages would not wait")
	}
}

func TestAccounts_UnreadableMessageDiesAlone(t *testing.T) {
	d := newDesk(t)
	poison := queue.Received{ID: "poison", Group: "9", Body: []byte(`{"version":1}`)}
	failures := d.handle(poison, d.services(observed, "Servers"), d.account(observed, "1", "A"))
	if len(failures) != 1 || !failures[0].Dead || failures[0].ID != "poison" || len(d.sim.Accounts()) != 1 {
		t.Fatalf("%+v", failures)
	}
}

func TestAccounts_StrangersAreLeftAlone(t *testing.T) {
	d := newDesk(t)
	client := d.stage().Synthesize
	_, err := client.CreateService(context.Background(), synthesize.NewService{Name: "Network Devices", Description: "old", Category: "other", Subcategory: "other"})
	d.must(err)
	d.handle(d.services(observed, "Servers"))
	svc, err := d.book.Services(context.Background())
	d.must(err)
	if len(svc.Strangers.Services) != 1 || svc.Strangers.Services[0] != "Network Devices" {
		t.Errorf("strangers %v", svc.Strangers.Services)
	}
}

func TestAccounts_ServiceRenamedAtSynthesizeAndInTheRulesWithoutFormerly_IsNotMadeASecondTime(t *testing.T) {
	d := newDesk(t)
	d.handle(d.services(observed, "Servers"))
	d.must(d.sim.RenameService("Servers", "Managed Servers"))
	failures := d.handle(d.services(observed.Add(time.Hour), "Managed Servers"))
	if len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), `formerly: "Servers"`) || len(d.sim.Services()) != 1 {
		t.Fatalf("%+v, services %v", failures, d.sim.Services())
	}
}

func TestAccounts_LedgerOfAnOlderBackupMakesNothing(t *testing.T) {
	d := newDesk(t)
	body := d.received(message.Accounts{RunID: "forgotten", ObservedAt: observed, Services: []message.Service{{Name: "Servers", Description: "x", Category: "other", Subcategory: "other"}}})
	if failures := d.handle(body); len(failures) != 0 || d.made("Servers") != 0 {
		t.Fatalf("%+v, made %d", failures, d.made("Servers"))
	}
}

// A worker has looked for the services. Another one made one meanwhile and stood still before it had written down the id,
// for so long that its claim is not believed any more.
// A message of a run whose clock was ahead, in a ledger that was restored since, must not make later runs look old.
func TestAccounts_ReadAtATimeThatLiesAhead_ByARunTheLedgerDoesNotKnow_ChangesNothing(t *testing.T) {
	d := newDesk(t)
	ahead := observed.Add(90 * 24 * time.Hour)
	services, account := d.services(ahead, "Servers"), d.account(ahead, "1", "A")
	d.now = observed
	if failures := d.handle(services, account); len(failures) != 0 || d.sim.Total() != 0 {
		t.Fatalf("%v, %d requests, want none", failures, d.sim.Total())
	}
	known, err := d.book.Services(context.Background())
	if err != nil || known.LookedAt.After(observed) {
		t.Errorf("looked at %s, %v", known.LookedAt, err)
	}
	a, err := d.book.Account(context.Background(), "1")
	if err != nil || a.NameIntent != nil {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAccounts_ClaimTakenOverAfterAnOldLook_ServiceIsMadeOnce(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	happened := false
	d.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if happened || !on("GET", "/accounts")(r) { // the services have been read by then
			return
		}
		happened = true
		d.must(d.sim.SeedEarlier(synthesizetest.Earlier{Services: []synthesizetest.Service{{Name: "Servers", Description: "Servers", Category: "other", Subcategory: "other"}}}))
		_, err := d.book.UpdateServices(context.Background(), func(s *ledger.Services) error {
			s.List[s.Index("Servers")].Making = &ledger.Making{Token: "another", Since: d.now.Add(-10 * time.Minute)}
			return nil
		})
		d.must(err)
	})
	if failures := d.handle(m); len(failures) != 0 || !happened {
		t.Fatalf("%+v", failures)
	}
	if n := d.made("Servers"); n != 1 {
		t.Errorf("the service stands %d times", n)
	}
	services, err := d.book.Services(context.Background())
	d.must(err)
	if s, _ := services.ByName("Servers"); s.ID == "" || s.Making != nil {
		t.Errorf("the ledger says %+v", s)
	}
}

// Assumed: the clocks of workers agree within a request's time-out. A claim whose worker's clock is far behind looks old, and
// where two workers have the same message at once a service can be made twice. docs/wrong-bill.md names it.
func TestOutside_ClocksOfWorkersFarApart_AServiceCanBeMadeTwice(t *testing.T) {
	d := newDesk(t)
	m := d.services(observed, "Servers")
	happened := false
	d.http = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if !happened && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/service") {
			happened = true
			before := d.now
			d.now = d.now.Add(10 * time.Minute) // the other worker's clock
			if failures := d.handle(m); len(failures) != 0 {
				t.Errorf("%+v", failures)
			}
			d.now = before
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	d.handle(m)
	if n := d.made("Servers"); n != 2 {
		t.Errorf("the service stands %d times: mend the page, it promises less than is true", n)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
