// Package usage is the stage that posts unit counts to Synthesize and keeps the ledger true to what was told.
package usage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// Poster posts one count. It is the Synthesize client, made for one invocation.
type Poster interface {
	PostCount(ctx context.Context, c synthesize.Count) synthesize.Outcome
}

// Stage posts the counts of usage messages. Its fields are set once, before the first Handle.
type Stage struct {
	Synthesize Poster
	Ledger     *ledger.Ledger
	Log        *slog.Logger

	// Silent says why nobody may be told now; "" if all may be. Messages then end, and what they were to tell stays owed: the
	// next run that tells tells it anew.
	Silent string
	// SecretVersion is the version of the Synthesize keys in use; fresh reads them again first.
	SecretVersion func(ctx context.Context, fresh bool) (string, error)
	// Whose asks Synthesize whose keys these are. It is asked where no look has proved them: somebody may have put another
	// organization's keys into the secret since. Nil: nobody can have.
	Whose func(ctx context.Context) (ledger.SynthesizeTenant, error)
	// Token makes a name that no other attempt has. It is asked by many goroutines.
	Token func() string
	// Now is this machine's clock.
	Now func() time.Time
	// Workers is how many companies are told side by side.
	Workers int
	// WorkerLives is how long another worker that never reported back may still be at work; 0 if there can be none.
	WorkerLives time.Duration
	// Margin before the context's deadline in which nothing new is begun.
	Margin time.Duration
	// Awaits is how long a batch may wait in the worker for what its run's other messages make, before its messages rest on
	// the queue and a receive is spent; 0: not at all.
	Awaits time.Duration
	// Word asks anew, after such a wait, why nobody may be told; nil: Silent holds.
	Word func(ctx context.Context) (silent string, err error)
	// Posted, if set, is called after each answer.
	Posted func()
}

// Handle works a batch of messages and reports those that must come again. The slice is never nil: a missing list of
// failures is not taken for success everywhere.
func (s *Stage) Handle(ctx context.Context, batch []queue.Received) ([]queue.Failure, Summary) {
	w := &work{Stage: s, token: s.Token(), proving: make(chan struct{}, 1), totals: map[time.Time]Summary{}}
	var failures []queue.Failure
	if s.Silent != "" {
		failures = w.pass(ctx, batch, s.Silent)
	} else {
		failures = w.handle(ctx, batch)
	}
	w.record(ctx)
	return failures, w.sum()
}

// work is one batch being worked.
type work struct {
	*Stage
	token    string
	services ledger.Services
	issued   time.Time // how far the ledger's observation times have got
	fenced   time.Time // up to when what was read is told no more

	proving chan struct{} // who has the one place in it may ask; a wait in which time goes on, as no mutex's is
	proved  string        // the version of the keys that a question of this batch has proved

	owe    sync.Once
	oweErr error

	mu       sync.Mutex
	owed     bool // the debt is noted
	due      bool // some post that asked for no rebuild was accepted, or may have been
	paid     bool // an accepted post asked for the rebuild after those
	accepted []told
	totals   map[time.Time]Summary // by observedAt
}

// told is a count accepted in this batch, which may serve to pay the rebuild.
type told struct {
	account string
	service ledger.Service
}

func (w *work) handle(ctx context.Context, batch []queue.Received) []queue.Failure {
	if err := w.prepare(ctx); err != nil {
		return queue.FailAll(batch, err)
	}
	if waited := w.await(ctx, batch); waited && w.Word != nil {
		silent, err := w.Word(ctx)
		if err != nil {
			return queue.FailAll(batch, err)
		}
		if silent != "" {
			return w.pass(ctx, batch, silent)
		}
	}
	older, err := w.Ledger.RebuildOwed(ctx, w.WorkerLives)
	if err != nil {
		return queue.FailAll(batch, err)
	}
	// One message is kept for the end: its last post is the one that asks Synthesize to rebuild its view.
	first, last := batch[:max(len(batch)-1, 0)], batch[max(len(batch)-1, 0):]
	opts := queue.Options{Workers: w.Workers, Margin: w.Margin, Log: w.Log}
	failures := queue.Process(ctx, first, opts, func(ctx context.Context, r queue.Received) error {
		return w.message(ctx, r, false)
	})
	if queue.GroupFailed(failures, first, last) {
		failures = append(failures, queue.FailAll(last, queue.Wait(errors.New("an earlier message of the company has not been delivered"), 0))...)
	} else {
		failures = append(failures, queue.Process(ctx, last, opts, func(ctx context.Context, r queue.Received) error {
			return w.message(ctx, r, true)
		})...)
	}
	if err := w.settleRebuild(ctx, older); err != nil {
		w.Log.WarnContext(ctx, "the rebuild of Synthesize's view stays owed; the next batch or run pays it", "error", err)
	}
	return failures
}

