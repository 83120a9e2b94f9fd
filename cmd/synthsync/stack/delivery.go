package stack

import (
	"context"
	"fmt"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// Progress is told how far the delivery is.
type Progress interface {
	Told(answers, total int)
	Waiting(vendor, reason string, wait time.Duration)
}

// poll is how often the ledger is asked.
const poll = 2 * time.Second

// Delivery is how many of a run's counts Synthesize was not told.
type Delivery struct {
	Open   int // under way, or with the dead letters
	Untold int // ended untold, since nobody was to be told: no queue tries them again, the next run that tells tells them
}

// Follow waits until what a run queued has come to its end, for as long as something happens: patience is how long nothing
// may. The result's Usage is brought up to date; what is open by then counts as failed, and is still tried by the queues.
func Follow(ctx context.Context, book *ledger.Ledger, result *fetch.Result, patience time.Duration, now func() time.Time, p Progress) (Delivery, error) {
	read := result.Usage // what needed no message
	last, since := -1, now()
	for {
		run, ok, err := book.RunAt(ctx, result.ObservedAt)
		if err != nil {
			return Delivery{}, err
		}
		if !ok {
			return Delivery{}, fmt.Errorf("the ledger has no record of run %s", result.RunID)
		}
		ended := ended(run.Outcomes)
		result.Usage = read.Add(run.Outcomes)
		result.Usage.Failed = max(result.Due-ended, 0)
		if ended != last {
			last, since = ended, now()
			p.Told(min(ended, result.Due), result.Due)
		}
		impatient := now().Sub(since) >= patience
		if impatient || ended >= result.Due {
			d, err := DeliveryOf(ctx, book, run, result.Due)
			if err != nil {
				return Delivery{}, err
			}
			result.Usage.Failed = d.Open
			if impatient || d.Open == 0 {
				return d, nil
			}
		}
		timer := time.NewTimer(poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Delivery{}, context.Cause(ctx)
		}
	}
}

// ended is how many counts have come to their end. Each stands once in a run's totals: as posted when it is accepted, as
// anything else when its message ends.
func ended(o ledger.Outcomes) int {
	return o.Posted + o.Unchanged + o.Unmapped + o.Lost + o.Superseded
}

// DeliveryOf says what was not told of a run that queued so many counts. Whether something is open the accounts say: the
// totals are written beside what they count, and miss what a worker that died had done.
func DeliveryOf(ctx context.Context, book *ledger.Ledger, run ledger.Run, due int) (Delivery, error) {
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return Delivery{}, err
	}
	open, overtaken := 0, false
	for _, a := range accounts {
		switch {
		case a.Intent == nil:
		case a.Intent.ObservedAt.After(run.ObservedAt):
			overtaken = true
		case a.OpenIntent() && a.Intent.ObservedAt.Equal(run.ObservedAt):
			open++
		}
	}
	if open == 0 {
		return Delivery{}, nil
	}
	d := Delivery{Open: max(due-ended(run.Outcomes), 0)}
	if !overtaken { // else a newer run is what superseded them, and tells them
		d.Untold = run.Outcomes.Superseded
	}
	if d == (Delivery{}) { // a message that SQS delivered twice was counted twice: one count each is open at least
		d.Open = open
	}
	return d, nil
}
