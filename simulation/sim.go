// Package simulation searches histories of faults for one in which Synthesize is told a number that was never true.
//
// The code under test is the shipped code of all three stages, both clients, the ledger and the consumers of the queues.
// Only the wire, the clock, the queue service and the scheduler are the simulation's. One seed is one history.
package simulation

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// table is where the ledger lives; a restore replaces what is beneath.
type table struct{ ledger.Store }

// sim is one history.
type sim struct {
	scheduler
	choose   *choices
	began    time.Time
	calm     bool // nothing goes wrong any more
	refresh  time.Duration
	trouble  int // of a thousand requests, so many go wrong
	restless int // before so many of a thousand steps somebody acts

	tenant *autotasktest.Tenant
	vendor *synthesizetest.Simulator
	front  http.Handler // what stands before the vendor; nil: nothing
	person *person      // who is told by a webhook; nil: nobody
	table  *table
	backup []ledger.Document

	exported  []byte
	narrowed  bool // the rights of Autotask's user
	runIDs    []string
	quietFrom int // the step from which on nobody may be told; 0 if all may be

	accounts, usage *fifo
	settings        settings
	sets            []rules
	credentials     secret[autotask.Credentials]
	keys            secret[synthesize.Keys]
	others          *others // nil: nobody has used their keys yet
	secretRight     string
	keysRight       string
	versions        int
	replays         int
	runsLeft        int
	invoked         map[string]int

	items    map[int64]autotasktest.Item
	nextItem int64
	changes  []change

	readings int
	reads    map[time.Time]*reading
	landed   map[string]landing
	effects  int
	everMade map[string]bool
	madeAs   map[string]string
	counted  map[time.Time]counted // what runs came to, by their observation time
	known    known
	restored bool
	refusals []noted
	removed  bool
	earlier  bool
	last     fetch.Result
	lastErr  error

	invariant string
	problem   string
	story     []string
	hash      uint64
	coverage  map[string]int
}

// Outcome is what became of a history.
type Outcome struct {
	Seed      uint64
	Invariant string // that does not hold; empty if all do
	Problem   string
	Story     []string
	Trace     uint64 // the same for the same history
	Steps     int
	Coverage  map[string]int // by "fault @ stage"
	Taken     map[string]int // the decisions that make the history
}

// History is the text that Replay takes.
func (o Outcome) History() string { return encode(o.Taken) }

// String tells the story.
func (o Outcome) String() string {
	return fmt.Sprintf("%s: %s\n\n%s\n\nto replay (seed %d):\n%s", o.Invariant, o.Problem, strings.Join(o.Story, "\n"), o.Seed, o.History())
}

// Run lives through the history of a seed.
func Run(t *testing.T, seed uint64) Outcome { return live(t, seed, nil) }

func live(t *testing.T, seed uint64, replay map[string]int) (out Outcome) {
	synctest.Test(t, func(*testing.T) {
		s := newSim(seed, replay)
		defer s.named()
		s.live()
		out = Outcome{seed, s.invariant, s.problem, s.story, s.hash, s.steps, s.coverage, s.choose.taken}
	})
	return out
}

// named has a panic say in which history it happened.
func (s *sim) named() {
	if p := recover(); p != nil {
		panic(fmt.Sprintf("history of seed %d: %v\n%s", s.choose.seed, p, debug.Stack()))
	}
}

func newSim(seed uint64, replay map[string]int) *sim {
	s := &sim{
		choose: newChoices(seed, replay), began: time.Now(), refresh: refreshAfter,
		tenant: autotasktest.NewTenant(autotasktest.Options{LogLimit: -1}),
		vendor: synthesizetest.New(synthesizetest.Options{Seed: 1, LogLimit: -1, NoHistory: true, Switches: synthesizetest.Switches{RateLimit: -1}}),
		table:  &table{memory.New()}, accounts: newFifo("accounts", 2), usage: newFifo("usage", 2), sets: ruleSets(),
		invoked:  map[string]int{},
		items:    map[int64]autotasktest.Item{},
		reads:    map[time.Time]*reading{},
		landed:   map[string]landing{},
		counted:  map[time.Time]counted{},
		everMade: map[string]bool{}, known: newKnown(), coverage: map[string]int{},
	}
	c := autotasktest.DefaultCredentials
	s.secretRight, s.keysRight = c.Secret, synthesizetest.DefaultPartnerKey
	s.credentials.now, s.keys.now = s.rightCredentials("v0"), s.rightKeys("v0")
	s.accounts.any, s.usage.any = s.anyOrder(s.accounts), s.anyOrder(s.usage)
	s.bell = make(chan struct{}, 1)
	s.settings = settings{rules: s.sets[0], mode: fetch.ModePost}
	return s
}

