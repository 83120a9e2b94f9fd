package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsevent"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/wiring"
)

const (
	autotaskName   = "Autotask"
	synthesizeName = "Synthesize"
	personName     = "a person"

	autotaskURL   = "http://127.0.0.1:1001"
	synthesizeURL = "http://127.0.0.1:1002"

	// As the three functions and the template have them.
	fetchTime     = 15 * time.Minute
	workerTime    = 2 * time.Minute
	leaseFor      = 16 * time.Minute
	workerLives   = 16 * time.Minute
	fetchPatience = 3 * time.Minute
	workPatience  = 30 * time.Second
	workers       = 8
	awaits        = 10 * time.Second
	refreshAfter  = 20 * time.Hour
	perSecond     = 36
)

// makingLives bears clocks of workers that differ by a request's time-out.
var makingLives = accounts.Lives(wiring.AttemptTimeout, wiring.AttemptTimeout)

func steady() float64 { return 0.5 }

// invoke starts a function.
func (s *sim) invoke(stage string, lasts time.Duration, work func(*task)) *task {
	s.invoked[stage]++
	name := fmt.Sprintf("%s%d", stage, s.invoked[stage])
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(lasts))
	t := &task{
		sim: s, name: name, stage: stage, ctx: ctx, cancel: cancel, until: time.Now().Add(lasts),
		flying: map[string]int{}, second: map[string][]time.Time{}, wrong: map[string]int{}, marks: map[string]int{}, tells: map[string]time.Time{}, expired: map[string]bool{}, login: map[string]string{}, versions: map[string][]string{},
	}
	if !s.calm {
		// Machines' clocks differ by little, and now and then by much.
		switch s.choose.one("clock of "+name, 100, 5) {
		case 1:
			t.skew = 2 * time.Second
		case 2:
			t.skew = -2 * time.Second
		case 3:
			t.skew = 4 * time.Minute
		case 4:
			t.skew = -4 * time.Minute
		case 5:
			if stage == "run" {
				t.skew = time.Duration(s.choose.of("wrong clock of "+name, 9)-4) * 700 * time.Hour
			}
		}
		if stage == "accounts" {
			// A claim on something being made bears clocks of workers that differ by a request's time-out. Beyond that, and with
			// a message at two workers at once, a service can be made twice.
			t.skew = min(max(t.skew, -wiring.AttemptTimeout/2), wiring.AttemptTimeout/2)
		}
		if t.skew != 0 {
			s.count("clock skewed", stage)
			s.note("the clock of %s is off by %s", name, t.skew)
		}
	}
	t.born = s.steps
	s.tasks = append(s.tasks, t)
	go func() {
		defer s.named()
		defer cancel()
		work(t)
		s.mu.Lock()
		t.ended = true
		s.mu.Unlock()
		select {
		case s.bell <- struct{}{}:
		default:
		}
	}()
	return t
}

func (t *task) client(vendor string, handler http.Handler) *http.Client {
	return &http.Client{Transport: wire{t, vendor, handler}}
}

var discard = slog.New(slog.DiscardHandler)

// fetchRun starts a run.
func (s *sim) fetchRun(event fetch.Event) *task {
	set := s.settings
	return s.invoke("run", fetchTime, func(t *task) {
		credentials := s.readCredentials(t)
		client, err := autotask.New(autotask.Config{
			BaseURL: autotaskURL, HTTP: t.client(autotaskName, http.HandlerFunc(s.autotask)), Credentials: credentials, Patience: fetchPatience,
			Random: steady, OnWait: t.waits, Log: discard,
		})
		if err != nil {
			s.fail("settings", "%v", err)
			return
		}
		t.read = s.beginReading(t, set)
		stage := &fetch.Stage{
			Autotask: client, Ledger: ledger.New(store{t, s.table}, t.now), Log: discard, Now: t.now, NewRunID: t.token,
			AccountsQueue: sqsfifo.NewSender(api{t, s.accounts}, "accounts.fifo"), UsageQueue: sqsfifo.NewSender(api{t, s.usage}, "usage.fifo"),
			Rules: set.rules.parsed, Mode: set.mode, Guard: fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100, MaxCompanyDropPercent: set.companyDrop},
			RefreshAfter: s.refresh, IncludeOwnCompany: set.includeOwn, InactiveZero: set.inactiveZero, CompanyTypes: set.companyTypes, LeaseFor: leaseFor,
			SecretVersion: func(ctx context.Context) (string, error) {
				c, err := credentials(ctx, false)
				return c.Version, err
			},
		}
		ctx, cancel := wiring.Within(t.ctx)
		defer cancel()
		result, err := stage.Run(ctx, event)
		s.ran(t, result, err)
		s.guarded(t, event, result)
		s.person.hears(t, stage.Ledger, result)
	})
}

