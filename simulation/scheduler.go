package simulation

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// grid is the step of the virtual clock at which parked goroutines go on. The product's few waits of random length are
// shorter, so where they end does not depend on chance.
const grid = time.Second

// task is one invocation of a function.
type task struct {
	sim    *sim
	name   string // run1, accounts#2, usage#5
	stage  string
	ctx    context.Context
	cancel context.CancelFunc
	until  time.Time // when the platform cuts it off
	skew   time.Duration
	frozen time.Time // until when it does not go on
	dead   bool
	ended  bool
	born   int // at which step

	flying map[string]int // requests under way, by vendor and entity
	second map[string][]time.Time
	tokens int
	// By vendor: refused logins, what requests were last sent with, and whether that was right and is no more.
	wrong    map[string]int
	login    map[string]string
	versions map[string][]string // of Synthesize's keys, by what they are sent as
	expired  map[string]bool
	read     *reading
	batch    []told
	heard    []heard              // of which runs its messages are
	marks    map[string]int       // when the account's pairs were marked, by effect number
	tells    map[string]time.Time // the read that it tells to a service and account, as it marked last
	faulty   bool
}

func (t *task) now() time.Time { return time.Now().Add(t.skew) }

func (t *task) token() string {
	t.sim.mu.Lock()
	defer t.sim.mu.Unlock()
	t.tokens++
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(t.name, "#", "-"), t.tokens)
}

var errKilled = errors.New("the function was cut off")

// parked is a goroutine at a point where the world may act.
type parked struct {
	task   *task
	what   string
	who    uint64 // the goroutine; they are numbered in the order of their making
	resume chan struct{}
}

func goroutine() uint64 {
	var text [40]byte
	fields := bytes.Fields(text[:runtime.Stack(text[:], false)])
	id, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		panic(err) // the first line has been "goroutine N [running]:" for ever
	}
	return id
}

// yield lets the world act, and returns an error if the function has been cut off.
func (t *task) yield(what string) error {
	s := t.sim
	p := &parked{task: t, what: what, resume: make(chan struct{})}
	if what == "waits" || strings.Contains(what, "refusal") { // what several goroutines of a task can be about to do
		p.who = goroutine()
	}
	s.mu.Lock()
	if t.dead {
		s.mu.Unlock()
		return errKilled
	}
	s.parked = append(s.parked, p)
	s.mu.Unlock()
	select {
	case s.bell <- struct{}{}:
	default:
	}
	<-p.resume
	if t.dead {
		return errKilled
	}
	return nil
}

// waits comes before each wait of a client. Timers that end in the same instant go off in any order; so none do.
func (t *task) waits(string, time.Duration) {
	if t.yield("waits") != nil {
		return
	}
	t.sim.mu.Lock()
	t.sim.waited++
	apart := time.Duration(t.sim.waited%100_000+1) * time.Microsecond
	t.sim.mu.Unlock()
	time.Sleep(apart)
}

// scheduler is the part of a simulation that decides who goes on.
type scheduler struct {
	mu     sync.Mutex
	parked []*parked
	bell   chan struct{}
	tasks  []*task
	events []event
	steps  int
	waited int
}

type event struct {
	at   time.Time
	what string
	do   func()
}

// after has something happen later.
func (s *sim) after(wait time.Duration, what string, do func()) {
	s.events = append(s.events, event{time.Now().Add(wait), what, do})
}

// option is one thing that can happen next.
type option struct {
	what string
	who  *task
	do   func()
}

// stage is the function whose step it is, or "between" if none's.
func (o option) stage() string {
	if o.who == nil {
		return between
	}
	return o.who.stage
}

// between is where an act is counted that came before a step of no function: while messages wait, or nothing is under way.
const between = "between"

// run lets things happen until a time, or until nothing is under way any more if the time is zero.
func (s *sim) run(until time.Time) {
	for s.problem == "" {
		synctest.Wait()
		now := time.Now()
		if !until.IsZero() && !now.Before(until) {
			return
		}
		if off := now.Sub(s.began) % grid; off != 0 {
			time.Sleep(grid - off)
			continue
		}
		s.reap()
		options, next := s.options(now)
		if len(options) > 0 {
			s.step(options)
			continue
		}
		if until.IsZero() && next.IsZero() && !s.busy() {
			return
		}
		if !until.IsZero() && (next.IsZero() || next.After(until)) {
			next = until
		}
		s.sleep(next)
		if s.steps++; s.steps > maxSteps {
			s.fail("liveness", "no end after %d steps", maxSteps)
		}
	}
}

