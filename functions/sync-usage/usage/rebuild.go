package usage

import (
	"context"
	"errors"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// noteDebt records, before the first post that asks for no rebuild, that one is owed.
func (w *work) noteDebt(ctx context.Context, build bool) error {
	if build {
		return nil
	}
	w.owe.Do(func() {
		w.oweErr = w.Ledger.OweRebuild(ctx, w.token)
		w.mu.Lock()
		w.owed = w.oweErr == nil
		w.mu.Unlock()
	})
	return w.oweErr
}

// noteEffect remembers whether a post can have changed what Synthesize holds without a rebuild of its view.
func (w *work) noteEffect(out synthesize.Outcome, build bool) {
	if build || out.Result != synthesize.Accepted && out.Definite {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = true
}

func (w *work) remember(t told) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted = append(w.accepted, t)
}

// payWithin looks whether the last message's last post, which asked for the rebuild, was accepted. If it was not, but
// another count of the message was, that one is posted again: it is still marked, so nothing newer can have passed it.
func (w *work) payWithin(ctx context.Context, accountID string, t ledger.Telling, results map[string]ledger.Result) {
	if len(t.Counts) == 0 {
		return
	}
	final := t.Counts[len(t.Counts)-1]
	if results[final.Service.Key].Answer == ledger.Accepted {
		w.setPaid()
		return
	}
	for _, c := range t.Counts {
		if results[c.Service.Key].Answer != ledger.Accepted {
			continue
		}
		out := w.post(ctx, accountID, c, true)
		if out.Result == synthesize.Accepted {
			w.setPaid()
		}
		if out.Late {
			// The same units, so nothing becomes less certain, but for one thing: they may yet land after a newer count.
			told := results[c.Service.Key]
			told.Late = true
			results[c.Service.Key] = told
		}
		return
	}
}

func (w *work) setPaid() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paid = true
}

// settleRebuild pays what is owed: this batch's own debt and the older ones that nobody alive will pay. A batch in
// which nothing was accepted has nothing to pay with; the older debts then stay.
func (w *work) settleRebuild(ctx context.Context, older []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if w.owed && !w.due {
		// Nothing was accepted, so nothing is owed after all.
		if err := w.Ledger.RebuildPaid(ctx, w.token); err != nil {
			return err
		}
	}
	debts := older
	if w.due {
		debts = append(debts, w.token)
	}
	if len(debts) == 0 {
		return nil
	}
	if !w.paid {
		if err := w.repost(ctx); err != nil {
			return err
		}
	}
	if w.paid {
		return w.Ledger.RebuildPaid(ctx, debts...)
	}
	return nil
}

// repost posts one count that this batch told once more, this time asking for the rebuild.
func (w *work) repost(ctx context.Context) error {
	for _, candidate := range w.accepted {
		t, err := w.Ledger.StartRetelling(ctx, candidate.account, candidate.service, w.Token())
		var notTold *ledger.NotTold
		if errors.As(err, &notTold) {
			continue // a newer run is about to speak about it
		}
		if err != nil {
			return err
		}
		out := w.post(ctx, candidate.account, t.Counts[0], true)
		_, err = w.Ledger.FinishTelling(ctx, t, map[string]ledger.Result{candidate.service.Key: result(out)}, false)
		if err != nil {
			return err
		}
		if out.Result == synthesize.Accepted {
			w.setPaid()
			return nil
		}
		if out.Result != synthesize.Unmapped {
			return out.Err
		}
	}
	return nil
}
