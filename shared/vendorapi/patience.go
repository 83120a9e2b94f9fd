package vendorapi

import (
	"sync"
	"time"
)

// announcedWaits is how much of the waiting that a vendor itself asked for is not held against it, between two definite
// answers.
const announcedWaits = 2 * time.Minute

// patience is a stopwatch of a vendor's silence. It runs while a call is under way, so that an hour in which nobody
// asked anything is no silence, and starts anew with every definite answer.
type patience struct {
	limit time.Duration // negative: endless

	mu        sync.Mutex
	calls     int           // under way
	running   time.Time     // since when, if calls > 0
	silence   time.Duration // before that
	announced time.Duration // credited since the last definite answer
	notBefore time.Time     // until when the vendor wants to be left alone
	over      bool          // some call has given up, and no definite answer has come since
}

func (p *patience) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls == 0 {
		p.running = time.Now()
	}
	p.calls++
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls--
	if p.calls == 0 {
		p.silence += time.Since(p.running)
	}
}

// answered notes a definite answer.
func (p *patience) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running, p.silence, p.announced, p.over = time.Now(), 0, 0, false
	p.credit(time.Until(p.notBefore)) // others still keep to it
}

// announce notes that the vendor wants to be left alone for a time. All calls keep to it.
func (p *patience) announce(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(wait)
	if !until.After(p.notBefore) {
		return
	}
	p.credit(min(wait, until.Sub(p.notBefore)))
	p.notBefore = until
}

func (p *patience) credit(wait time.Duration) {
	free := max(0, min(wait, announcedWaits-p.announced))
	p.announced += free
	p.silence -= free
}

// wait says how long a call that would like to pause for a time has to wait before its next attempt, and whether
// patience lasts so long. What the vendor announced is waited for in full or not at all; a pause of our own is cut to
// what patience is left, for one last attempt.
func (p *patience) wait(pause time.Duration) (wait time.Duration, announced, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := time.Until(p.notBefore)
	announced = rest > 0 && rest >= pause
	if p.limit < 0 {
		return max(rest, pause, 0), announced, true
	}
	left := p.limit - p.silence - time.Since(p.running)
	if rest > left || pause > 0 && left <= 0 || p.over {
		p.over = true
		return 0, announced, false
	}
	return max(rest, min(pause, left), 0), announced, true
}

// rest is how long the vendor still wants to be left alone.
func (p *patience) rest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.notBefore))
}
