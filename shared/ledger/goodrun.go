package ledger

import (
	"context"
	"time"
)

var goodKey = Key{kindState, "good"}

// NoteGoodRun remembers the observedAt of a run that ended well, unless that of a newer one is known. The records of the
// runs say it too, but there may be hundreds after the last good one.
func (l *Ledger) NoteGoodRun(ctx context.Context, observedAt time.Time) error {
	_, err := update(ctx, l, goodKey, func(at *time.Time) error {
		if observedAt.After(*at) {
			*at = observedAt
		}
		return nil
	})
	return err
}

// GoodRun is the observedAt of the newest run that ended well; ok is false when there has been none.
func (l *Ledger) GoodRun(ctx context.Context) (at time.Time, ok bool, err error) {
	version, err := l.load(ctx, goodKey, &at)
	return at, version > 0, err
}
