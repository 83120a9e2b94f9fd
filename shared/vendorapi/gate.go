package vendorapi

import (
	"context"
	"sync"
)

// gate lets the first call with credentials go alone, and nobody any more once the login is refused. A refusal is
// looked into once in the life of a Caller: with what was looked up afresh one call goes alone again.
type gate[C comparable] struct {
	lookUp func(ctx context.Context, fresh bool) (C, string, error)
	again  func(ctx context.Context, credentials C) (bool, error)

	mu      sync.Mutex
	state   state
	changed chan struct{} // closed, and made anew, when state changes
	stopped chan struct{} // closed when stop is set
	stop    error
	known   bool
	login   login[C]
}

type state int

const (
	unproved state = iota
	alone          // one call is finding out
	proved
)

// login is what a request is sent with; a new generation replaces it after a refusal.
type login[C comparable] struct {
	credentials C
	version     string
	generation  int
}

// pass is a call's leave to send with a login.
type pass[C comparable] struct {
	login[C]
	alone bool // nobody else may send until this call knows
}

func newGate[C comparable](config Config[C]) *gate[C] {
	return &gate[C]{
		lookUp:  config.Credentials,
		again:   config.Again,
		changed: make(chan struct{}),
		stopped: make(chan struct{}),
	}
}

// enter waits until the call may send.
func (g *gate[C]) enter(ctx context.Context) (*pass[C], error) {
	for {
		g.mu.Lock()
		if g.stop != nil {
			g.mu.Unlock()
			return nil, g.stop
		}
		switch g.state {
		case proved:
			p := &pass[C]{login: g.login}
			g.mu.Unlock()
			return p, nil
		case unproved:
			g.become(alone)
			known := g.known
			g.mu.Unlock()
			if !known {
				if err := g.firstLookUp(ctx); err != nil {
					return nil, err
				}
			}
			return &pass[C]{login: g.current(), alone: true}, nil
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (g *gate[C]) firstLookUp(ctx context.Context) error {
	credentials, version, err := g.lookUp(ctx, false)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.become(unproved)
		return &lookupError{err}
	}
	g.known, g.login = true, login[C]{credentials: credentials, version: version}
	return nil
}

// holds tells whether a pass that was given some time ago still is good.
func (g *gate[C]) holds(p *pass[C]) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stop != nil {
		return false, g.stop
	}
	return p.alone || g.state == proved && p.generation == g.login.generation, nil
}

// accepted notes that the vendor took the login.
func (g *gate[C]) accepted(p *pass[C]) {
	if !p.alone {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.alone = false
	g.become(proved)
}

// leave notes that a call ends. If it went alone and has found nothing out, the next one goes alone.
func (g *gate[C]) leave(p *pass[C]) {
	if !p.alone {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.alone = false
	g.become(unproved)
}

// refused notes that the vendor refused the login of a pass. Without an error the call may enter again: somebody has
// renewed the login, or is about to, or this very call has, and then its pass is one to go alone.
func (g *gate[C]) refused(ctx context.Context, p *pass[C], why *RefusedError) error {
	g.mu.Lock()
	switch {
	case g.stop != nil:
		defer g.mu.Unlock()
		return g.stop
	case !p.alone && (p.generation < g.login.generation || g.state == alone):
		g.mu.Unlock()
		return nil
	case p.generation > 0:
		defer g.mu.Unlock()
		p.alone = false
		return g.halt(why)
	}
	g.become(alone)
	p.alone = true
	g.mu.Unlock()

	renewed, changed, err := g.renew(ctx, p.login)

	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stop != nil {
		p.alone = false
		return g.stop
	}
	if !changed {
		why.Lookup = err
		p.alone = false
		return g.halt(why)
	}
	g.login, p.login = renewed, renewed
	return nil
}

func (g *gate[C]) renew(ctx context.Context, old login[C]) (renewed login[C], changed bool, err error) {
	credentials, version, err := g.lookUp(ctx, true)
	if err != nil {
		return old, false, err
	}
	changed = credentials != old.credentials || version != old.version
	if g.again != nil {
		moved, err := g.again(ctx, credentials)
		if err != nil && !changed {
			return old, false, err
		}
		changed = changed || moved
	}
	return login[C]{credentials, version, old.generation + 1}, changed, nil
}

// fault stops everything, unless it is stopped already.
func (g *gate[C]) fault(why *FaultError) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stop != nil {
		return g.stop
	}
	return g.halt(why)
}

func (g *gate[C]) stoppedBy() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stop
}

func (g *gate[C]) current() login[C] {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.login
}

// halt and become are called with the lock held.
func (g *gate[C]) halt(why error) error {
	g.stop = why
	close(g.stopped)
	g.become(unproved)
	return why
}

func (g *gate[C]) become(s state) {
	g.state = s
	close(g.changed)
	g.changed = make(chan struct{})
}
