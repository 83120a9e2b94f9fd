package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

const kindTally Kind = "tally" // one per run, by observedAt

// tally is what became of a run's messages. It stands beside the run's record, which is long, and is written with every
// batch of messages.
type tally struct {
	Outcomes Outcomes `json:"outcomes"`
	Definite bool     `json:"definite,omitempty"` // at least one of them got a definite answer
	Moved    bool     `json:"moved,omitempty"`    // the baseline is the run's, or a newer one's
}

func tallyKey(observedAt time.Time) Key { return Key{kindTally, runKey(observedAt).ID} }

// AddOutcomes adds what became of a batch of messages to their run's. The first definite answer of a run moves the
// baseline to it. A run without a record (expired, or a ledger restored from an older backup) is passed over.
func (l *Ledger) AddOutcomes(ctx context.Context, observedAt time.Time, o Outcomes, definite bool) error {
	key := tallyKey(observedAt)
	for try := 0; ; try++ {
		docs, err := l.store.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("read %s from the ledger: %w", key, err)
		}
		var t tally
		if err := decode(docs[0], &t); err != nil {
			return err
		}
		if docs[0].Version == 0 || definite && !t.Moved {
			known, err := l.moveTo(ctx, observedAt, definite)
			if err != nil || !known {
				return err
			}
			t.Moved = t.Moved || definite
		}
		t.Outcomes, t.Definite = t.Outcomes.Add(o), t.Definite || definite
		body, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		err = l.store.Write(ctx, Write{Key: key, IfVersion: docs[0].Version, Body: body, Expires: l.now().Add(runLives)})
		if err == nil {
			return nil
		}
		if !isConflict(err) || try >= maxTries {
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if err := yield(ctx, try); err != nil {
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
	}
}

// moveTo makes what a run counted what the guard compares with, if definite says so; known is false when the run has no
// record.
func (l *Ledger) moveTo(ctx context.Context, observedAt time.Time, definite bool) (known bool, err error) {
	var r Run
	version, err := l.load(ctx, runKey(observedAt), &r)
	if err != nil || version == 0 {
		return false, err
	}
	if definite && r.Baseline != nil {
		err = l.MoveBaseline(ctx, *r.Baseline)
	}
	return true, err
}
