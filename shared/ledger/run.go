package ledger

import (
	"context"
	"fmt"
	"time"
)

var headKey = Key{kindState, "head"}

// head says which run may read, and how far the observation times have got.
type head struct {
	Format int       `json:"format"`
	Issued time.Time `json:"issued"`          // the newest observedAt ever issued
	Fenced time.Time `json:"fenced,omitzero"` // what was read up to then is told no more: the ledger was imported since
	Lease  *lease    `json:"lease,omitempty"`
}

// issue makes Issued later than any before: the clock, or 1 ms more.
func (h *head) issue(now time.Time) {
	if now.After(h.Issued) {
		h.Issued = now
	} else {
		h.Issued = h.Issued.Add(time.Millisecond)
	}
}

type lease struct {
	RunID string    `json:"runId"`
	Until time.Time `json:"until"`
}

// Lease is the right of one run to read and to record what it is going to tell.
type Lease struct {
	RunID      string
	ObservedAt time.Time     // when this run's read counts as made: later than any issued before
	Behind     time.Duration // how far this machine's clock is behind the newest issued time; 0 if it is not
	version    int64         // of the head document: whoever takes the lease over changes it
}

// RunningError says that another run holds the lease.
type RunningError struct {
	RunID string
	Until time.Time
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("run %s is already running (its lease ends at %s); wait for it, or until then", e.RunID, e.Until.UTC().Format(time.RFC3339))
}

// FormatError says that the ledger was written by a newer program.
type FormatError struct{ Format int }

func (e *FormatError) Error() string {
	return fmt.Sprintf("the ledger has format %d and this program knows up to %d; use the newer program that wrote it", e.Format, Format)
}

// behindTolerance is how far a clock may lag before it is worth a person's attention.
const behindTolerance = 5 * time.Minute

// Begin takes the lease for a run and issues its observedAt, in one write: the later of the clock and the newest
// issued plus 1 ms. A lease that has ended, or that ends much later than leaseFor from now (so written by a clock that was
// far ahead), may be taken over; its old holder can then record nothing more. leaseFor must be longer than a run may last.
func (l *Ledger) Begin(ctx context.Context, runID string, leaseFor time.Duration) (Lease, error) {
	now := l.now().UTC().Truncate(time.Millisecond)
	longest := leaseFor
	if longest > 0 { // else the ledger is locked, and a lease that stands is a dead one's
		longest += behindTolerance // no two machines' clocks agree
	}
	h, err := update(ctx, l, headKey, func(h *head) error {
		if err := h.usable(); err != nil {
			return err
		}
		if h.Lease != nil && h.Lease.RunID != runID && now.Before(h.Lease.Until) && h.Lease.Until.Sub(now) <= longest {
			return &RunningError{h.Lease.RunID, h.Lease.Until}
		}
		h.issue(now)
		h.Format, h.Lease = Format, &lease{RunID: runID, Until: now.Add(leaseFor)}
		return nil
	})
	if err != nil {
		return Lease{}, err
	}
	var held head
	version, err := l.load(ctx, headKey, &held)
	if err != nil {
		return Lease{}, err
	}
	if held.Lease == nil || held.Lease.RunID != runID || !held.Issued.Equal(h.Issued) {
		return Lease{}, &RunningError{"(another)", held.Issued}
	}
	out := Lease{RunID: runID, ObservedAt: h.Issued, version: version}
	if behind := h.Issued.Sub(now); behind > behindTolerance {
		out.Behind = behind
	}
	return out, nil
}

// Running is the run that holds the lease, and until when; empty if none does, or if its lease has ended.
func (l *Ledger) Running(ctx context.Context) (runID string, until time.Time, err error) {
	var h head
	if _, err := l.load(ctx, headKey, &h); err != nil {
		return "", time.Time{}, err
	}
	if h.Lease == nil || !l.now().Before(h.Lease.Until) {
		return "", time.Time{}, nil
	}
	return h.Lease.RunID, h.Lease.Until, nil
}

// End gives the lease back. It does nothing when the lease has been taken over.
func (l *Ledger) End(ctx context.Context, held Lease) error {
	_, err := update(ctx, l, headKey, func(h *head) error {
		if h.Lease != nil && h.Lease.RunID == held.RunID && h.Issued.Equal(held.ObservedAt) {
			h.Lease = nil
		}
		return nil
	})
	return err
}

// Check refuses a ledger of a newer format. A stage asks once before it writes.
func (l *Ledger) Check(ctx context.Context) error {
	_, _, err := l.Issued(ctx)
	return err
}

// Issued is the newest observedAt that the ledger has issued; the zero time if there has been no run. What was read up to
// fenced is superseded, whoever has spoken since: the ledger was imported then, and has forgotten it. Issued refuses what
// Check refuses.
func (l *Ledger) Issued(ctx context.Context) (issued, fenced time.Time, err error) {
	var h head
	if _, err := l.load(ctx, headKey, &h); err != nil {
		return time.Time{}, time.Time{}, err
	}
	return h.Issued, h.Fenced, h.usable()
}

// FromNowhere tells whether an observedAt is one that no run of this ledger can have: later than all that were issued, and
// than the clock. A run had it whose clock was ahead, in a ledger that has been restored since. To believe it would make
// every count that is read until then look old.
func FromNowhere(observedAt, issued, now time.Time) bool {
	return observedAt.After(issued) && observedAt.After(now.Add(behindTolerance))
}

// usable refuses a ledger that this program must not touch.
func (h head) usable() error {
	switch {
	case h.Format == closed:
		return &ImportingError{}
	case h.Format > Format:
		return &FormatError{h.Format}
	}
	return nil
}

// LeaseLostError says that another run took the lease over, so this one may record nothing more.
type LeaseLostError struct{ RunID string }

func (e *LeaseLostError) Error() string {
	return fmt.Sprintf("run %s lost its lease to another run: it lasted longer than the lease, or a clock is wrong", e.RunID)
}