// live is the history: some runs with everything that can go wrong, and then two in peace.
func (s *sim) live() {
	defer s.stop()
	s.trouble = []int{0, 15, 60, 150}[s.choose.of("troubles", 4)]
	s.restless = []int{0, 15, 40, 100}[s.choose.of("acts", 4)]
	if s.choose.one("somebody stands by who maps", 700, 1) == 1 {
		s.vendor.Switch(func(sw *synthesizetest.Switches) { sw.MapOnCreate = true })
	}
	if s.choose.one("a person is told", 300, 1) == 1 {
		s.person = newPerson(s)
	}
	if s.choose.one("nothing is told anew without need", 500, 1) == 1 {
		s.refresh = 60 * 24 * time.Hour // else each night would heal what the last one did wrong
	}
	s.populate()
	s.runsLeft = 3 + s.choose.of("runs", 6)
	if s.choose.one("months", 3, 1) == 1 {
		s.runsLeft += 60
	}
	for s.runsLeft > 0 && s.problem == "" {
		s.runsLeft--
		for range s.choose.of("a day at the MSP", 4) {
			s.perform(1+s.choose.of("what happens there", deviceActs), "the next run", between)
		}
		s.startRun()
		gaps := []time.Duration{23 * time.Hour, 5 * time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour, 25 * time.Hour, 24 * time.Hour, 31 * 24 * time.Hour}
		s.run(time.Now().Add(gaps[s.choose.of("gap", len(gaps))]).Truncate(grid))
		if s.last.State == fetch.StateHeld && s.choose.one("the operator believes the held run", 300, 1) == 1 {
			s.happened("approve", s.approves("held"), "the next run", between)
		}
	}
	s.peace()
}

func (s *sim) startRun() {
	event := fetch.Event{}
	switch s.choose.one("event", 250, 3) {
	case 1:
		event.Force = true
	case 2:
		event.Full = true
	case 3:
		event.ExecutionID = fmt.Sprintf("execution-%d", s.choose.of("execution", 2))
	}
	if s.choose.one("settings", 150, 1) == 1 {
		s.note("%s", s.changesSettings(""))
	}
	t := s.fetchRun(event)
	s.note("%s begins: force %v, full %v, execution %q", t.name, event.Force, event.Full, event.ExecutionID)
}

// peace ends all troubles and holds the end against the devices.
func (s *sim) peace() {
	if s.problem != "" {
		return
	}
	s.note("from here on all is well")
	s.calm = true
	s.keys.put(s.rightKeys("last"))
	s.credentials.put(s.rightCredentials("last"))
	s.run(time.Time{})
	s.settings = settings{rules: s.sets[0], mode: fetch.ModePost}
	s.narrow(false)
	s.speakAgain()
	for range 2 {
		s.pass(25 * time.Hour)
		s.vendor.MapAll()
		// After a restore both are full: the first one's look finds accounts that the restored ledger does not know.
		s.fetchRun(fetch.Event{Force: true, Full: s.restored})
		s.run(time.Time{})
		if s.problem == "" && (s.lastErr != nil || s.last.State != fetch.StateDone) {
			s.fail("liveness", "a run in peace ended as %s: %v", s.last.State, s.lastErr)
		}
	}
	s.pass(time.Minute)
	if s.problem == "" {
		s.equals()
	}
	if s.problem == "" && s.person != nil {
		s.person.allIsOver()
	}
	if s.problem == "" && s.choose.one("a mapping is lost in the end", 200, 1) == 1 {
		s.losesMapping()
	}
}

func (s *sim) pass(d time.Duration) {
	if s.problem == "" {
		s.run(time.Now().Add(d))
	}
}

// stop ends whatever is still under way.
func (s *sim) stop() {
	for range 1000 {
		synctest.Wait()
		s.mu.Lock()
		tasks := append([]*task(nil), s.tasks...)
		s.mu.Unlock()
		busy := false
		for _, t := range tasks {
			if !t.ended {
				busy = true
				if !t.dead {
					s.kill(t, "is stopped at the end of the history")
				}
			}
		}
		if !busy {
			return
		}
		time.Sleep(time.Second)
	}
}

func (s *sim) fail(invariant, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(invariant, format, args...)
}

func (s *sim) failLocked(invariant, format string, args ...any) {
	if s.problem != "" {
		return
	}
	s.invariant, s.problem = invariant, fmt.Sprintf(format, args...)
	s.noteLocked("NOT SO: %s: %s", s.invariant, s.problem)
}

func (s *sim) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteLocked(format, args...)
}

func (s *sim) noteLocked(format string, args ...any) {
	s.story = append(s.story, time.Since(s.began).String()+" "+fmt.Sprintf(format, args...))
}

// trace mixes what happened into the history's fingerprint.
func (s *sim) trace(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	s.hash = fnv(s.hash^uint64(time.Since(s.began)/grid), text) //nolint:gosec // never negative
	if traced != nil {
		traced(time.Since(s.began).String() + " " + text)
	}
}

// traced is told of every step, if set, to find where two lives of one history part.
var traced func(string)

func (s *sim) count(what, stage string) { s.coverage[what+" @ "+stage]++ }

func sum(body []byte) uint64 {
	return fnv(0, string(body))
}

// Stages are the columns of the coverage: the three functions, and the time when none of them is about to do a thing.
var Stages = []string{"run", "accounts", "usage", between}

// CannotMeet tells which faults a stage cannot meet: what is read takes no effect late, runs delete no messages, and Autotask
// answers 500 where others say 400.
func CannotMeet(what, stage string) bool {
	return strings.HasPrefix(what, "state ") || stage == "run" && (strings.HasPrefix(what, "accepted late") || what == "deletion lost" || what == "400") ||
		stage == between && !IsAct(what)
}
