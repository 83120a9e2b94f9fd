package local_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// grave is a ledger that nobody reaches any more who is dead.
type grave struct {
	ledger.Store
	dead atomic.Bool
}

func (g *grave) Write(ctx context.Context, writes ...ledger.Write) error {
	if g.dead.Load() {
		return errDisk
	}
	return g.Store.Write(ctx, writes...)
}

// killedLate runs until a request of an operation goes out that Synthesize had asked to wait a minute with, and kills the
// process then: the request takes effect eight seconds later. At once, or so that it may still write down what it knows.
func (w *world) killedLate(operation synthesizetest.Where, atOnce bool) {
	w.Helper()
	ctx, kill := context.WithCancel(w.Context())
	defer kill()
	w.sim.Inject(synthesizetest.Fault{Where: operation, Kind: synthesizetest.TooManyRequests, RetryAfter: "60"})
	late := w.synthesize(synthesizetest.Fault{Where: operation, Kind: synthesizetest.Late, ApplyAfter: 8 * time.Second, DelayAfter: time.Second})
	grave := &grave{Store: w.store}
	w.machine.Store = grave
	seen := 0
	w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Operation != operation.Operation || operation.AccountID != "" && r.AccountID != operation.AccountID {
			return
		}
		if seen++; seen == 2 {
			time.AfterFunc(100*time.Millisecond, func() { grave.dead.Store(atOnce); kill() })
		}
	})
	_, _ = w.runUntil(ctx, fetch.Event{})
	if late.Taken() != 1 {
		w.Fatal("the late request never went out")
	}
	w.calm()
}

// A count was marked a minute before its request went out. The process that follows at once must not take it for long over.
func TestLate_KilledWithACountOnItsWay_AfterALongWait_LedgerDoesNotSayThatTheNextOneStands(t *testing.T) {
	for _, atOnce := range []bool{true, false} {
		inWorld(t, 0, func(w *world) {
			w.settle()
			w.retire(1, serverType, 1) // 3 -> 2
			w.killedLate(synthesizetest.Where{Operation: synthesizetest.PostCount, AccountID: "1"}, atOnce)
			w.retire(1, serverType, 1) // 2 -> 1
			_, _ = w.run(fetch.Event{})
			time.Sleep(10 * time.Second)
			w.believes("1", servers)
			w.heals()
		})
	}
}

// The same of a service: it must be looked for when the request can take effect no more.
func TestLate_KilledWithAServiceOnItsWay_AfterALongWait_IsMadeOnce(t *testing.T) {
	for i, ahead := range []time.Duration{0, 0, time.Hour, time.Hour} {
		atOnce := i%2 == 0
		inWorld(t, 0, func(w *world) {
			w.clock(ahead) // and right again afterwards
			w.killedLate(synthesizetest.Where{Operation: synthesizetest.PostService}, atOnce)
			_, _ = w.run(fetch.Event{})
			time.Sleep(time.Minute)
			names := map[string]int{}
			for _, s := range w.sim.Services() {
				if names[s.Name]++; names[s.Name] > 1 {
					t.Errorf("killed at once %v, the clock %s ahead: Synthesize has two services called %q", atOnce, ahead, s.Name)
				}
			}
			w.heals()
		})
	}
}

// A proxy loses patience and says so at once; the vendor goes on with the request.
func TestLate_GatewayAnswersInTheVendorsPlace_TheRequestMayLandAfterANewerCount(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		w.retire(1, serverType, 1) // 3 -> 2
		late := w.synthesize(synthesizetest.Fault{
			Where: synthesizetest.Where{Operation: synthesizetest.PostCount, AccountID: "1"},
			Kind:  synthesizetest.Late, Status: 504, ApplyAfter: 8 * time.Second,
		})
		_, _ = w.run(fetch.Event{})
		if late.Taken() != 1 {
			t.Fatal("no request met the proxy")
		}
		w.retire(1, serverType, 1) // 2 -> 1
		_, _ = w.run(fetch.Event{})
		time.Sleep(10 * time.Second)
		w.believes("1", servers)
		w.heals()
	})
}

// believes holds what the ledger says is told against what Synthesize holds.
func (w *world) believes(account, name string) {
	w.Helper()
	book := ledger.New(w.store, time.Now)
	services, err := book.Services(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	service, _ := services.ByName(name)
	a, err := book.Account(w.Context(), account)
	if err != nil {
		w.Fatal(err)
	}
	p, held := a.Pair(service), w.sim.Counts()[synthesizetest.Pair{AccountID: account, Service: name}]
	if p.State == ledger.Told && held.String() != strconv.FormatInt(p.Units, 10) {
		w.Errorf("the ledger says that %d are told, and Synthesize holds %s", p.Units, held)
	}
}

// The clock was an hour ahead when a request was lost that takes effect later, and has been set right since.
func TestLate_ClockSetBackMeanwhile_LedgerDoesNotSayThatTheNextCountStands(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		w.retire(1, serverType, 1) // 3 -> 2
		w.clock(time.Hour)
		late := w.synthesize(synthesizetest.Fault{
			Where: synthesizetest.Where{Operation: synthesizetest.PostCount, AccountID: "1"},
			Kind:  synthesizetest.Late, ApplyAfter: 8 * time.Second,
		})
		_, _ = w.run(fetch.Event{})
		if late.Taken() != 1 {
			t.Fatal("no request was lost")
		}
		w.clock(0)
		w.retire(1, serverType, 1) // 2 -> 1
		_, _ = w.run(fetch.Event{})
		time.Sleep(10 * time.Second)
		w.believes("1", servers)
		w.heals()
	})
}
