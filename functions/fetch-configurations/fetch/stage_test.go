package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/services"
)

// outbox is a queue that only keeps what was sent.
type outbox struct {
	sent  []queue.Message
	check func() // called before each sending
	err   error
}

func (o *outbox) Send(_ context.Context, messages []queue.Message) error {
	if o.check != nil && len(messages) > 0 {
		o.check()
	}
	if o.err != nil {
		return o.err
	}
	o.sent = append(o.sent, messages...)
	return nil
}

// briefly is the patience of a test in which Autotask never answers. Where it does, a slow machine must not lose it.
const briefly = 100 * time.Millisecond

// office is a fetch stage before a local Autotask of three companies with a desktop and a server each.
type office struct {
	t               *testing.T
	tenant          *autotasktest.Tenant
	book            *ledger.Ledger
	store           *memory.Store
	now             time.Time
	url             string
	stage           fetch.Stage
	accounts, usage *outbox
	version         string
	runs            int
	patience        time.Duration
	// credentials, if set, are what the secret holds, instead of the tenant's own in this version.
	credentials func(ctx context.Context, fresh bool) (autotask.Credentials, error)
	unmapped    func(account, service string) bool // nil: Synthesize has a map for all
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, tenant: autotasktest.NewTenant(autotasktest.Options{}), store: memory.New(), now: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC), version: "v1", patience: time.Minute}
	o.tenant.SetType(autotasktest.Type{ID: 1, Name: "Desktop"})
	o.tenant.SetType(autotasktest.Type{ID: 2, Name: "Laptop"})
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Server"})
	for c := int64(1); c <= 3; c++ {
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("Company ", c)})
		o.tenant.AddItem(autotasktest.Item{ID: c * 10, Company: c, Type: 1})
		o.tenant.AddItem(autotasktest.Item{ID: c*10 + 1, Company: c, Type: 3})
	}
	server := autotasktest.Start(o.tenant)
	t.Cleanup(server.Close)
	o.url = server.URL
	o.book = ledger.New(o.store, func() time.Time { return o.now })
	rules, err := services.Parse("built-in", fetch.DefaultRules)
	if err != nil {
		t.Fatal(err)
	}
	o.stage = fetch.Stage{
		Ledger: o.book, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return o.now }, Rules: rules, Mode: fetch.ModePost,
		NewRunID: func() string { o.runs++; return fmt.Sprint("run-", o.runs) },
		Guard:    fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100}, RefreshAfter: 20 * time.Hour, LeaseFor: 16 * time.Minute,
		SecretVersion: func(context.Context) (string, error) { return o.version, nil },
	}
	return o
}

func (o *office) run(event fetch.Event) (fetch.Result, error) {
	o.t.Helper()
	credentials := o.credentials
	if credentials == nil {
		credentials = func(context.Context, bool) (autotask.Credentials, error) {
			return credentialsOf(autotasktest.DefaultCredentials, o.version), nil
		}
	}
	client, err := autotask.New(autotask.Config{BaseURL: o.url, Patience: o.patience, Random: func() float64 { return 0 }, Credentials: credentials})
	if err != nil {
		o.t.Fatal(err)
	}
	if o.accounts == nil {
		o.accounts, o.usage = &outbox{}, &outbox{}
	}
	stage := o.stage
	stage.Autotask, stage.AccountsQueue, stage.UsageQueue = client, o.accounts, o.usage
	return stage.Run(context.Background(), event)
}

func credentialsOf(c autotasktest.Credentials, version string) autotask.Credentials {
	return autotask.Credentials{Username: c.Username, Secret: c.Secret, IntegrationCode: c.IntegrationCode, Version: version}
}

func (o *office) queued() int { return len(o.accounts.sent) + len(o.usage.sent) }

func TestFetch_IntentStandsBeforeAnyMessageIsQueued(t *testing.T) {
	o := newOffice(t)
	o.accounts, o.usage = &outbox{}, &outbox{}
	checked := 0
	check := func() {
		checked++
		accounts, err := o.book.Accounts(context.Background())
		if err != nil || len(accounts) != 3 {
			t.Fatalf("%d accounts in the ledger, %v", len(accounts), err)
		}
		for id, a := range accounts {
			if !a.OpenIntent() || a.Intent.RunID != "run-1" || a.NameIntent == nil {
				t.Errorf("account %s: intent %+v when the message is queued", id, a.Intent)
			}
		}
	}
	o.accounts.check, o.usage.check = check, check
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	if checked != 2 || len(o.usage.sent) != 3 || len(o.accounts.sent) != 4 {
		t.Fatalf("%d sendings, %d usage and %d accounts messages", checked, len(o.usage.sent), len(o.accounts.sent))
	}
	if first, err := message.DecodeAccounts(o.accounts.sent[0].Body); err != nil || first.Group() != message.ServicesGroup || len(first.Services) != 2 {
		t.Errorf("the first message is %+v %v, want the services", first, err)
	}
}

