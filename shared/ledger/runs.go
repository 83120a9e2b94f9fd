package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

var (
	baselineKey = Key{kindState, "baseline"}
	lastKey     = Key{kindState, "last"}
)

// runLives is how long the record of a run is kept: a year and a month, so that a yearly look back finds it.
const runLives = 400 * 24 * time.Hour

// Run is the record of one run. Totals and Report are the fetch stage's, kept as it wrote them.
type Run struct {
	ID         string          `json:"runId"`
	ObservedAt time.Time       `json:"observedAt"`
	StartedAt  time.Time       `json:"startedAt"`
	EndedAt    time.Time       `json:"endedAt,omitzero"`
	State      string          `json:"state"`              // reading, queued, done, held, failed
	Mode       string          `json:"mode,omitempty"`     // post or observe
	Reason     string          `json:"reason,omitempty"`   // when held or failed
	Deliveries int             `json:"deliveries"`         // usage messages queued
	Definite   bool            `json:"-"`                  // at least one of them got a definite answer
	Outcomes   Outcomes        `json:"-"`                  // the consumers', in a document of its own
	Baseline   *Baseline       `json:"baseline,omitempty"` // what it counted, for the guard of later runs
	Report     json.RawMessage `json:"report,omitempty"`
}

// Outcomes counts what became of pairs and messages.
type Outcomes struct {
	Posted     int `json:"posted"`
	Unchanged  int `json:"unchanged"`
	Unmapped   int `json:"unmapped"`
	Lost       int `json:"lost"`
	Superseded int `json:"superseded"`
	Failed     int `json:"failed"`
}

// Add sums two counts of outcomes.
func (o Outcomes) Add(other Outcomes) Outcomes {
	return Outcomes{
		o.Posted + other.Posted, o.Unchanged + other.Unchanged, o.Unmapped + other.Unmapped,
		o.Lost + other.Lost, o.Superseded + other.Superseded, o.Failed + other.Failed,
	}
}

// Baseline is what the guard compares a run with: the fleet as the last run that was not held counted it.
type Baseline struct {
	RunID      string                      `json:"runId,omitempty"`
	ObservedAt time.Time                   `json:"observedAt,omitzero"`
	Services   map[string]int64            `json:"services,omitempty"` // units by service key
	Entries    map[string]map[string]int64 `json:"entries,omitempty"`  // items by service key and entry as written
	Types      map[string]TypeCount        `json:"types,omitempty"`    // items by type id
	SplitHint  []int64                     `json:"splitHint,omitempty"`
	Rules      map[string]string           `json:"rules,omitempty"`    // which types each service's rule counted, by service key
	Rights     map[string]string           `json:"rights,omitempty"`   // what the API user might read, by entity of Autotask
	NotBefore  time.Time                   `json:"notBefore,omitzero"` // runs up to then were another tenant's
}

// TypeCount is how many items had a type.
type TypeCount struct {
	Name  string `json:"name"`
	Items int64  `json:"items"`
}

func runKey(observedAt time.Time) Key {
	return Key{kindRun, fmt.Sprintf("%016d", observedAt.UnixMilli())}
}

// SaveRun writes the record of a run, but for Outcomes and Definite, which are the consumers' (AddOutcomes), and notes
// where the newest run is found.
func (l *Ledger) SaveRun(ctx context.Context, r Run) error {
	if err := l.writeRun(ctx, r); err != nil {
		return err
	}
	_, err := update(ctx, l, lastKey, func(at *time.Time) error {
		if r.ObservedAt.After(*at) {
			*at = r.ObservedAt
		}
		return nil
	})
	return err
}

// writeRun replaces the record. Only the run itself writes it; a conflict is an answer of its own that got lost.
func (l *Ledger) writeRun(ctx context.Context, r Run) error {
	key := runKey(r.ObservedAt)
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write %s to the ledger: %w", key, err)
	}
	for try := 0; ; try++ {
		docs, err := l.store.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("read %s from the ledger: %w", key, err)
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

// LastRun reads the record of the newest run; ok is false when there has been none.
func (l *Ledger) LastRun(ctx context.Context) (r Run, ok bool, err error) {
	var at time.Time
	if _, err := l.load(ctx, lastKey, &at); err != nil || at.IsZero() {
		return Run{}, false, err
	}
	return l.RunAt(ctx, at)
}

// RunAt reads the record of the run that observed at a time.
func (l *Ledger) RunAt(ctx context.Context, observedAt time.Time) (r Run, ok bool, err error) {
	version, err := l.load(ctx, runKey(observedAt), &r)
	if err != nil || version == 0 {
		return r, false, err
	}
	var t tally
	if _, err := l.load(ctx, tallyKey(observedAt), &t); err != nil {
		return r, false, err
	}
	r.Outcomes, r.Definite = t.Outcomes, t.Definite
	return r, true, nil
}

// Baseline reads what the guard compares with; a ledger without one has a zero ObservedAt.
func (l *Ledger) Baseline(ctx context.Context) (Baseline, error) {
	var b Baseline
	_, err := l.load(ctx, baselineKey, &b)
	return b, err
}

// MoveBaseline makes a run's counts what the guard compares with, unless a newer run's stand there.
func (l *Ledger) MoveBaseline(ctx context.Context, b Baseline) error {
	_, err := update(ctx, l, baselineKey, func(known *Baseline) error {
		if b.ObservedAt.After(known.ObservedAt) && b.ObservedAt.After(known.NotBefore) {
			b.NotBefore = known.NotBefore
			*known = b
		}
		return nil
	})
	return err
}
