package autotask

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// pace is how fast the vendor answers this run.
type pace struct {
	mu     sync.Mutex
	recent [32]time.Duration // what the latest requests took
	n      int               // in all
}

func (p *pace) note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent[p.n%len(p.recent)] = took
	p.n++
}

// each is what a request takes: the median, which the first one on each connection does not move.
func (p *pace) each() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(p.n, len(p.recent))
	if n == 0 {
		return 0
	}
	latest := slices.Sorted(slices.Values(p.recent[:n]))
	return latest[n/2]
}

// reading is how long two walkers take over so many requests.
func (p *pace) reading(requests int64) time.Duration {
	return time.Duration(requests) * p.each() / inFlightPerEntity
}

// TimeError says that reading the items takes longer than the run has. Nothing may be concluded from such a read.
type TimeError struct {
	Requests int64         // to the end of the read, estimated
	Used     int64         // by the read when it was stopped; 0: before items were read
	Each     time.Duration // what a request has taken in this run
	Needed   time.Duration // Requests x Each, two at a time
	Left     time.Duration // of the context's time, without what is kept for the rest of the run
}

func (e *TimeError) Error() string {
	what := "reading the items does not fit into this run's time"
	if e.Used > 0 {
		what = fmt.Sprintf("reading the items was stopped after %d requests, since the rest does not fit into this run's time", e.Used)
	}
	return fmt.Sprintf("Autotask: %s: about %d requests of %s each, two at a time, take %s, and %s are left for it; raise the"+
		" function's time-out (FetchTimeout, at most 900 s), let it run at a quieter hour, when Autotask answers faster, or run on"+
		" one machine (synthsync run), where a run may take hours", what, e.Requests, e.Each.Round(time.Millisecond),
		e.Needed.Round(time.Second), e.Left.Round(time.Second))
}

// keptShare of the time left when the read begins is kept for comparing and queueing what follows it: 1 in so many parts.
const keptShare = 5

// fewPages are too few to go by.
const fewPages = 50

// inTime tells whether so many requests more fit into the context's time; done is how many the read has taken. On the way
// nothing is kept for what follows, so that only what surely does not fit is stopped.
func (c *Client) inTime(ctx context.Context, requests, done int64) error {
	deadline, limited := ctx.Deadline()
	if !limited || done > 0 && done < fewPages {
		return nil
	}
	left := time.Until(deadline)
	if done == 0 {
		left -= left / keptShare
	}
	if c.pace.reading(requests) <= left {
		return nil
	}
	return c.slow(requests, done, left)
}

func (c *Client) slow(requests, done int64, left time.Duration) error {
	return &TimeError{Requests: requests, Used: done, Each: c.pace.each(), Needed: c.pace.reading(requests), Left: max(0, left)}
}

// outOfTime makes the error of a read that the context's deadline ended: it says what the estimate says now.
func (c *Client) outOfTime(ctx context.Context, err error, done int64) error {
	c.share.mu.Lock()
	rest := max(1, c.share.needed-done)
	c.share.mu.Unlock()
	deadline, limited := ctx.Deadline()
	if !limited || time.Now().Before(deadline) || done < fewPages {
		return err
	}
	return c.slow(rest, done, 0)
}
