// Package local runs the three stages in one process: queues in memory, the ledger in one file. It is what the command
// is made of; the stages are those of the cloud.
package local

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/notify"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Config is everything a run needs to know. Ledger, Rules and the credentials must be set.
type Config struct {
	AutotaskURL           string // empty: the vendor's
	SynthesizeURL         string
	Credentials           autotask.Credentials
	Keys                  synthesize.Keys
	Store                 ledger.Store
	Rules                 services.Rules
	Mode                  string
	Guard                 fetch.Guard
	RefreshAfter          time.Duration
	IncludeOwn            bool
	AutotaskBudgetPercent int64  // of what is left at the login; as of autotask.Config
	AutotaskOverBudget    string // fetch.OverStop or fetch.OverWait; empty: stop
	InactiveZero          bool   // items of companies not marked active count as 0
	CompanyTypes          []string
	Version               string // the program's, for the record of who did what

	// Patience is how long a run goes on without any definite answer from the vendor that it asks.
	Patience time.Duration
	// AttemptTimeout is how long one request to Synthesize may take. A creation whose answer was lost is looked for again
	// after a little more than that. 0: 15 seconds.
	AttemptTimeout time.Duration

	// Limits are what Synthesize bears, for all runs of the process. Nil: the documented ones, for each run.
	Limits *vendorapi.Limits

	Notify *notify.Client // who is told of incidents; Run does not tell: its caller does, with what became of it

	HTTP     *http.Client
	Log      *slog.Logger
	Now      func() time.Time
	Progress Progress
}

// Progress is told how far a run is. Its methods may be called by several goroutines.
type Progress interface {
	Read(entity string, rows, total int64)
	Told(answers, total int)
	Waiting(vendor, reason string, wait time.Duration)
}

// Machine runs one configuration on one ledger.
type Machine struct{ Config }

// usageVisibility and the like have no meaning on one machine, where a batch is settled by the process that took it.
const (
	visibility  = time.Hour
	maxReceives = 10
)

// defaultAttempt is how long one request to Synthesize may take on one machine, where a person may be waiting.
const defaultAttempt = 15 * time.Second

// session is what one run works with: clients remember a refused login, so every run has its own.
type session struct {
	*Machine
	book       *ledger.Ledger
	autotask   *autotask.Client
	synthesize *synthesize.Client
	look       *accounts.Look
	accounts   *queue.Local
	usage      *queue.Local
	stats      accounts.Stats
}

func (m *Machine) open(dry bool) (*session, error) {
	store := m.Store
	if dry {
		store = memory.Overlay(m.Store)
	}
	s := &session{
		Machine: m, book: ledger.New(store, m.Now),
		accounts: queue.NewLocal(visibility, maxReceives), usage: queue.NewLocal(visibility, maxReceives),
	}
	// The file is locked: whoever else told something is dead, and only what he had sent last may still arrive.
	s.book.AttemptLives, s.book.Locked = m.makingLives(), m.Now()
	var err error
	s.autotask, err = autotask.New(autotask.Config{
		BaseURL: m.AutotaskURL, HTTP: m.HTTP, Patience: m.Patience, Log: m.Log, BudgetPercent: m.AutotaskBudgetPercent,
		WaitForBudget: m.AutotaskOverBudget == fetch.OverWait,
		Credentials:   func(context.Context, bool) (autotask.Credentials, error) { return m.Credentials, nil },
		Progress:      func(e autotask.Entity, rows, total int64) { m.Progress.Read(string(e), rows, total) },
		OnWait:        func(reason string, wait time.Duration) { m.Progress.Waiting("Autotask", reason, wait) },
	})
	if err != nil {
		return nil, err
	}
	s.synthesize, err = synthesize.New(synthesize.Config{
		BaseURL: m.SynthesizeURL, HTTP: m.HTTP, Limits: m.Limits, Patience: m.Patience, AttemptTimeout: m.attempt(), Log: m.Log,
		Keys:   func(context.Context, bool) (synthesize.Keys, error) { return m.Keys, nil },
		OnWait: func(reason string, wait time.Duration) { m.Progress.Waiting("Synthesize", reason, wait) },
	})
	return s, err
}

func (m *Machine) attempt() time.Duration {
	if m.AttemptTimeout > 0 {
		return m.AttemptTimeout
	}
	return defaultAttempt
}

// makingLives is how long a creation that an earlier process has begun may still take effect. There is one clock.
func (m *Machine) makingLives() time.Duration { return accounts.Lives(m.attempt(), 0) }

func (s *session) fetchStage() *fetch.Stage {
	return &fetch.Stage{
		Autotask: s.autotask, Ledger: s.book, AccountsQueue: s.accounts, UsageQueue: s.usage, Log: s.Log, Now: s.Now,
		NewRunID: rand.Text, Rules: s.Rules, Mode: s.Mode, Guard: s.Guard, RefreshAfter: s.RefreshAfter,
		IncludeOwnCompany: s.IncludeOwn, InactiveZero: s.InactiveZero, CompanyTypes: s.CompanyTypes, RulesHash: s.Rules.Hash(), Version: s.Version, Look: s.takeLook,
		// The file is locked for the life of the process; the lease need not outlive it.
		LeaseFor:      0,
		SecretVersion: func(context.Context) (string, error) { return s.Credentials.Version, nil },
	}
}

func (s *session) accountsStage() *accounts.Stage {
	return &accounts.Stage{
		Synthesize: s.synthesize, Ledger: s.book, Log: s.Log, SecretVersion: s.keysVersion, Token: rand.Text, Now: s.Now,
		MakingLives: s.makingLives(), Looked: s.look, Stats: &s.stats,
	}
}

func (s *session) usageStage(posted func()) *usage.Stage {
	return &usage.Stage{
		Synthesize: s.synthesize, Ledger: s.book, Log: s.Log, SecretVersion: s.keysVersion, Token: rand.Text, Now: s.Now,
		Workers: workers, Posted: posted,
	}
}

// workers is how many companies are told side by side; the client's own limits bound the requests.
const workers = 16

func (s *session) keysVersion(context.Context, bool) (string, error) { return s.Keys.Version, nil }

// takeLook looks at Synthesize before anything is compared.
func (s *session) takeLook(ctx context.Context, rules []ledger.Rule) (fetch.Seen, error) {
	look, err := s.accountsStage().Take(ctx, rules)
	if err != nil {
		return fetch.Seen{}, err
	}
	s.look = &look
	seen := fetch.Seen{Mapped: map[string]bool{}}
	for _, a := range look.Accounts {
		if a.Mapped != nil { // else Synthesize does not say
			seen.Mapped[a.ID] = *a.Mapped
		}
	}
	for _, name := range look.Services.Strangers.Services {
		seen.Attention = append(seen.Attention, fetch.StrangerService(name))
	}
	return seen, nil
}
