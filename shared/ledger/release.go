package ledger

import (
	"context"
	"fmt"
	"time"
)

const kindRelease Kind = "release" // one per company that a person has released, by account id

// Release is a person's word that a company is no client any more: what was told for it becomes 0. It holds until the
// company, once gone, is there again.
type Release struct {
	AccountID string    `json:"-"`
	Account   string    `json:"account,omitempty"` // the name then
	Stays     bool      `json:"stays,omitempty"`   // it was there with its devices when it was released, or a run has seen it so since
	Gone      bool      `json:"gone,omitempty"`    // a run since has found the company without devices, or not at all
	EndedAt   time.Time `json:"endedAt,omitzero"`  // it is there again, or the word was taken back
	Word
}

// Open tells whether the word holds.
func (r Release) Open() bool { return r.EndedAt.IsZero() && !r.At.IsZero() }

// Releases reads all releases that hold, by account id.
func (l *Ledger) Releases(ctx context.Context) (map[string]Release, error) {
	out := map[string]Release{}
	for doc, err := range l.store.List(ctx, kindRelease) {
		if err != nil {
			return nil, fmt.Errorf("read the releases from the ledger: %w", err)
		}
		r := Release{AccountID: doc.ID}
		if err := decode(doc, &r); err != nil {
			return nil, err
		}
		if r.Open() {
			out[doc.ID] = r
		}
	}
	return out, nil
}

// Release records a person's word that a company is to be ended. One that holds already stands as it is.
func (l *Ledger) Release(ctx context.Context, accountID, name string, act Act) (Release, error) {
	act.What, act.Target, act.Detail = ActRelease, accountID, name
	r, err := decide(ctx, l, Key{kindRelease, accountID}, act, func(r *Release) error {
		if !r.Open() {
			act.At = l.now().UTC()
			*r = Release{Account: name, Word: act.word()}
		}
		return nil
	})
	r.AccountID = accountID
	return r, err
}

// UndoRelease takes a person's word back. held is false if there was none.
func (l *Ledger) UndoRelease(ctx context.Context, accountID string, act Act) (held bool, err error) {
	act.What, act.Target = ActUndo, accountID
	_, err = decide(ctx, l, Key{kindRelease, accountID}, act, func(r *Release) error {
		if held = r.Open(); held {
			r.EndedAt = l.now().UTC()
		}
		return nil
	})
	return held, err
}

// Found is what a run has found of a released company.
type Found int

const (
	StillThere Found = iota // with its devices
	Gone                    // without devices, or not at all
	BackAgain               // with devices that count, after it was gone: the release ends
)

// FollowRelease records what a run has found of a company whose release it has read. A release that was taken back meanwhile,
// and given anew, is another one.
func (l *Ledger) FollowRelease(ctx context.Context, read Release, found Found, at time.Time) error {
	_, err := update(ctx, l, Key{kindRelease, read.AccountID}, func(r *Release) error {
		switch {
		case !r.Open() || !r.At.Equal(read.At):
		case found == BackAgain:
			r.EndedAt = at
		case found == Gone:
			r.Gone = true
		default:
			r.Stays = true
		}
		return nil
	})
	return err
}

// forgetDecisions ends what was decided about the companies of a tenant that is left: the new one's have the same ids.
func (l *Ledger) forgetDecisions(ctx context.Context) error {
	releases, err := l.Releases(ctx)
	if err != nil {
		return err
	}
	for _, release := range releases {
		if err := l.FollowRelease(ctx, release, BackAgain, l.now().UTC()); err != nil {
			return err
		}
	}
	if _, err := update(ctx, l, heldKey, func(h *Held) error { *h = Held{}; return nil }); err != nil {
		return err
	}
	_, err = update(ctx, l, historyKey, func(h *History) error { *h = History{}; return nil })
	return err
}
