// Package accounts is the stage that looks at Synthesize once a run and makes the services and accounts that must exist
// there. It posts no counts.
package accounts

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Synthesize is what this stage asks of the Synthesize client, made for one invocation.
type Synthesize interface {
	Organization(ctx context.Context) (synthesize.Organization, error)
	Vendor(ctx context.Context) (synthesize.Vendor, error)
	Accounts(ctx context.Context) ([]synthesize.Account, error)
	CreateService(ctx context.Context, s synthesize.NewService, before func(context.Context) error) ([]synthesize.Service, error)
	CreateAccounts(ctx context.Context, accounts []synthesize.NewAccount, before func(context.Context) error) error
	RenameAccount(ctx context.Context, id, name string) error
	SetPending(ctx context.Context) error
}

// Stage makes what must exist at Synthesize. Its fields are set once, before the first Handle.
type Stage struct {
	Synthesize Synthesize
	Ledger     *ledger.Ledger
	Log        *slog.Logger

	// Silent says why nobody may be told now; "" if all may be. Messages then end, and the next run that tells makes what they
	// were to make.
	Silent string
	// SecretVersion is the version of the Synthesize keys in use; fresh reads them again first.
	SecretVersion func(ctx context.Context, fresh bool) (string, error)
	// Token makes a name that no other attempt has.
	Token func() string
	// Now is this machine's clock.
	Now func() time.Time
	// MakingLives is how long a creation that never reported back may still take effect, by any worker's clock (Lives).
	MakingLives time.Duration
	// Margin before the context's deadline in which nothing new is begun.
	Margin time.Duration
	// Looked, if set, is the look that this run has already taken (on one machine it comes before the comparison).
	Looked *Look
	// Stats counts what was made, if set.
	Stats *Stats
}

// Stats is what was made at Synthesize.
type Stats struct{ Created, Renamed int }

// Handle works a batch of messages and reports those that must come again. The slice is never nil.
//
// The services message goes before the others, and the accounts that are new go out in as few requests as possible.
func (s *Stage) Handle(ctx context.Context, batch []queue.Received) []queue.Failure {
	issued, fenced, err := s.Ledger.Issued(ctx)
	if err != nil {
		return queue.FailAll(batch, err)
	}
	failures := []queue.Failure{}
	var services, accounts []queue.Received
	decoded := map[string]message.Accounts{}
	for _, r := range batch {
		m, err := message.DecodeAccounts(r.Body)
		switch {
		case err != nil:
			failures = append(failures, queue.Fail(r, queue.Dead(err)))
		case s.Silent != "":
			s.Log.InfoContext(ctx, "superseded: nobody is told now, and the next run that tells makes it", "runId", m.RunID, "group", m.Group(), "reason", s.Silent)
		case !m.ObservedAt.After(fenced):
			s.Log.InfoContext(ctx, "superseded: the ledger was imported since; the next run makes what is missing", "runId", m.RunID, "group", m.Group(), "observedAt", m.ObservedAt)
		case ledger.FromNowhere(m.ObservedAt, issued, s.Now()):
			s.Log.WarnContext(ctx, "superseded: it was read at a time that lies ahead, and the ledger knows of no such run; the next run makes what is missing", "runId", m.RunID, "group", m.Group(), "observedAt", m.ObservedAt)
		case m.Account == nil:
			decoded[r.ID] = m
			services = append(services, r)
		default:
			decoded[r.ID] = m
			accounts = append(accounts, r)
		}
	}
	opts := queue.Options{Workers: 1, Margin: s.Margin, Log: s.Log}
	failures = append(failures, queue.Process(ctx, services, opts, func(ctx context.Context, r queue.Received) error {
		return s.guard(ctx, decoded[r.ID], func() error { return s.services(ctx, decoded[r.ID]) })
	})...)
	return append(failures, s.handleAccounts(ctx, accounts, decoded)...)
}

// guard keeps the vendor from being called when it has refused the login to this run, or when the keys may be another
// organization's, and notes such a refusal. A look asks first of all whose the keys are, so that nobody need ask before it.
func (s *Stage) guard(ctx context.Context, m message.Accounts, call func() error) error {
	if err := s.admitted(ctx, m); err != nil {
		return err
	}
	var err error
	if m.Account != nil {
		err = s.prove(ctx, m)
	}
	if err == nil {
		err = call()
	}
	if stopped(err) {
		return errors.Join(queue.RetryAfter(err, waitForSecret), s.noteRefusal(ctx, m, err))
	}
	return err
}

// admitted tells whether Synthesize has not refused the keys to this run.
func (s *Stage) admitted(ctx context.Context, m message.Accounts) error {
	version, err := s.SecretVersion(ctx, false)
	if err != nil {
		return err
	}
	err = s.Ledger.Refused(ctx, ledger.Synthesize, m.RunID, m.ObservedAt, version)
	var refusal *ledger.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	// The copy in this process may be older than the secret: look, without asking the vendor.
	if version, err = s.SecretVersion(ctx, true); err != nil {
		return err
	}
	return rests(s.Ledger.Refused(ctx, ledger.Synthesize, m.RunID, m.ObservedAt, version))
}

func (s *Stage) noteRefusal(ctx context.Context, m message.Accounts, refused error) error {
	return s.Ledger.NoteRefusals(ctx, s.SecretVersion, vendorapi.RefusedVersions(refused), ledger.Refusal{
		Vendor: ledger.Synthesize, RunID: m.RunID, ObservedAt: m.ObservedAt, Text: refused.Error(),
	})
}

// stopped tells whether Synthesize refused the login or wants no requests: a person has to act.
func stopped(err error) bool { return vendorapi.IsRefused(err) || vendorapi.IsFault(err) }

// refused tells whether an error is a definite no to this one request.
func refused(err error) bool {
	return vendorapi.KindOf(err) == vendorapi.Rejected && !vendorapi.IsUnclear(err)
}

// exists tells whether an error says that the thing stands already.
func exists(err error) bool {
	var conflict *synthesize.ConflictError
	var e *vendorapi.Error
	return errors.As(err, &conflict) || errors.As(err, &e) && e.Status == http.StatusConflict
}