// A newer run has taken the lease over and said which services there are. The slow one says nothing more: its rules are older.
func TestFetch_LeaseLostBeforeTheServicesAreSaid_TheNewerRunsStand(t *testing.T) {
	o := newOffice(t)
	services := ledger.Key{Kind: "state", ID: "services"}
	newer := ledger.Intent{RunID: "newer", ObservedAt: o.now.Add(time.Hour)}
	o.stage.Ledger = ledger.New(&interrupted{Store: o.store, other: services, meanwhile: func() {
		if _, err := o.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.Intent = &newer; return nil }); err != nil {
			t.Error(err)
		}
	}}, func() time.Time { return o.now })
	_, err := o.run(fetch.Event{})
	var lost *ledger.LeaseLostError
	if !errors.As(err, &lost) {
		t.Errorf("got %v, want that the lease is lost", err)
	}
	if known, err := o.book.Services(context.Background()); err != nil || *known.Intent != newer || len(o.usage.sent)+len(o.accounts.sent) != 0 {
		t.Errorf("%+v is the newest word (%v), and %d messages are queued", known.Intent, err, len(o.usage.sent)+len(o.accounts.sent))
	}
}

func TestFetch_LeaseLostDuringTheRead_NothingIsQueued(t *testing.T) {
	o := newOffice(t)
	o.tenant.OnRequest(func(r autotasktest.Request) {
		if r.Entity == "ConfigurationItems" && r.Operation == "query" {
			o.tenant.OnRequest(nil)
			later := ledger.New(o.store, func() time.Time { return o.now.Add(time.Hour) })
			if _, err := later.Begin(context.Background(), "another", 16*time.Minute); err != nil {
				t.Errorf("the other run: %v", err)
			}
		}
	})
	_, err := o.run(fetch.Event{})
	var lost *ledger.LeaseLostError
	if !errors.As(err, &lost) {
		t.Fatalf("got %v, want the lease lost", err)
	}
	if o.queued() != 0 {
		t.Errorf("%d messages were queued without the lease", o.queued())
	}
}

func TestFetch_CutOffBetweenIntentAndSending_NextRunTellsAgain(t *testing.T) {
	o := newOffice(t)
	o.accounts, o.usage = &outbox{}, &outbox{err: errors.New("the queue is not to be had")}
	if _, err := o.run(fetch.Event{}); err == nil {
		t.Fatal("a run that could not queue ended well")
	}
	o.accounts, o.usage = nil, nil
	if r, err := o.run(fetch.Event{}); err != nil || r.Due != 6 {
		t.Fatalf("%v: %d counts due, want all 6 again", err, r.Due)
	}
}

func TestFetch_IncompleteReadQueuesNothing(t *testing.T) {
	o := newOffice(t)
	o.tenant.Inject(autotasktest.Fault{Match: autotasktest.On("ConfigurationItems", "count"), Kind: autotasktest.WrongCount, Rows: 4, Times: -1})
	r, err := o.run(fetch.Event{})
	var incomplete *autotask.IncompleteReadError
	if !errors.As(err, &incomplete) || r.State != fetch.StateFailed || r.Reason == "" {
		t.Fatalf("got %v, %+v", err, r)
	}
	if o.queued() != 0 {
		t.Error("something was queued")
	}
}