// pass ends a batch without telling anybody. The accounts' intents stay open in the ledger.
func (w *work) pass(ctx context.Context, batch []queue.Received, silent string) []queue.Failure {
	return queue.Process(ctx, batch, queue.Options{Workers: 1, Log: w.Log}, func(ctx context.Context, r queue.Received) error {
		m, err := message.DecodeUsage(r.Body)
		if err != nil {
			return queue.Dead(err)
		}
		w.Log.InfoContext(ctx, "superseded: nobody is told now, and the next run that tells tells it anew", "runId", m.RunID, "company", m.Account.ID, "reason", silent)
		w.supersede(ctx, m)
		return nil
	})
}

// prepare reads what holds for all messages.
func (w *work) prepare(ctx context.Context) error {
	issued, fenced, err := w.Ledger.Issued(ctx)
	if err != nil {
		return err
	}
	w.issued, w.fenced = issued, fenced
	services, err := w.Ledger.Services(ctx)
	if err != nil {
		return err
	}
	w.services = services
	version, err := w.SecretVersion(ctx, false)
	if err != nil {
		return err
	}
	if services.Proven != version {
		// Another function proved another version: ours may be a stale copy, and trying it would be a refusal more.
		if _, err := w.SecretVersion(ctx, true); err != nil {
			return err
		}
	}
	return nil
}

// waitForServices is how soon a message that came before its run's services message is looked at again.
const waitForServices = 20 * time.Second

// waitForSecret is how long a message rests whose vendor refused the login: nothing changes until a person has acted.
const waitForSecret = 15 * time.Minute

func (w *work) message(ctx context.Context, r queue.Received, last bool) error {
	m, err := message.DecodeUsage(r.Body)
	if err != nil {
		return queue.Dead(err)
	}
	log := w.Log.With("runId", m.RunID, "company", m.Account.ID)
	if !m.ObservedAt.After(w.fenced) {
		log.InfoContext(ctx, "superseded: the ledger was imported since; the next run tells what is true now", "observedAt", m.ObservedAt)
		w.supersede(ctx, m)
		return nil
	}
	if ledger.FromNowhere(m.ObservedAt, w.issued, w.Now()) {
		log.WarnContext(ctx, "superseded: it was read at a time that lies ahead, and the ledger knows of no such run; the next run tells what is true now", "observedAt", m.ObservedAt)
		w.supersede(ctx, m)
		return nil
	}
	if err := w.ready(ctx, m); err != nil {
		return err
	}
	if err := w.prove(ctx, log, m); err != nil {
		return err
	}
	t, err := w.Ledger.StartTelling(ctx, m.RunID, m.ObservedAt, m.Account.ID, m.Counts, w.services, w.Token())
	var superseded *ledger.SupersededError
	if errors.As(err, &superseded) {
		log.InfoContext(ctx, "superseded", "by", superseded.By.RunID)
		w.supersede(ctx, m)
		return nil
	}
	if err != nil {
		return err
	}
	return w.tell(ctx, log, m, t, last)
}

// ready tells whether a message may be worked now: its run has looked at Synthesize, its account is made, and the
// vendor has not refused the login to this run.
func (w *work) ready(ctx context.Context, m message.Usage) error {
	version, err := w.SecretVersion(ctx, false)
	if err != nil {
		return err
	}
	err = w.Ledger.Refused(ctx, ledger.Synthesize, m.RunID, m.ObservedAt, version)
	var refusal *ledger.Refusal
	switch {
	case errors.As(err, &refusal):
		return queue.RetryAfter(err, waitForSecret)
	case err != nil:
		return err
	}
	if w.services.LookedAt.Before(m.ObservedAt) {
		return queue.Wait(fmt.Errorf("company %s waits for the services message of run %s", m.Account.ID, m.RunID), waitForServices)
	}
	a, err := w.Ledger.Account(ctx, m.Account.ID)
	if err != nil {
		return err
	}
	if !a.Exists && a.NameIntent != nil && !a.NameIntent.Ended && a.NameIntent.ObservedAt.Equal(m.ObservedAt) {
		return queue.Wait(fmt.Errorf("company %s waits for its account, which run %s is to make", m.Account.ID, m.RunID), waitForServices)
	}
	return nil
}
