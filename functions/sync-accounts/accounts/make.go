package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
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
	var create []*task
	for _, id := range order {
		if t := tasks[id]; t.create {
			create = append(create, t)
		}
	}
	create, found := s.lookAgain(ctx, create)
	failures = append(failures, found...)
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

// create makes accounts in one request. After anything but a clear yes it looks which of them stand: the request may
// have taken effect, wholly or in part.
func (s *Stage) create(ctx context.Context, tasks []*task) []queue.Failure {
	wanted := make([]synthesize.NewAccount, len(tasks))
	for i, t := range tasks {
		wanted[i] = newAccount(t.m)
	}
	var made error
	err := s.guard(ctx, tasks[0].m, func() error {
		made = s.Synthesize.CreateAccounts(ctx, wanted, func(ctx context.Context) error { return s.holdAll(ctx, tasks) })
		return made
	})
	var lost *lostClaims
	if errors.As(err, &lost) {
		return s.createOthers(ctx, tasks, lost)
	}
	standing := map[string]bool{}
	switch {
	case err == nil:
		for _, t := range tasks {
			standing[t.m.Account.ID] = true
		}
	case made == nil || stopped(err):
		// Not asked at all, or the login refused.
	default:
		standing = s.standing(ctx, tasks)
		if exists(err) || refused(err) {
			return s.createSingly(ctx, tasks, standing, err)
		}
	}
	return s.conclude(ctx, tasks, standing, err)
}

// createSingly follows a refused batch: one bad or already standing account must not keep the others from being made.
func (s *Stage) createSingly(ctx context.Context, tasks []*task, standing map[string]bool, batchErr error) []queue.Failure {
	if len(tasks) == 1 {
		if !standing[tasks[0].m.Account.ID] && refused(batchErr) {
			batchErr = queue.Dead(batchErr)
		}
		return s.conclude(ctx, tasks, standing, batchErr)
	}
	failures := []queue.Failure{}
	for _, t := range tasks {
		if standing[t.m.Account.ID] {
			failures = append(failures, s.conclude(ctx, []*task{t}, standing, nil)...)
			continue
		}
		failures = append(failures, s.create(ctx, []*task{t})...)
	}
	return failures
}

// standing are those of some accounts that stand at Synthesize; none if it does not say.
func (s *Stage) standing(ctx context.Context, tasks []*task) map[string]bool {
	standing, err := s.listed(ctx, tasks)
	if err != nil {
		s.Log.WarnContext(ctx, "the accounts could not be listed after an unclear creation", "error", err)
	}
	return standing
}

func (s *Stage) listed(ctx context.Context, tasks []*task) (map[string]bool, error) {
	listed, err := s.Synthesize.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, t := range tasks {
		wanted[t.m.Account.ID] = true
	}
	standing := map[string]bool{}
	for _, a := range listed {
		if wanted[a.ID] {
			standing[a.ID] = true
		}
	}
	return standing, nil
}

func newAccount(m message.Accounts) synthesize.NewAccount {
	return synthesize.NewAccount{ID: m.Account.ID, Name: m.Account.Name, Description: "Autotask company " + m.Account.ID}
}

// conclude records which accounts stand. For the others the claim is taken back if the answer was a definite no.
func (s *Stage) conclude(ctx context.Context, tasks []*task, standing map[string]bool, err error) []queue.Failure {
	failures := []queue.Failure{}
	for _, t := range tasks {
		if standing[t.m.Account.ID] {
			if doneErr := s.done(ctx, t.m, func(a *ledger.Account) { a.Made(t.m.Account.Name) }); doneErr != nil {
				failures = append(failures, queue.Fail(t.received, doneErr))
				continue
			}
			if s.Stats != nil {
				s.Stats.Created++
			}
			s.Log.InfoContext(ctx, "account made", "runId", t.m.RunID, "company", t.m.Account.ID)
			continue
		}
		failed := fmt.Errorf("make account %s: %w", t.m.Account.ID, err)
		if vendorapi.IsUnclear(err) {
			failed = queue.RetryAfter(failed, s.MakingLives)
		} else if _, undo := s.Ledger.ClaimAccount(ctx, t.m.Account.ID, t.m.RunID, t.m.ObservedAt, func(a *ledger.Account) error {
			if a.Making != nil && a.Making.Since.Equal(t.claim.since) {
				a.Making = nil
			}
			return nil
		}); undo != nil {
			failed = errors.Join(failed, undo)
		}
		failures = append(failures, queue.Fail(t.received, failed))
	}
	return failures
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