// heard is a run of which a function has heard.
type heard struct {
	runID      string
	observedAt time.Time
}

// poll hands a batch to a function, as the poller of Lambda does.
func (s *sim) poll(q *fifo) {
	batch := q.receive(time.Now())
	if len(batch) == 0 {
		return
	}
	q.workers++
	event, _ := eventOf(batch)
	mode := s.settings.mode
	task := s.invoke(q.name, workerTime, func(t *task) {
		consumer := &sqsevent.Consumer{
			Visibility: sqsfifo.NewVisibility(api{t, q}, q.name), DeadLetters: sqsfifo.NewDeadLetters(api{t, q}, q.name+"-dead"),
			Log: discard, MaxReceives: maxReceives,
			Handle: func(ctx context.Context, batch []queue.Received) []queue.Failure {
				hand, err := ledger.New(store{t, s.table}, t.now).Hand(ctx)
				if err != nil {
					return queue.FailAll(batch, err)
				}
				client, keys, err := s.synthesizeClient(t)
				if err != nil {
					return queue.FailAll(batch, err)
				}
				ctx, cancel := wiring.Within(ctx)
				defer cancel()
				return s.handle(ctx, t, q, client, keys, hand.Silent(mode), mode, batch)
			},
		}
		response, err := consumer.Lambda(t.ctx, event)
		s.mu.Lock()
		q.workers--
		s.mu.Unlock()
		if t.dead {
			return
		}
		if err != nil {
			s.fail("nothing lost", "%s: %v", t.name, err)
			return
		}
		failed := map[string]bool{}
		for _, f := range response.BatchItemFailures {
			failed[f.ItemIdentifier] = true
		}
		if !s.calm && s.choose.one("deletion of "+t.name, 20, 1) == 1 {
			s.count("deletion lost", t.stage)
			s.note("%s did its work, and its messages are not deleted: they come again", t.name)
			return
		}
		for _, e := range batch {
			if !failed[e.id] && q.remove(e) {
				q.deleted++
			}
		}
	})
	for _, e := range batch {
		if m, err := message.DecodeUsage([]byte(e.body)); err == nil && q == s.usage {
			task.batch = append(task.batch, told{m, e.id})
			task.heard = append(task.heard, heard{m.RunID, m.ObservedAt})
		}
		if m, err := message.DecodeAccounts([]byte(e.body)); err == nil && q == s.accounts {
			task.heard = append(task.heard, heard{m.RunID, m.ObservedAt})
		}
	}
	s.trace("%s gets %d messages", task.name, len(batch))
}

func (s *sim) handle(ctx context.Context, t *task, q *fifo, client *synthesize.Client, keys *synthesize.Keyring, silent, mode string, batch []queue.Received) []queue.Failure {
	book := ledger.New(store{t, s.table}, t.now)
	if q == s.accounts {
		stage := &accounts.Stage{
			Synthesize: client, Ledger: book, Log: discard, SecretVersion: keys.Version, Token: t.token, Now: t.now,
			Silent: silent, MakingLives: makingLives, Margin: wiring.Margin(ctx),
		}
		return stage.Handle(ctx, batch)
	}
	stage := &usage.Stage{
		Synthesize: client, Ledger: book, Log: discard, SecretVersion: keys.Version, Token: t.token, Now: t.now,
		Silent: silent, Awaits: awaits,
		Whose: func(ctx context.Context) (ledger.SynthesizeTenant, error) { return wiring.Whose(ctx, client) },
		Word: func(ctx context.Context) (string, error) {
			hand, err := book.Hand(ctx)
			return hand.Silent(mode), err
		},
		Workers: workers, WorkerLives: workerLives, Margin: wiring.Margin(ctx),
	}
	failures, _ := stage.Handle(ctx, batch)
	return failures
}

func (s *sim) synthesizeClient(t *task) (*synthesize.Client, *synthesize.Keyring, error) {
	config := synthesize.Config{
		BaseURL: synthesizeURL, HTTP: t.client(synthesizeName, http.HandlerFunc(s.synthesize)), Random: steady, OnWait: t.waits, Log: discard,
		Patience: workPatience, AttemptTimeout: wiring.AttemptTimeout,
	}
	keys := wiring.NewKeyring(ledger.New(store{t, s.table}, t.now), config, s.readKeys(t))
	config.Keys, config.Limits = keys.Keys, vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8, PerSecond: perSecond})
	client, err := synthesize.New(config)
	return client, keys, err
}
