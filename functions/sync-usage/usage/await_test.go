package usage_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// accepting takes every count.
type accepting struct{ posts chan synthesize.Count }

func (a accepting) PostCount(_ context.Context, c synthesize.Count) synthesize.Outcome {
	a.posts <- c
	return synthesize.Outcome{Result: synthesize.Accepted, Definite: true}
}

// early is a worker whose counts have arrived before their run's services message was worked.
type early struct {
	t     *testing.T
	book  *ledger.Ledger
	posts chan synthesize.Count
	stage *usage.Stage
	queue *queue.Local
	begun time.Time
}

func newEarly(t *testing.T, awaits time.Duration, companies int) *early {
	t.Helper()
	e := &early{t: t, book: ledger.New(memory.New(), time.Now), posts: make(chan synthesize.Count, 1000), queue: queue.NewLocal(12*time.Minute, 10), begun: time.Now()}
	var tokens atomic.Int64
	e.stage = &usage.Stage{
		Synthesize: accepting{e.posts}, Ledger: e.book, Log: slog.New(slog.DiscardHandler), Workers: 8, Awaits: awaits,
		Now:           func() time.Time { return observed.Add(time.Since(e.begun)) },
		SecretVersion: func(context.Context, bool) (string, error) { return "v1", nil },
		Token:         func() string { return fmt.Sprint("token", tokens.Add(1)) },
	}
	e.services(func(s *ledger.Services) {
		s.List = []ledger.Service{{Key: "Servers", Name: "Servers", ID: "s1", Ruled: true}}
	})
	for i := range companies {
		id := fmt.Sprint(i + 1)
		e.account(id, func(a *ledger.Account) { a.Made("Company " + id) })
		m := message.Usage{RunID: "run", ObservedAt: observed, Account: message.Account{ID: id, Name: "Company " + id}, Counts: servers(3)}
		body, err := m.Encode()
		if err == nil {
			err = e.queue.Send(t.Context(), []queue.Message{{Group: id, DeduplicationID: id, Body: body}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (e *early) services(change func(*ledger.Services)) {
	e.t.Helper()
	if _, err := e.book.UpdateServices(e.t.Context(), func(s *ledger.Services) error { change(s); return nil }); err != nil {
		e.t.Error(err)
	}
}

func (e *early) account(id string, change func(*ledger.Account)) {
	e.t.Helper()
	if err := e.book.NoteAccount(e.t.Context(), id, change); err != nil {
		e.t.Error(err)
	}
}

// after does something at so many seconds.
func (e *early) after(seconds int, do func()) {
	go func() {
		time.Sleep(time.Duration(seconds) * time.Second)
		do()
	}()
}

func (e *early) look() { e.services(func(s *ledger.Services) { s.LookedAt = observed }) }

// work receives batches of ten until the queue is empty, each with the two minutes of an invocation, and sums the receives.
func (e *early) work() (receives int) {
	e.t.Helper()
	for e.queue.Len() > 0 {
		batch := e.queue.Receive(10)
		if len(batch) == 0 {
			due, _ := e.queue.NextDue()
			time.Sleep(time.Until(due))
			continue
		}
		receives += len(batch)
		ctx, cancel := context.WithTimeout(e.t.Context(), 2*time.Minute)
		failures, _ := e.stage.Handle(ctx, batch)
		cancel()
		e.queue.Settle(batch, failures)
	}
	return receives
}

func TestUsage_CountsBeforeTheirRunsLook_SpendOneReceiveEach(t *testing.T) {
	for _, c := range []struct{ awaits, receives int }{{0, 100}, {10, 50}} {
		synctest.Test(t, func(t *testing.T) {
			e := newEarly(t, time.Duration(c.awaits)*time.Second, 50)
			e.after(6, e.look)
			if got := e.work(); got != c.receives {
				t.Errorf("waiting up to %d s: %d receives for 50 messages, want %d", c.awaits, got, c.receives)
			}
			if took := time.Since(e.begun); c.awaits > 0 && took > 7*time.Second {
				t.Errorf("waiting up to %d s, all took %s", c.awaits, took)
			}
			if n := len(e.posts); n != 50 {
				t.Errorf("%d posts", n)
			}
		})
	}
}

func TestUsage_ALookThatDoesNotCome_IsWaitedForTwiceAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEarly(t, 10*time.Second, 1)
		var waits []time.Duration
		for receive := 1; receive <= 4; receive++ {
			begun := time.Now()
			batch := e.queue.Receive(10)
			failures, _ := e.stage.Handle(t.Context(), batch)
			if len(failures) != 1 || !queue.Waits(failures[0].Err) {
				t.Fatalf("%+v", failures)
			}
			waits = append(waits, time.Since(begun))
			e.queue.Settle(batch, failures)
			due, _ := e.queue.NextDue()
			time.Sleep(time.Until(due))
		}
		if got := fmt.Sprint(waits); got != "[10s 10s 0s 0s]" || len(e.posts) != 0 {
			t.Errorf("waits %s, %d posts", got, len(e.posts))
		}
	})
}

func TestUsage_WaitingForTheLook_LeavesMostOfTheTimeForThePosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEarly(t, 10*time.Second, 1)
		e.stage.Margin = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		e.stage.Handle(ctx, e.queue.Receive(10))
		if took := time.Since(e.begun); took > 2500*time.Millisecond {
			t.Errorf("waited %s of 10 s", took)
		}
	})
}

// A person may say hold while a batch waits.
func TestUsage_HoldWhileABatchWaits_NobodyIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEarly(t, 10*time.Second, 1)
		e.account("1", func(a *ledger.Account) { a.Intent = &ledger.Intent{RunID: "run", ObservedAt: observed} })
		e.stage.Word = func(ctx context.Context) (string, error) {
			hand, err := e.book.Hand(ctx)
			return hand.Silent(ledger.ModePost), err
		}
		e.after(3, func() {
			if _, err := e.book.SetHold(t.Context(), true, ledger.Act{Actor: "anna", Reason: "review"}); err != nil {
				t.Error(err)
			}
		})
		e.after(5, e.look)
		e.work()
		a, err := e.book.Account(t.Context(), "1")
		if err != nil || !a.OpenIntent() || len(e.posts) != 0 {
			t.Errorf("%d posts after the hold; owed: %v; %v", len(e.posts), a.OpenIntent(), err)
		}
	})
}

func TestUsage_ARefusedLogin_IsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEarly(t, 10*time.Second, 1)
		if err := e.book.NoteRefusal(t.Context(), ledger.Refusal{Vendor: ledger.Synthesize, RunID: "run", ObservedAt: observed, SecretVersion: "v1"}); err != nil {
			t.Fatal(err)
		}
		e.stage.Handle(t.Context(), e.queue.Receive(10))
		if took := time.Since(e.begun); took != 0 {
			t.Errorf("waited %s for a vendor that refuses the login", took)
		}
	})
}
