package ledger

import (
	"context"
	"time"
)

var rebuildKey = Key{kindState, "rebuild"}

// rebuild holds who posted counts without asking Synthesize to rebuild its billing view, and when it began.
type rebuild struct {
	Owed map[string]time.Time `json:"owed,omitempty"`
}

// OweRebuild notes, before the first post that asks for no rebuild, that one is owed.
func (l *Ledger) OweRebuild(ctx context.Context, token string) error {
	_, err := update(ctx, l, rebuildKey, func(r *rebuild) error {
		if r.Owed == nil {
			r.Owed = map[string]time.Time{}
		}
		if _, noted := r.Owed[token]; !noted {
			r.forgetOld(l.now(), l.AttemptLives)
			r.Owed[token] = l.now().UTC()
		}
		return nil
	})
	return err
}

// forgetOld keeps one of the debts whose workers are long dead: whoever pays one pays all, and an outage of weeks adds one
// with each batch.
func (r *rebuild) forgetOld(now time.Time, lives time.Duration) {
	keep := ""
	for token, since := range r.Owed {
		age := now.Sub(since)
		if age < 2*lives && age > -2*lives {
			continue
		}
		if kept := r.Owed[keep]; keep == "" || since.After(kept) || since.Equal(kept) && token > keep {
			delete(r.Owed, keep)
			keep = token
			continue
		}
		delete(r.Owed, token)
	}
}

// RebuildOwed lists the debts that nobody alive will pay: those older than a worker may live. With 0 every debt counts.
func (l *Ledger) RebuildOwed(ctx context.Context, workerLives time.Duration) ([]string, error) {
	var r rebuild
	if _, err := l.load(ctx, rebuildKey, &r); err != nil {
		return nil, err
	}
	var tokens []string
	for token, since := range r.Owed {
		// A debt from the future was noted by a clock that was far ahead; waiting for that time would never end.
		if age := l.now().Sub(since); age >= workerLives || age < -workerLives {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

// RebuildPaid clears debts: a post that asks for the rebuild was accepted after them, or they came to nothing.
func (l *Ledger) RebuildPaid(ctx context.Context, tokens ...string) error {
	if len(tokens) == 0 {
		return nil
	}
	_, err := update(ctx, l, rebuildKey, func(r *rebuild) error {
		for _, token := range tokens {
			delete(r.Owed, token)
		}
		return nil
	})
	return err
}
