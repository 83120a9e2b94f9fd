package local_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// mortal is a ledger whose process dies, or whose disk fails once, at its n-th write.
type mortal struct {
	ledger.Store
	applied bool   // the write still took effect
	kill    func() // nil: an error, once, and the process lives on

	mu   sync.Mutex
	left int
	hit  bool
}

var errDisk = errors.New("the disk is full")

func (m *mortal) Write(ctx context.Context, writes ...ledger.Write) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left--
	switch {
	case m.left > 0, m.left < 0 && m.kill == nil:
		return m.Store.Write(ctx, writes...)
	case m.left < 0:
		return errDisk // the dead write no more
	}
	m.hit = true
	if m.applied {
		if err := m.Store.Write(ctx, writes...); err != nil {
			return err
		}
	}
	if m.kill != nil {
		m.kill()
	}
	return errDisk
}

// TestKill_AtEachWriteOfTheLedger_TheNextRunsHeal kills the process before each write. Killed after one is nearly killed
// before the next, so that is tried at fewer of them, as is a write that fails once in a process that lives on.
func TestKill_AtEachWriteOfTheLedger_TheNextRunsHeal(t *testing.T) {
	t.Parallel()
	for _, start := range []string{mappedAtOnce, laterRun} {
		for name, m := range map[string]struct {
			applied, kills bool
			first, step    int
		}{
			"killed before it": {false, true, 1, 1}, "killed after it": {true, true, 1, 6},
			"it fails": {false, false, 2, 5}, "its answer is lost": {true, false, 3, 5},
		} {
			t.Run(start+"/"+name, func(t *testing.T) {
				t.Parallel()
				hit := true
				step := m.step
				if start == mappedAtOnce {
					step *= 2
				}
				for n := m.first; hit && !t.Failed(); n += step {
					inWorld(t, 0, func(w *world) {
						starts[start](w)
						ctx, kill := context.WithCancel(w.Context())
						defer kill()
						store := &mortal{Store: w.store, left: n, applied: m.applied}
						if m.kills {
							store.kill = kill
						}
						w.machine.Store = store
						_, _ = w.runUntil(ctx, fetch.Event{})
						hit = store.hit
						w.heals()
						if w.Failed() {
							w.Logf("at write %d", n)
						}
					})
				}
			})
		}
	}
}

// TestKill_AtEachWritingRequest kills the process while a writing request is under way: the vendor took it, or it
// takes effect only after the next run has begun.
func TestKill_AtEachWritingRequest_TheNextRunsHeal(t *testing.T) {
	t.Parallel()
	for _, start := range []string{mappedAtOnce, laterRun} {
		for _, kind := range []synthesizetest.Kind{synthesizetest.HangAfter, synthesizetest.Late} {
			t.Run(fmt.Sprintf("%s/%s", start, kind), func(t *testing.T) {
				t.Parallel()
				hit := true
				for n := 0; hit && !t.Failed(); n++ {
					inWorld(t, 0, func(w *world) {
						starts[start](w)
						ctx, kill := context.WithCancel(w.Context())
						defer kill()
						hit = false
						w.sim.Inject(synthesizetest.Fault{
							Kind: kind, Where: writes, Skip: n, ApplyAfter: 8 * time.Second, DelayAfter: time.Second,
							Match: func(synthesizetest.RequestInfo) bool { return true },
						})
						seen := 0
						w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
							if r.Method == "GET" {
								return
							}
							if seen++; seen == n+1 {
								hit = true
								time.AfterFunc(100*time.Millisecond, kill)
							}
						})
						w.spoiltS = true
						_, _ = w.runUntil(ctx, fetch.Event{})
						w.retire(3, desktopType, 1) // so that what comes late is wrong by then
						w.pause = 0
						w.heals()
						if w.Failed() {
							w.Logf("at writing request %d", n+1)
						}
					})
				}
			})
		}
	}
}

// TestKill_ARebuildThatIsOwed_IsPaidByTheNextRun: a process that dies after its counts and before the one that asks for
// the rebuild leaves people with an old view, also where accounts that nobody ever maps keep every run busy.
func TestKill_ARebuildThatIsOwed_IsPaidByTheNextRun(t *testing.T) {
	t.Parallel()
	for name, unmapped := range map[string]bool{"all mapped": false, "one account never mapped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hit := true
			for n := 1; hit && !t.Failed(); n++ {
				inWorld(t, 0, func(w *world) {
					w.settle()
					if unmapped {
						// Its message is the last one, so the count that asks for the rebuild is not accepted.
						w.tenant.SetCompany(autotasktest.Company{ID: 900, Name: "Never mapped"})
						w.tenant.AddItem(autotasktest.Item{Company: 900, Type: serverType})
						w.must()
					}
					for _, c := range companyIDs[:4] {
						w.retire(c, serverType, 1)
					}
					ctx, kill := context.WithCancel(w.Context())
					defer kill()
					store := &mortal{Store: w.store, left: n, kill: kill}
					w.machine.Store = store
					_, _ = w.runUntil(ctx, fetch.Event{})
					hit = store.hit
					w.calm()
					time.Sleep(time.Minute)
					w.must()
					w.built()
					if w.Failed() {
						w.Logf("killed at write %d", n)
					}
				})
			}
		})
	}
}
