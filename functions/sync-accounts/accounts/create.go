package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

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
	standing := map[string]string{}
	switch {
	case err == nil:
		for _, t := range tasks {
			standing[t.m.Account.ID] = t.m.Account.Name
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
func (s *Stage) createSingly(ctx context.Context, tasks []*task, standing map[string]string, batchErr error) []queue.Failure {
	if len(tasks) == 1 {
		if _, stands := standing[tasks[0].m.Account.ID]; !stands && refused(batchErr) {
			batchErr = queue.Dead(batchErr)
		}
		return s.conclude(ctx, tasks, standing, batchErr)
	}
	failures := []queue.Failure{}
	for _, t := range tasks {
		if _, stands := standing[t.m.Account.ID]; stands {
			failures = append(failures, s.conclude(ctx, []*task{t}, standing, nil)...)
			continue
		}
		failures = append(failures, s.create(ctx, []*task{t})...)
	}
	return failures
}

// standing are those of some accounts that stand at Synthesize; none if it does not say.
func (s *Stage) standing(ctx context.Context, tasks []*task) map[string]string {
	standing, err := s.listed(ctx, tasks)
	if err != nil {
		s.Log.WarnContext(ctx, "the accounts could not be listed after an unclear creation", "runId", tasks[0].m.RunID, "error", err)
	}
	return standing
}

func (s *Stage) listed(ctx context.Context, tasks []*task) (map[string]string, error) {
	listed, err := s.Synthesize.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, t := range tasks {
		wanted[t.m.Account.ID] = true
	}
	standing := map[string]string{}
	for _, a := range listed {
		if wanted[a.ID] {
			standing[a.ID] = a.Name
		}
	}
	return standing, nil
}

func newAccount(m message.Accounts) synthesize.NewAccount {
	return synthesize.NewAccount{ID: m.Account.ID, Name: m.Account.Name, Description: "Autotask company " + m.Account.ID}
}

// conclude records which accounts stand. For the others the claim is taken back if the answer was a definite no.
func (s *Stage) conclude(ctx context.Context, tasks []*task, standing map[string]string, err error) []queue.Failure {
	failures := []queue.Failure{}
	for _, t := range tasks {
		if name, stands := standing[t.m.Account.ID]; stands { // whoever made it may have called it otherwise
			if doneErr := s.done(ctx, t.m, func(a *ledger.Account) { a.Made(name) }); doneErr != nil {
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
