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

// claim is this worker's word that he is making something, which all others respect for MakingLives after since.
type claim struct {
	since time.Time
	// renew has it begin anew at a time, unless it is another's by now: then the error is errTakenOver.
	renew func(ctx context.Context, since time.Time) error
}

// renewals is how many times a claim could begin anew within its life.
const renewals = 4

// Lives is how long a claim is to be respected. The request that it was made for goes out up to Renewal after it began, and
// takes effect within attempt or never; skew is by how much the clocks of workers differ at most.
func Lives(attempt, skew time.Duration) time.Duration {
	return (attempt + skew) * renewals / (renewals - 1)
}

// Renewal is how old a claim of some life may be when a request goes out for it. An older one begins anew first.
func Renewal(lives time.Duration) time.Duration { return lives / renewals }

// errTakenOver says that a claim is this worker's no more: he waited so long that another took him for dead.
var errTakenOver = errors.New("another worker has taken over the making of it")

// hold sees to it, directly before a request goes out, that the claim outlives the request. The vendor may have been waited
// for longer than a claim lives, and whoever took it over meanwhile makes the same thing.
func (s *Stage) hold(ctx context.Context, c *claim) error {
	for range 3 {
		if age := s.Now().Sub(c.since); age >= 0 && age <= Renewal(s.MakingLives) {
			return nil
		}
		since := s.Now().UTC()
		if err := c.renew(ctx, since); err != nil {
			return err
		}
		c.since = since
	}
	return errors.New("the ledger takes too long to renew the claim on it")
}

// lostClaims says which accounts of a request are another worker's to make by now.
type lostClaims struct{ ids map[string]bool }

func (e *lostClaims) Error() string {
	return fmt.Sprintf("%d accounts: %v", len(e.ids), errTakenOver)
}

// holdAll sees to it, before each attempt of a request, that all it makes is still this worker's to make.
func (s *Stage) holdAll(ctx context.Context, tasks []*task) error {
	lost := &lostClaims{map[string]bool{}}
	for _, t := range tasks {
		switch err := s.hold(ctx, t.claim); {
		case errors.Is(err, errTakenOver):
			lost.ids[t.m.Account.ID] = true
		case err != nil:
			return err
		}
	}
	if len(lost.ids) > 0 {
		return lost
	}
	return nil
}

// createOthers makes what a request was to make, but for what another worker has taken over.
func (s *Stage) createOthers(ctx context.Context, tasks []*task, lost *lostClaims) []queue.Failure {
	failures := []queue.Failure{}
	var others []*task
	for _, t := range tasks {
		if !lost.ids[t.m.Account.ID] {
			others = append(others, t)
			continue
		}
		err := fmt.Errorf("make account %s: %w", t.m.Account.ID, errTakenOver)
		failures = append(failures, queue.Fail(t.received, queue.RetryAfter(err, s.MakingLives)))
	}
	if len(others) > 0 {
		failures = append(failures, s.create(ctx, others)...)
	}
	return failures
}

// lookAgain lists the accounts where a claim was taken over, and concludes those that the other worker has made after all.
func (s *Stage) lookAgain(ctx context.Context, tasks []*task) (missing []*task, failures []queue.Failure) {
	var doubtful []*task
	for _, t := range tasks {
		if t.takenOver {
			doubtful = append(doubtful, t)
		} else {
			missing = append(missing, t)
		}
	}
	if len(doubtful) == 0 {
		return tasks, nil
	}
	var standing map[string]string
	err := s.guard(ctx, doubtful[0].m, func() (err error) { standing, err = s.listed(ctx, doubtful); return err })
	for _, t := range doubtful {
		if err != nil { // the claim stays, so that whoever comes next looks as well
			failed := fmt.Errorf("make account %s: %w", t.m.Account.ID, err)
			failures = append(failures, queue.Fail(t.received, queue.RetryAfter(failed, s.MakingLives)))
			continue
		}
		if _, stands := standing[t.m.Account.ID]; !stands {
			missing = append(missing, t)
			continue
		}
		failures = append(failures, s.conclude(ctx, []*task{t}, standing, nil)...)
	}
	return missing, failures
}

// renewAccount has a claim on an account begin anew, if it is still this worker's.
func (s *Stage) renewAccount(m message.Accounts, token string) func(context.Context, time.Time) error {
	return func(ctx context.Context, since time.Time) error {
		_, err := s.Ledger.ClaimAccount(ctx, m.Account.ID, m.RunID, m.ObservedAt, func(a *ledger.Account) error {
			if a.Exists || a.Making == nil || a.Making.Token != token {
				return errTakenOver
			}
			making := *a.Making
			making.Since = since
			a.Making = &making
			return nil
		})
		var superseded *ledger.SupersededError
		if errors.As(err, &superseded) {
			return errors.Join(errTakenOver, err)
		}
		return err
	}
}
