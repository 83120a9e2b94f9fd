package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// deduplication is how long SQS swallows a second message with the same deduplication id.
const deduplication = 5 * time.Minute

// Letter is a message in the dead letters, with the reason it died.
type Letter struct {
	Received
	Reason string
}

// Local is a FIFO queue in the process, with the rules of SQS: a group is delivered in single file, what was received
// and not settled comes again after the visibility time-out, and what failed too often goes to the dead letters. It
// reads the time from package time and is safe for use by many goroutines.
type Local struct {
	visibility  time.Duration
	maxReceives int

	mu      sync.Mutex
	next    int
	waiting []*entry // in the order of sending
	recent  map[string]time.Time
	dead    []Letter
	reasons map[string]string
}

type entry struct {
	Received
	hiddenUntil time.Time
}

// NewLocal makes an empty queue. A message is moved to the dead letters when it would be received more than maxReceives
// times.
func NewLocal(visibility time.Duration, maxReceives int) *Local {
	return &Local{visibility: visibility, maxReceives: maxReceives, recent: map[string]time.Time{}, reasons: map[string]string{}}
}

// Send puts messages on the queue: all of them or, when one is not fit for a queue, none.
func (l *Local) Send(ctx context.Context, messages []Message) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var unfit []error
	for i, m := range messages {
		if err := m.Check(); err != nil {
			unfit = append(unfit, fmt.Errorf("message %d of %d: %w", i+1, len(messages), err))
		}
	}
	if len(unfit) > 0 {
		return errors.Join(unfit...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.recent, func(_ string, at time.Time) bool { return now.Sub(at) >= deduplication })
	for _, m := range messages {
		if _, sent := l.recent[m.DeduplicationID]; sent {
			continue
		}
		l.recent[m.DeduplicationID] = now
		l.next++
		l.waiting = append(l.waiting, &entry{
			Received: Received{ID: strconv.Itoa(l.next), Group: m.Group, Body: slices.Clone(m.Body), SentAt: now},
		})
	}
	return nil
}

// Receive hands out up to most messages that are due, and hides them for the visibility time-out. A group of which any
// message is hidden, being worked or resting, is passed over. It does not wait.
func (l *Local) Receive(most int) []Received {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	blocked := map[string]bool{}
	for _, e := range l.waiting {
		if now.Before(e.hiddenUntil) {
			blocked[e.Group] = true
		}
	}
	var out []Received
	var keep []*entry
	for _, e := range l.waiting {
		switch {
		case blocked[e.Group]:
		case e.Receives >= l.maxReceives:
			l.bury(e, fmt.Sprintf("received %d times: %s", e.Receives, l.reason(e.ID)))
			continue
		case len(out) < most:
			e.Receives++
			e.hiddenUntil = now.Add(l.visibility)
			out = append(out, e.Received)
		default:
			blocked[e.Group] = true
		}
		keep = append(keep, e)
	}
	l.waiting = keep
	return out
}

func (l *Local) reason(id string) string {
	if reason, known := l.reasons[id]; known {
		return reason
	}
	return "no verdict was given within the visibility time-out"
}

func (l *Local) bury(e *entry, reason string) {
	delete(l.reasons, e.ID)
	l.dead = append(l.dead, Letter{e.Received, reason})
}

// Settle ends a batch as the poller of a function does: what is not among the failures is deleted, the others come again
// when they have rested, or die. A verdict on a message that has been received again meanwhile comes too late and changes
// nothing: it is the newer receiver's now.
func (l *Local) Settle(batch []Received, failures []Failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failed := make(map[string]Failure, len(failures))
	for _, f := range failures {
		failed[f.ID] = f
	}
	receives := make(map[string]int, len(batch))
	for _, r := range batch {
		receives[r.ID] = r.Receives
	}
	now := time.Now()
	var keep []*entry
	for _, e := range l.waiting {
		f, isFailed := failed[e.ID]
		at, received := receives[e.ID]
		switch {
		case !received || at != e.Receives:
		case !isFailed:
			delete(l.reasons, e.ID)
			continue
		case f.Dead:
			l.bury(e, f.reason())
			continue
		default:
			l.reasons[e.ID] = f.reason()
			e.hiddenUntil = now.Add(f.RetryAfter)
		}
		keep = append(keep, e)
	}
	l.waiting = keep
}

// Len is how many messages are on the queue, hidden ones included.
func (l *Local) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// NextDue is when the next message can be received: when the first group has no hidden message any more. It may have
// passed; ok is false for an empty queue.
func (l *Local) NextDue() (at time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := map[string]time.Time{}
	for _, e := range l.waiting {
		if until, seen := free[e.Group]; !seen || e.hiddenUntil.After(until) {
			free[e.Group] = e.hiddenUntil
		}
	}
	for _, until := range free {
		if !ok || until.Before(at) {
			at, ok = until, true
		}
	}
	return at, ok
}

// Left are the messages on the queue with the reason of their last failure, for the report of a run that ends.
func (l *Local) Left() []Letter {
	l.mu.Lock()
	defer l.mu.Unlock()
	letters := make([]Letter, 0, len(l.waiting))
	for _, e := range l.waiting {
		reason, failed := l.reasons[e.ID]
		if !failed {
			reason = "not begun"
		}
		letters = append(letters, Letter{e.Received, reason})
	}
	return letters
}

// Dead are the dead letters.
func (l *Local) Dead() []Letter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Letter(nil), l.dead...)
}
