package synthesizetest_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestRateLimit_Admits100WithinAnySecond(t *testing.T) {
	bubble(t, synthesizetest.Options{}, func(t *testing.T, m *synthesizetest.Simulator, c *client) {
		refused := func(n int) (refused int) {
			for range n {
				if r := c.get(orgPath); r.status == 429 {
					refused++
					wantReply(t, "refusal", r, 429, `{"statusCode":429,"message":"Request limit reached"}`)
					want(t, "Retry-After is not promised", r.header.Get("Retry-After"), "")
				}
			}
			return refused
		}
		want(t, "60 at once", refused(60), 0)
		time.Sleep(600 * time.Millisecond)
		want(t, "60 more", refused(60), 20)
		time.Sleep(400 * time.Millisecond) // the first 60 are a second old
		want(t, "61 more", refused(61), 1)
		want(t, "peak rate, refused ones included", m.PeakRate(), 121)
	})
}

func TestRateLimit_CanBeSetAndSwitchedOff(t *testing.T) {
	bubble(t, synthesizetest.Options{Switches: synthesizetest.Switches{RateLimit: 2, LimitRetryAfter: "1"}},
		func(t *testing.T, m *synthesizetest.Simulator, c *client) {
			c.get(orgPath)
			c.get(orgPath)
			want(t, "third", c.get(orgPath).header.Get("Retry-After"), "1")
			m.Switch(func(s *synthesizetest.Switches) { s.RateLimit = -1 })
			for range 500 {
				want(t, "without a limit", c.get(orgPath).status, 200)
			}
		})
}

func TestPeaks_AreOfAnySecondAndAnyInstant(t *testing.T) {
	bubble(t, synthesizetest.Options{Switches: synthesizetest.Switches{Latency: 100 * time.Millisecond}},
		func(t *testing.T, m *synthesizetest.Simulator, c *client) {
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					for range 20 {
						c.get(orgPath)
					}
				})
			}
			wg.Wait()
			want(t, "in flight", m.PeakInFlight(), 3)
			want(t, "rate", m.PeakRate(), 30)
			m.ResetLog()
			c.get(orgPath)
			want(t, "in flight after a reset", m.PeakInFlight(), 1)
			want(t, "rate after a reset", m.PeakRate(), 1)
		})
}

func TestLog_KeepsWhatWasAskedAndAnswered(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	m.ResetLog()
	c.count(id, "175", "1")
	m.Inject(synthesizetest.Fault{Kind: synthesizetest.DropBefore})
	c.count(id, "nobody", "2")
	c.get(accountsPath + "?returnUnmapped=false")

	requests := m.Requests()
	want(t, "requests", len(requests), 3)
	r := requests[0]
	want(t, "numbers go on", r.Number, 3)
	want(t, "method", r.Method, "POST")
	want(t, "path", r.Path, countPath(id))
	want(t, "operation", r.Operation, synthesizetest.PostCount)
	want(t, "service", r.ServiceID, id)
	want(t, "account", r.AccountID, "175")
	want(t, "no build", r.NoBuild, true)
	want(t, "body", string(r.Body), countBody("175", "1"))
	want(t, "status", r.Status, 201)
	want(t, "evaluated", r.Evaluated, 201)
	want(t, "faulty", r.Faulty, false)
	want(t, "lost: status", requests[1].Status, 0)
	want(t, "lost: evaluated", requests[1].Evaluated, 0)
	want(t, "lost: fault", requests[1].Fault, synthesizetest.DropBefore)
	want(t, "query", requests[2].Query.Get("returnUnmapped"), "false")

	want(t, "total", m.Total(), 3)
	want(t, "writes", m.Writes(), 2)
	want(t, "counts", m.Calls(synthesizetest.PostCount), 2)
	want(t, "lost ones", m.CountRequests(func(r synthesizetest.Request) bool { return r.Evaluated == 0 }), 1)
	want(t, "the administrator is not in it", c.get("/admin/state").status, 200)
	want(t, "total", m.Total(), 3)
}

func TestLog_CanBeLimitedOrOff(t *testing.T) {
	for limit, kept := range map[int]int{5: 5, -1: 0, 0: 23} {
		m := synthesizetest.New(synthesizetest.Options{LogLimit: limit, NoHistory: true})
		c := inMemory(t, m)
		id := c.mapped(m)
		for i := range 21 {
			c.count(id, "175", fmt.Sprint(i))
		}
		requests := m.Requests()
		want(t, "kept", len(requests), kept)
		if kept > 0 {
			want(t, "the newest", requests[kept-1].Number, 23)
		}
		want(t, "total", m.Total(), 23)
		want(t, "writes", m.Writes(), 23)
		want(t, "no history", len(m.History()), 0)
		want(t, "counts", m.Counts()[acme], "20")
	}
}

func TestOnRequest_ActsBeforeEvaluation(t *testing.T) {
	m, c := start(t, synthesizetest.Options{})
	id := c.mapped(m)
	m.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Operation == synthesizetest.PostCount && r.AccountID == "175" {
			must(t, m.UnmapAccount("175"))
		}
		if r.Operation == synthesizetest.GetOrganization {
			m.Inject(synthesizetest.Fault{Kind: synthesizetest.Forbidden})
		}
	})
	want(t, "unmapped in time", c.count(id, "175", "1").status, 404)
	want(t, "a fault for this very request", c.get(orgPath).status, 403)
	m.OnRequest(nil)
	want(t, "without", c.get(orgPath).status, 200)
}

func TestSimulator_IsSafeForManyClients(t *testing.T) {
	m, c := start(t, synthesizetest.Options{Switches: synthesizetest.Switches{RateLimit: -1}})
	id := c.service(m, "Managed Servers")
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 10 {
				account := fmt.Sprintf("%d-%d", worker, i)
				c.account(account, "n")
				must(t, m.MapAccount(account))
				must(t, m.MapService("Managed Servers"))
				want(t, "count", c.count(id, account, "1").status, 201)
				m.State()
				m.Cards()
				m.Requests()
			}
		})
	}
	wg.Wait()
	want(t, "counts", len(m.Counts()), 80)
}

// A simulation in virtual time gives the same ids, values, times and request numbers each time it is run.
func TestSimulator_IsDeterministicInVirtualTime(t *testing.T) {
	simulate := func() (out string) {
		synctest.Test(t, func(t *testing.T) {
			m := synthesizetest.New(synthesizetest.Options{Seed: 42, Switches: synthesizetest.Switches{Latency: 7 * time.Millisecond}})
			c := inMemory(t, m)
			id := c.mapped(m)
			m.Inject(synthesizetest.Fault{Where: synthesizetest.Where{Writes: true}, Skip: 3, Kind: synthesizetest.DropAfter})
			for i := range 10 {
				c.count(id, "175", fmt.Sprint(i))
			}
			out = inMemory(t, m).get("/admin/history").body + inMemory(t, m).get("/admin/state").body
		})
		return out
	}
	want(t, "second run", simulate(), simulate())
}
