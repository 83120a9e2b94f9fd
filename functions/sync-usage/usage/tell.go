package usage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// finishTime is kept for the ledger after the last post, also when the run is being ended.
const finishTime = 10 * time.Second

// tell posts the counts of one message that are due and records the answers.
func (w *work) tell(ctx context.Context, log *slog.Logger, m message.Usage, t ledger.Telling, last bool) error {
	results := make(map[string]ledger.Result, len(t.Counts))
	tally := ledger.Outcomes{Unchanged: len(t.Standing)}
	var fault error
	definite := false
	for i, c := range t.Counts {
		build := last && i == len(t.Counts)-1
		if err := w.noteDebt(ctx, build); err != nil {
			fault = err
			break
		}
		out := w.post(ctx, m.Account.ID, c, build)
		results[c.Service.Key] = result(out)
		w.noteEffect(out, build)
		switch out.Result {
		case synthesize.Accepted:
			tally.Posted++
			definite = true
		case synthesize.Unmapped:
			definite = true
			if c.Before.EverTold && !t.Account.Released {
				tally.Lost++
				log.WarnContext(ctx, "mapping lost: this count was told before and Synthesize no longer has a map for it", "service", c.Service.Name, "units", c.Units)
			} else {
				tally.Unmapped++
			}
		default:
			fault = errors.Join(fault, failure(c.Service.Name, m.Account.ID, out))
		}
		if w.Posted != nil {
			w.Posted()
		}
		if out.Result == synthesize.Faulted {
			w.refused(ctx, log, m, out.Err)
			break
		}
	}
	if missing := w.missing(m, t); missing != nil {
		fault = errors.Join(fault, missing)
	} else {
		tally.Unchanged += len(t.Missing)
	}
	if last && fault == nil {
		w.payWithin(ctx, m.Account.ID, t, results)
	}
	return w.finish(ctx, log, m, t, results, tally, definite, fault)
}

// finish records the answers even when the run is being ended: what was posted must not be forgotten.
func (w *work) finish(ctx context.Context, log *slog.Logger, m message.Usage, t ledger.Telling, results map[string]ledger.Result, tally ledger.Outcomes, definite bool, fault error) error {
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if _, err := w.Ledger.FinishTelling(record, t, results, fault == nil); err != nil {
		return errors.Join(fault, fmt.Errorf("what was told to company %s is not recorded, and will be told again: %w", m.Account.ID, err))
	}
	for _, c := range t.Counts {
		if results[c.Service.Key].Answer == ledger.Accepted {
			w.remember(told{m.Account.ID, c.Service})
		}
	}
	w.count(m.ObservedAt, Summary{tally, definite, endedBy(t, tally, fault == nil)})
	if fault == nil {
		log.InfoContext(ctx, "told", "posted", tally.Posted, "unmapped", tally.Unmapped, "lost", tally.Lost, "unchanged", tally.Unchanged)
		return nil
	}
	return fault
}

// missing is the error for counts whose service does not stand at Synthesize. A zero needs none.
func (w *work) missing(m message.Usage, t ledger.Telling) error {
	var names []string
	for _, name := range t.Missing {
		if m.Counts[name] > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return queue.RetryAfter(fmt.Errorf("company %s: Synthesize has no service %s yet; the services message makes it", m.Account.ID, strings.Join(names, ", ")), waitForServices)
}

func (w *work) post(ctx context.Context, accountID string, c ledger.Count, build bool) synthesize.Outcome {
	return w.Synthesize.PostCount(ctx, synthesize.Count{
		ServiceID: c.Service.ID, AccountID: accountID, Units: c.Units, NoBuild: !build,
	})
}

// failure says when a message that could not be delivered is worth another try: one that was definitely refused never
// is, one that met a refused login waits for the next run or another secret.
func failure(service, account string, out synthesize.Outcome) error {
	err := fmt.Errorf("%s of company %s: %w", service, account, out.Err)
	var e *vendorapi.Error
	switch {
	case out.Result == synthesize.Refused && out.Definite:
		return queue.Dead(err)
	case out.Result == synthesize.Faulted:
		return queue.RetryAfter(err, waitForSecret)
	case errors.As(out.Err, &e) && e.RetryAfter > 0:
		return queue.RetryAfter(err, e.RetryAfter)
	}
	return err
}

// result is the ledger's view of an outcome.
func result(out synthesize.Outcome) ledger.Result {
	answer := ledger.Refused // Refused, Undelivered, Faulted: nothing took effect, unless Definite says otherwise
	switch out.Result {
	case synthesize.Accepted:
		answer = ledger.Accepted
	case synthesize.Unmapped:
		answer = ledger.Unmapped
	case synthesize.Unclear:
		answer = ledger.Unclear
	}
	return ledger.Result{Answer: answer, Definite: out.Definite, Late: out.Late}
}

// refused notes a refused login, so that no other worker of this run tries it again.
func (w *work) refused(ctx context.Context, log *slog.Logger, m message.Usage, refused error) {
	err := w.Ledger.NoteRefusals(ctx, w.SecretVersion, vendorapi.RefusedVersions(refused), ledger.Refusal{
		Vendor: ledger.Synthesize, RunID: m.RunID, ObservedAt: m.ObservedAt, Text: refused.Error(),
	})
	if err != nil {
		log.WarnContext(ctx, "the refusal is not recorded", "error", err)
	}
}
