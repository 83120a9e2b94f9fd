package vendorapi

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// LimitConfig is how much a vendor bears.
type LimitConfig struct {
	InFlight  int     // requests in flight in all; at least 1
	PerKey    int     // requests in flight per Request.Key; 0: no limit of its own
	KeyBears  int     // what the vendor itself bears per Key, counting those whose slot it may free late; 0: not known
	PerSecond float64 // requests begun per second; 0: no limit
}

// Limits keeps requests within what a vendor bears, for all Callers that share it. When the vendor finds it too much
// all the same (Throttled), it halves both figures, and creeps back with every answer that is well.
type Limits struct {
	config LimitConfig
	rate   *rate.Limiter

	mu       sync.Mutex
	window   float64 // requests in flight allowed now
	inFlight int
	perKey   map[string]int
	late     map[string][]time.Time // until when the slots of answered requests may still be taken at the vendor
	waiting  []*waiter              // in the order they came
	lowered  time.Time
}

type waiter struct {
	key   string
	ready chan struct{}
}

// NewLimits makes limits that nobody has used yet.
func NewLimits(config LimitConfig) *Limits {
	config.InFlight = max(1, config.InFlight)
	l := &Limits{config: config, window: float64(config.InFlight), perKey: map[string]int{}, late: map[string][]time.Time{}}
	// A burst of one: what several processes may send together is then the sum of their rates and hardly more.
	l.rate = rate.NewLimiter(rate.Inf, 1)
	if config.PerSecond > 0 {
		l.rate.SetLimit(rate.Limit(config.PerSecond))
	}
	return l
}

// acquire waits for a slot and for its turn in the second; release gives the slot back.
func (l *Limits) acquire(ctx context.Context, key string) (release func(), err error) {
	w := &waiter{key: key, ready: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	l.admit()
	l.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		l.leave(w)
		return nil, context.Cause(ctx)
	}
	// One token at a time and a burst of at least one: the only error is the context's, or a deadline that comes first.
	if err := l.rate.Wait(ctx); err != nil {
		l.release(key, 0)
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, errDeadline
	}
	begun := time.Now()
	return func() { l.release(key, time.Since(begun)) }, nil
}

// admit lets in whoever fits, first come first served; one that waits for its key does not hold up the others.
func (l *Limits) admit() {
	still := l.waiting[:0]
	for i, w := range l.waiting {
		if l.inFlight >= int(l.window) {
			still = append(still, l.waiting[i:]...)
			break
		}
		if w.key != "" && (l.config.PerKey > 0 && l.perKey[w.key] >= l.config.PerKey || l.lateFull(w.key)) {
			still = append(still, w)
			continue
		}
		l.inFlight++
		l.perKey[w.key]++
		close(w.ready)
	}
	clear(l.waiting[len(still):])
	l.waiting = still
}

// maxLate bounds how long a slot is taken for not yet free after the answer to its request; below it, a quarter of what
// the request took. Two who work side by side wait for that once, and are out of step from then on.
const maxLate = 100 * time.Millisecond

// lateFull tells whether the vendor may find one more request of a key too much, since slots of answered ones are not yet
// free there. Whoever waits for that is let in when they are.
func (l *Limits) lateFull(key string) bool {
	if l.config.KeyBears == 0 {
		return false
	}
	now := time.Now()
	late := slices.DeleteFunc(l.late[key], func(until time.Time) bool { return !now.Before(until) })
	l.late[key] = late
	if len(late) == 0 {
		delete(l.late, key)
	}
	if l.perKey[key]+len(late) < l.config.KeyBears {
		return false
	}
	if len(late) == 0 {
		return true // until one of those in flight is answered
	}
	time.AfterFunc(slices.MinFunc(late, time.Time.Compare).Sub(now), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.admit()
	})
	return true
}

func (l *Limits) release(key string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	if l.config.KeyBears > 0 && key != "" && took > 0 {
		l.late[key] = append(l.late[key], time.Now().Add(min(took/4, maxLate)))
	}
	if l.perKey[key]--; l.perKey[key] == 0 {
		delete(l.perKey, key)
	}
	l.admit()
}

// leave takes a waiter out, and gives back the slot if it got one in the same moment.
func (l *Limits) leave(w *waiter) {
	l.mu.Lock()
	for i, other := range l.waiting {
		if other == w {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			l.mu.Unlock()
			return
		}
	}
	l.mu.Unlock()
	l.release(w.key, 0)
}

// slower halves what is allowed. Requests that were under way when it was last halved say nothing new.
func (l *Limits) slower(begun time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !begun.After(l.lowered) {
		return
	}
	l.lowered = time.Now()
	l.window = max(1, l.window/2)
	if full := l.config.PerSecond; full > 0 {
		l.rate.SetLimit(max(l.rate.Limit()/2, rate.Limit(full/64)))
	}
}

// faster creeps back: one more in flight after as many good answers as are allowed now, the full rate after some 50.
func (l *Limits) faster() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.window < float64(l.config.InFlight) {
		l.window = min(float64(l.config.InFlight), l.window+1/l.window)
		l.admit()
	}
	if full := rate.Limit(l.config.PerSecond); full > 0 && l.rate.Limit() < full {
		l.rate.SetLimit(min(full, l.rate.Limit()+full/50))
	}
}

// Allowed tells how many requests in flight and per second are allowed now; 0 per second means no limit.
func (l *Limits) Allowed() (inFlight int, perSecond float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.config.PerSecond > 0 {
		perSecond = float64(l.rate.Limit())
	}
	return int(l.window), perSecond
}
