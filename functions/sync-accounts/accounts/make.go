package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

const (
	// maxAccounts is how many accounts one request makes. The vendor documents no limit; a moderate size is cheap.
	maxAccounts = 100
	// waitForServices is how soon a message that came before its run's services message is looked at again.
	waitForServices = 15 * time.Second
)

// task is one account message being worked.
type task struct {
	received queue.Received
	m        message.Accounts
	create   bool
	rename   bool
	claim    *claim // on the creation
	// takenOver: another worker claimed it first, and may have made it since this one looked.
	takenOver bool
}

// handleAccounts works the messages about accounts: claims in the ledger, then makes the new ones together.
func (s *Stage) handleAccounts(ctx context.Context, batch []queue.Received, decoded map[string]message.Accounts) []queue.Failure {
	tasks := map[string]*task{}
	var order []string
	opts := queue.Options{Workers: 1, Margin: s.Margin, Log: s.Log}
	failures := queue.Process(ctx, batch, opts, func(ctx context.Context, r queue.Received) error {
		m := decoded[r.ID]
		if _, twice := tasks[m.Account.ID]; twice {
			return queue.Wait(fmt.Errorf("company %s: an earlier message of the batch comes first", m.Account.ID), time.Second)
		}
		t, err := s.claim(ctx, m)
		if err != nil || t == nil {
			return err
		}
		t.received = r
		tasks[m.Account.ID] = t
		order = append(order, m.Account.ID)
		return nil
	})
	made := s.makeAccounts(ctx, tasks, order)
	for _, f := range made { // the claims' are logged
		s.Log.WarnContext(ctx, "message failed", "runId", decoded[f.ID].RunID, "message", f.ID, "group", decoded[f.ID].Group(), "error", f.Err)
	}
	return append(failures, made...)
}

// makeAccounts makes and renames what the claims are about, in order.
func (s *Stage) makeAccounts(ctx context.Context, tasks map[string]*task, order []string) []queue.Failure {
	var create []*task
	for _, id := range order {
		if t := tasks[id]; t.create {
			create = append(create, t)
		}
	}
	create, failures := s.lookAgain(ctx, create)
	for len(create) > 0 {
		n := min(len(create), maxAccounts)
		failures = append(failures, s.create(ctx, create[:n])...)
		create = create[n:]
	}
	for _, id := range order {
		if t := tasks[id]; t.rename {
			err := s.guard(ctx, t.m, func() error { return s.rename(ctx, t.m) })
			if err != nil {
				failures = append(failures, queue.Fail(t.received, err))
			}
		}
	}
	return failures
}

// claim decides in the ledger what a message still asks for. A nil task means that it asks for nothing more.
func (s *Stage) claim(ctx context.Context, m message.Accounts) (*task, error) {
	services, err := s.Ledger.Services(ctx)
	if err != nil {
		return nil, err
	}
	if services.LookedAt.Before(m.ObservedAt) {
		return nil, queue.Wait(fmt.Errorf("company %s waits for the services message of run %s", m.Account.ID, m.RunID), waitForServices)
	}
	t := &task{m: m}
	_, err = s.Ledger.ClaimAccount(ctx, m.Account.ID, m.RunID, m.ObservedAt, func(a *ledger.Account) error {
		t.create, t.rename = !a.Exists, a.Exists && a.Name != m.Account.Name
		if t.create {
			if a.Making != nil && s.alive(a.Making.Since) {
				return queue.RetryAfter(fmt.Errorf("make account %s: %w; it is looked for again when that can no longer take effect", a.ID, errBeingMade), s.MakingLives)
			}
			t.takenOver = a.Making != nil
			a.Making = &ledger.Making{Token: s.Token(), Since: s.Now().UTC()}
			t.claim = &claim{since: a.Making.Since, renew: s.renewAccount(m, a.Making.Token)}
			a.Adopted = a.Adopted || services.Imported
		}
		return nil
	})
	var superseded *ledger.SupersededError
	if errors.As(err, &superseded) {
		s.Log.InfoContext(ctx, "account message superseded", "runId", m.RunID, "company", m.Account.ID, "by", superseded.By.RunID)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !t.create && !t.rename {
		return nil, s.done(ctx, m, nil)
	}
	return t, nil
}

func (s *Stage) rename(ctx context.Context, m message.Accounts) error {
	if err := s.Synthesize.RenameAccount(ctx, m.Account.ID, m.Account.Name); err != nil {
		return fmt.Errorf("rename account %s: %w", m.Account.ID, err)
	}
	if s.Stats != nil {
		s.Stats.Renamed++
	}
	return s.done(ctx, m, func(a *ledger.Account) { a.Name = m.Account.Name })
}

// done ends the run's intent about the account.
func (s *Stage) done(ctx context.Context, m message.Accounts, change func(*ledger.Account)) error {
	_, err := s.Ledger.ClaimAccount(ctx, m.Account.ID, m.RunID, m.ObservedAt, func(a *ledger.Account) error {
		if change != nil {
			change(a)
		}
		intent := *a.NameIntent
		intent.Ended = true
		a.NameIntent = &intent
		return nil
	})
	var superseded *ledger.SupersededError
	if errors.As(err, &superseded) && change != nil {
		// A newer run spoke meanwhile; that the account stands is true all the same.
		return s.Ledger.NoteAccount(ctx, m.Account.ID, change)
	}
	if errors.As(err, &superseded) {
		return nil
	}
	return err
}
