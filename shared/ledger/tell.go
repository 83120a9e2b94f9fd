package ledger

import (
	"context"
	"slices"
	"time"
)

// Telling is one attempt to tell an account's counts: what StartTelling marked, to be ended by FinishTelling.
type Telling struct {
	Account     Account // as it stood after the marks
	RunID       string
	ObservedAt  time.Time
	Token       string
	Counts      []Count  // due: each is marked as maybe told
	Standing    []string // services of the message that already stand at this observedAt or a newer one
	Missing     []string // services of the message that have no id at Synthesize
	incarnation int64
}

// Count is one count to post.
type Count struct {
	Service Service
	Units   int64
	Before  Pair // what was known before the mark
}

// StartTelling is the one conditional write before the first post of a message: it fails with a *SupersededError when
// a newer run has spoken, and else marks the pairs that are due as maybe told. token names this attempt and must be new.
// Counts that were told at the same observedAt already are not due again.
func (l *Ledger) StartTelling(ctx context.Context, runID string, observedAt time.Time, accountID string, counts map[string]int64, services Services, token string) (Telling, error) {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	var t Telling
	a, err := l.updateAccount(ctx, accountID, func(a *Account) error {
		if a.Intent.supersedes(runID, observedAt) {
			return &SupersededError{accountID, *a.Intent}
		}
		if err := l.notImported(ctx, accountID, a.Intent, observedAt); err != nil {
			return err
		}
		if a.Intent == nil || a.Intent.ObservedAt.Before(observedAt) {
			a.Intent = &Intent{RunID: runID, ObservedAt: observedAt}
		}
		t = Telling{RunID: runID, ObservedAt: observedAt, Token: token, incarnation: a.Incarnation}
		for _, name := range names {
			service, ok := services.Meant(name, observedAt)
			if !ok || service.ID == "" {
				t.Missing = append(t.Missing, name)
				continue
			}
			before := a.Pair(service)
			if _, mine := before.Open[token]; mine { // the answer to the mark was lost
				was := before.without(token)
				if before.Prior != nil { // else it was imported
					was = *before.Prior
				}
				t.Counts = append(t.Counts, Count{service, counts[name], was})
				continue
			}
			if before.State == Told && !before.ObservedAt.Before(observedAt) {
				t.Standing = append(t.Standing, name)
				continue
			}
			if before.State == MaybeTold && before.ObservedAt.After(observedAt) {
				return &SupersededError{accountID, Intent{RunID: "(unknown)", ObservedAt: before.ObservedAt}}
			}
			t.Counts = append(t.Counts, Count{service, counts[name], before})
			a.set(service.Key, before.begin(token, service.ID, counts[name], Attempt{ObservedAt: observedAt, Begun: l.now().UTC()}, l.AttemptLives, l.Locked))
		}
		return nil
	})
	t.Account = a
	return t, err
}

// Answer is what became of one post.
type Answer int

const (
	// NotSent: nothing went out, or nothing that could take effect.
	NotSent Answer = iota
	// Accepted by Synthesize.
	Accepted
	// Unmapped: "no map" for the account or the service.
	Unmapped
	// Refused: a definite no.
	Refused
	// Unclear: it went out and what became of it is not known.
	Unclear
)

// Result is the answer to one count of a telling. Definite says that every attempt was itself definitely answered, so
// that nothing of it can have taken effect unless it was accepted.
type Result struct {
	Answer   Answer
	Definite bool
	Late     bool // an attempt was never answered, and may take effect yet
}

// FinishTelling records the answers, by service key, and ends the account's intent when ended is true. A count without
// a result was not sent. An account that was found gone since the marks is left as it is.
func (l *Ledger) FinishTelling(ctx context.Context, t Telling, results map[string]Result, ended bool) (Account, error) {
	return l.updateAccount(ctx, t.Account.ID, func(a *Account) error {
		now := l.now().UTC()
		if a.Incarnation == t.incarnation {
			for _, c := range t.Counts {
				a.set(c.Service.Key, l.conclude(a.Pairs[c.Service.Key], t, c, results[c.Service.Key], now))
			}
		}
		if ended && a.Intent != nil && a.Intent.ObservedAt.Equal(t.ObservedAt) && a.Intent.RunID == t.RunID {
			intent := *a.Intent
			intent.Ended = true
			a.Intent = &intent
		}
		return nil
	})
}

func (l *Ledger) conclude(p Pair, t Telling, c Count, r Result, now time.Time) Pair {
	if _, open := p.Open[t.Token]; !open {
		return p // an import has forgotten the mark, and with it who else was under way: the answer says nothing of what stands
	}
	switch {
	case r.Answer == Accepted:
		return p.accepted(t, c, r.Late, now, l.AttemptLives)
	case r.Answer == Unclear || !r.Definite && r.Answer != NotSent:
		if r.Answer == Unmapped {
			p = p.unmapped(c.Units, now)
		}
		return p.unanswered(t.Token, r.Late, now)
	case r.Answer == Unmapped:
		return p.refused(t.Token).unmapped(c.Units, now)
	default:
		return p.refused(t.Token)
	}
}

// NotTold says that an account has no count that may be told again.
type NotTold struct{ AccountID string }

func (e *NotTold) Error() string {
	return "account " + e.AccountID + " has no count that is told and not superseded"
}

// StartRetelling marks one told count as maybe told, so that the same units may be posted again (to pay a rebuild that
// is owed). A count that a newer run is about to replace is left alone: the error is a *NotTold.
func (l *Ledger) StartRetelling(ctx context.Context, accountID string, service Service, token string) (Telling, error) {
	var t Telling
	a, err := l.updateAccount(ctx, accountID, func(a *Account) error {
		before := a.Pair(service)
		if _, mine := before.Open[token]; mine && before.Prior != nil {
			t.Counts = []Count{{service, before.Units, *before.Prior}}
			return nil
		}
		if before.State != Told || a.Intent == nil || a.Intent.ObservedAt.After(before.ObservedAt) {
			return &NotTold{accountID}
		}
		t = Telling{
			RunID: a.Intent.RunID, ObservedAt: before.ObservedAt, Token: token, incarnation: a.Incarnation,
			Counts: []Count{{service, before.Units, before}},
		}
		a.set(service.Key, before.begin(token, service.ID, before.Units, Attempt{ObservedAt: before.ObservedAt, Begun: l.now().UTC()}, l.AttemptLives, l.Locked))
		return nil
	})
	t.Account = a
	return t, err
}