const maxSteps = 60_000

// sleep waits for a time, or for a goroutine of the product that wakes before.
func (s *sim) sleep(until time.Time) {
	if until.IsZero() {
		<-s.bell
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.bell:
	}
}

func (s *sim) busy() bool {
	return slices.ContainsFunc(s.tasks, func(t *task) bool { return !t.ended })
}

// reap forgets what has ended and cuts off what has run too long.
func (s *sim) reap() {
	s.tasks = slices.DeleteFunc(s.tasks, func(t *task) bool { return t.ended })
	for _, t := range s.tasks {
		if !t.dead && !time.Now().Before(t.until) {
			s.kill(t, "ran out of time and was cut off")
		}
	}
}

func (s *sim) kill(t *task, why string) {
	s.note("%s %s", t.name, why)
	s.mu.Lock()
	t.dead, t.faulty = true, true
	var free []*parked
	s.parked = slices.DeleteFunc(s.parked, func(p *parked) bool {
		if p.task == t {
			free = append(free, p)
		}
		return p.task == t
	})
	s.mu.Unlock()
	t.cancel()
	for _, p := range free {
		close(p.resume)
	}
}

// options is what can happen now, in an order that does not depend on which goroutine came first.
func (s *sim) options(now time.Time) (options []option, next time.Time) {
	soon := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	s.mu.Lock()
	waiting := slices.Clone(s.parked)
	s.mu.Unlock()
	slices.SortStableFunc(waiting, func(a, b *parked) int {
		if c := strings.Compare(a.task.name, b.task.name); c != 0 {
			return c
		}
		if c := strings.Compare(a.what, b.what); c != 0 {
			return c
		}
		return cmp.Compare(a.who, b.who)
	})
	for _, p := range waiting {
		if now.Before(p.task.frozen) {
			soon(p.task.frozen)
			continue
		}
		options = append(options, option{p.task.name + " " + p.what, p.task, func() { s.release(p) }})
	}
	for _, t := range s.tasks {
		if !t.dead {
			soon(t.until)
		}
	}
	for i, e := range s.events {
		if now.Before(e.at) {
			soon(e.at)
			continue
		}
		options = append(options, option{e.what, nil, func() {
			s.events = slices.Delete(s.events, i, i+1)
			e.do()
		}})
	}
	for _, q := range []*fifo{s.accounts, s.usage} {
		due, at := q.due(now)
		if !at.IsZero() {
			soon(at)
		}
		if due && q.workers < q.maxWorkers {
			options = append(options, option{"the poller of " + q.name, nil, func() { s.poll(q) }})
		}
	}
	return options, next
}

func (s *sim) release(p *parked) {
	s.mu.Lock()
	s.parked = slices.DeleteFunc(s.parked, func(other *parked) bool { return other == p })
	s.mu.Unlock()
	close(p.resume)
}

// step lets one thing happen, and the world act before it.
func (s *sim) step(options []option) {
	if s.steps++; s.steps > maxSteps {
		s.fail("liveness", "no end after %d steps", maxSteps)
		return
	}
	if !s.calm {
		if s.act(options[0]) {
			return // what can happen next may be something else now
		}
	}
	at := 0
	if len(options) > 1 {
		at = s.choose.one("next after "+options[0].what, 600, len(options)-1)
	}
	o := options[at]
	if !s.calm && o.who != nil && s.fate(o) {
		return
	}
	s.trace("%s", o.what)
	o.do()
	synctest.Wait()
}

// fate decides whether a function is cut off or held up at this point.
func (s *sim) fate(o option) bool {
	switch s.choose.one("fate: "+o.what, 4, 5) {
	case 1, 2:
		s.count("killed", o.who.stage)
		s.kill(o.who, "was killed before: "+o.what)
		return true
	case 3, 4:
		for1 := []time.Duration{25 * time.Second, 4 * time.Minute, 13 * time.Minute}[s.choose.of("frozen for", 3)]
		s.count("frozen", o.who.stage)
		s.note("%s stood still for %s before: %s", o.who.name, for1, o.what)
		o.who.frozen, o.who.faulty = time.Now().Add(for1), true
		return true
	case 5:
		s.count("end of time", o.who.stage)
		o.who.faulty = true
		s.note("%s stood still until its time was over, before: %s", o.who.name, o.what)
		o.who.frozen = o.who.until.Add(-20 * time.Second)
		return true
	}
	return false
}