func TestFetch_RunsSideBySide_TheSecondOneEndsAtOnce(t *testing.T) {
	o := newOffice(t)
	if _, err := o.book.Begin(context.Background(), "first", 16*time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err := o.run(fetch.Event{})
	var running *ledger.RunningError
	if !errors.As(err, &running) || o.tenant.Count(nil) != 0 {
		t.Fatalf("got %v after %d requests", err, o.tenant.Count(nil))
	}
}

func TestFetch_RefusedSecretIsNotTriedAgainByARetryOfTheSameExecution(t *testing.T) {
	o := newOffice(t)
	c := autotasktest.DefaultCredentials
	c.Secret = "another"
	o.tenant.SetCredentials(c)
	for range 3 {
		if _, err := o.run(fetch.Event{ExecutionID: "the-same"}); err == nil {
			t.Fatal("a wrong secret went well")
		}
	}
	if n := o.tenant.Count(nil); n != 1 {
		t.Errorf("%d authenticated requests in three tries, want 1", n)
	}
	if _, err := o.run(fetch.Event{ExecutionID: "the-next"}); err == nil || o.tenant.Count(nil) != 2 {
		t.Errorf("a newer run asks again: %d requests", o.tenant.Count(nil))
	}
}

// The secret is corrected while the refusal comes in: what was refused is what was sent.
func TestFetch_SecretCorrectedWhileItIsRefused_ARetryOfTheSameExecutionTriesIt(t *testing.T) {
	o := newOffice(t)
	c := autotasktest.DefaultCredentials
	c.Secret = "another"
	o.tenant.SetCredentials(c)
	secret := credentialsOf(autotasktest.DefaultCredentials, "v1")
	o.credentials = func(context.Context, bool) (autotask.Credentials, error) { return secret, nil }
	asked := 0
	o.stage.SecretVersion = func(context.Context) (string, error) {
		if asked++; asked == 1 {
			return "v1", nil
		}
		return "v2", nil
	}
	if _, err := o.run(fetch.Event{ExecutionID: "the-same"}); err == nil {
		t.Fatal("a wrong secret went well")
	}
	secret = credentialsOf(c, "v2")
	if r, err := o.run(fetch.Event{ExecutionID: "the-same"}); err != nil || r.State != fetch.StateDone {
		t.Errorf("%s, %v", r.State, err)
	}
}

func TestFetch_RuleThatFitsNothingIsAnErrorBeforeAnyItemIsRead(t *testing.T) {
	o := newOffice(t)
	o.stage.Rules = parsed(t, "- service: Phones\n  types: [Phone]\n")
	_, err := o.run(fetch.Event{})
	var settings *fetch.SettingsError
	if !errors.As(err, &settings) {
		t.Fatalf("got %v", err)
	}
	if n := o.tenant.Count(autotasktest.On("ConfigurationItems", "query")) + o.tenant.Count(autotasktest.On("ConfigurationItems", "count")); n != 0 {
		t.Errorf("%d requests for items", n)
	}
}

func TestFetch_BaselineMovesOnlyWhenSomethingWasAnsweredOrNothingWasToTell(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	r, err := o.run(fetch.Event{})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := o.book.Baseline(ctx); !b.ObservedAt.IsZero() {
		t.Fatal("the comparison moved though nobody has answered")
	}
	if err := o.book.AddOutcomes(ctx, r.ObservedAt, ledger.Outcomes{Unmapped: 1}, true); err != nil {
		t.Fatal(err)
	}
	b, err := o.book.Baseline(ctx)
	if err != nil || b.RunID != r.RunID || b.Services["Managed Servers"] != 3 {
		t.Fatalf("got %+v %v", b, err)
	}
	o.stage.Mode = fetch.ModeObserve
	o.tenant.AddItem(autotasktest.Item{Company: 1, Type: 3})
	o.accounts, o.usage = nil, nil
	if _, err := o.run(fetch.Event{}); err != nil || o.queued() != 0 {
		t.Fatal(err, o.queued())
	}
	if again, _ := o.book.Baseline(ctx); again.RunID != b.RunID {
		t.Error("a run that told nobody moved the comparison")
	}
}

func TestFetch_RebuildOwed_OneEqualCountIsToldAgain(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	o.deliver()
	o.accounts, o.usage = nil, nil
	if r, err := o.run(fetch.Event{}); err != nil || r.Due != 0 {
		t.Fatalf("%v: %d due in an unchanged tenant", err, r.Due)
	}
	if err := o.book.OweRebuild(ctx, "a worker that died"); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(time.Hour)
	o.accounts, o.usage = nil, nil
	r, err := o.run(fetch.Event{})
	if err != nil || r.Due != 1 || len(o.usage.sent) != 1 {
		t.Fatalf("%v: %d due, %d messages, want one", err, r.Due, len(o.usage.sent))
	}
}

// deliver stands for the other two stages, all of whose posts are accepted.
func (o *office) deliver() {
	o.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			o.t.Fatal(err)
		}
	}
	svc, err := o.book.UpdateServices(ctx, func(s *ledger.Services) error {
		for i := range s.List {
			s.List[i].ID = "id-" + s.List[i].Key
		}
		return nil
	})
	must(err)
	for i, sent := range o.usage.sent {
		m, err := message.DecodeUsage(sent.Body)
		must(err)
		must(o.book.NoteAccount(ctx, m.Account.ID, func(a *ledger.Account) {
			a.Made(m.Account.Name)
			a.NameIntent.Ended = true
		}))
		telling, err := o.book.StartTelling(ctx, m.RunID, m.ObservedAt, m.Account.ID, m.Counts, svc, fmt.Sprint("t", i))
		must(err)
		results := map[string]ledger.Result{}
		for _, c := range telling.Counts {
			results[c.Service.Key] = ledger.Result{Answer: ledger.Accepted, Definite: true}
		}
		_, err = o.book.FinishTelling(ctx, telling, results, true)
		must(err)
	}
}
