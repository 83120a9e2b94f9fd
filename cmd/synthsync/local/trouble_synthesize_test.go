package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func at(op synthesizetest.Operation) synthesizetest.Where { return synthesizetest.Where{Operation: op} }

var writes = synthesizetest.Where{Writes: true}

var synthesizeTroubles = []trouble{
	{"outage before", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 503, Times: forever})
	}, bad, anyTime},
	{"outage for all that writes", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: forever, Where: writes})
	}, bad, anyTime},
	{"outage in the middle of the counts", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.DropBefore, Skip: 2, Times: forever, Where: at(synthesizetest.PostCount)})
	}, either, anyTime},
	{"outage after everything", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.DropBefore, Skip: 500, Times: forever})
	}, good, anyTime},
	{"outage of a few seconds", func(w *world) {
		end := time.Now().Add(6 * time.Second)
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: forever, Match: func(synthesizetest.RequestInfo) bool { return time.Now().Before(end) }})
	}, good, anyTime},
	{"a proxy's page", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: 502, HTML: true, Times: 3})
	}, good, anyTime},
	{"key wrong", func(w *world) { w.machine.Keys.PartnerAPIKey = "wrong" }, bad, anyTime},
	{"key expires before the counts", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.Unauthorized, Times: forever, Where: at(synthesizetest.PostCount)})
	}, either, anyTime},
	{"key expires among the counts", func(w *world) {
		n := 0
		w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
			if r.Operation == synthesizetest.PostCount {
				if n++; n == 3 {
					w.synthesize(synthesizetest.Fault{Kind: synthesizetest.Unauthorized, Times: forever})
				}
			}
		})
	}, either, anyTime},
	{"forbidden", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.Forbidden, Times: forever, Where: writes})
	}, bad, anyTime},
	{"vendor profile not found", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.VendorNotFound, Times: forever, Where: at(synthesizetest.PostCount)})
	}, either, anyTime},
	{"rate limit", func(w *world) { w.synthesize(synthesizetest.Fault{Kind: synthesizetest.TooManyRequests, Times: 3}) }, good, anyTime},
	{"rate limit with Retry-After", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.TooManyRequests, RetryAfter: "20", Times: 2, Where: writes})
	}, good, anyTime},
	{"rate limit, for ever", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.TooManyRequests, Times: forever})
	}, bad, anyTime},
	{"every count refused", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: forever, Where: at(synthesizetest.PostCount)})
	}, either, anyTime},
	{"counts of one account refused", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: forever, Where: synthesizetest.Where{Operation: synthesizetest.PostCount, AccountID: "3"}})
	}, either, anyTime},
	{"accounts stand already, none is stored", func(w *world) { w.batch(synthesizetest.Atomic) }, good, anyTime},
	{"accounts stand already, those before are stored", func(w *world) { w.batch(synthesizetest.PartialUntil) }, good, anyTime},
	{"accounts stand already, all others are stored", func(w *world) { w.batch(synthesizetest.PartialAllOther) }, good, anyTime},
	{"413 for two accounts at once", func(w *world) {
		w.sim.Switch(func(s *synthesizetest.Switches) { s.MaxBatch = 1 })
	}, good, anyTime},
	{"409 on accounts, once", func(w *world) {
		w.synthesize(synthesizetest.Fault{Kind: synthesizetest.Conflict, Where: at(synthesizetest.PostAccounts)})
	}, either, anyTime},
	{"services of one name are refused", func(w *world) {
		w.sim.Switch(func(s *synthesizetest.Switches) { s.RefuseDuplicateServices = true })
	}, good, anyTime},
	{"the other shapes", func(w *world) {
		w.sim.Switch(func(s *synthesizetest.Switches) {
			s.OmitUnderscoreID, s.AccountShape, s.CountStatus, s.CreatedStatus, s.ArrayMessages = true, synthesizetest.WithIsMapped, 200, 200, true
		})
	}, good, anyTime},
	{"disconnect", func(w *world) { w.sim.Disconnect(synthesizetest.Disconnecting{}) }, either, append(anyTime, firstRun)},
	{"disconnect that keeps counts and maps", func(w *world) {
		w.sim.Disconnect(synthesizetest.Disconnecting{KeepCounts: true, KeepServiceMaps: true})
	}, either, []string{firstRun, laterRun}},
	{"disconnect before the counts", func(w *world) {
		done := false
		w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
			if r.Operation == synthesizetest.PostCount && !done {
				done, w.torn = true, true
				w.sim.Disconnect(synthesizetest.Disconnecting{})
			}
		})
	}, either, anyTime},
	{"integration made anew", func(w *world) { w.sim.RemakeIntegration(synthesizetest.Remaking{}) }, either, anyTime},
	{"integration made anew without services", func(w *world) { w.sim.RemakeIntegration(synthesizetest.Remaking{NoServices: true}) }, either, anyTime},
	{"integration made anew before the counts", func(w *world) {
		done := false
		w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
			if r.Operation == synthesizetest.PostCount && !done {
				done, w.torn = true, true
				w.sim.RemakeIntegration(synthesizetest.Remaking{})
			}
		})
	}, either, anyTime},
	{"mapping of an account lost", func(w *world) { w.unmaps(w.sim.UnmapAccount("1", "2")) }, either, anyTime},
	{"mapping of a service lost", func(w *world) { w.unmaps(w.sim.UnmapService(servers)) }, either, anyTime},
	{"a month begins, counts are cleared", func(w *world) { w.sim.AgeMonth(true) }, either, anyTime},
}

// unmaps notes that zeros may meet "no map", which is tried again with the daily refresh.
func (w *world) unmaps(error) { w.pause = 24 * time.Hour }

// batch has somebody else make an account between the look and the making.
func (w *world) batch(mode synthesizetest.BatchMode) {
	done := false
	w.sim.Switch(func(s *synthesizetest.Switches) { s.Batch = mode })
	w.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Operation != synthesizetest.PostAccounts || done || !strings.Contains(string(r.Body), `"7"`) {
			return
		}
		done = true
		if err := w.sim.SeedEarlier(synthesizetest.Earlier{Accounts: []synthesizetest.Account{{ID: "7", Name: names[7]}}}); err != nil {
			w.Error(err)
		}
	})
}

func TestTrouble_AtSynthesize(t *testing.T) {
	t.Parallel()
	strike(t, synthesizeTroubles, 0)
}

func TestTrouble_AnswersLost(t *testing.T) {
	t.Parallel()
	strike(t, lostAnswers(), 0)
}

// lostAnswers loses the answer of each writing call in each way: applied or not, at once, late or never. The calls are
// listed with the starts in which a run makes them.
func lostAnswers() []trouble {
	var all []trouble
	for op, starts := range map[synthesizetest.Operation][]string{
		synthesizetest.PostService:  {mappedAtOnce},
		synthesizetest.PatchStatus:  {firstRun},
		synthesizetest.PostAccounts: {mappedAtOnce, laterRun},
		synthesizetest.PatchAccount: {laterRun},
		synthesizetest.PostCount:    {laterRun},
	} {
		add := func(name string, f synthesizetest.Fault) {
			f.Where = at(op)
			all = append(all, trouble{fmt.Sprint(op, " ", name), func(w *world) { w.mustStrike = w.synthesize(f) }, either, starts})
		}
		for _, kind := range []synthesizetest.Kind{
			synthesizetest.DropAfter, synthesizetest.HangAfter, synthesizetest.DropMidAnswer, synthesizetest.EmptyBody, synthesizetest.TruncatedJSON,
			synthesizetest.DropBefore, synthesizetest.HangBefore, synthesizetest.Late,
		} {
			f := synthesizetest.Fault{Kind: kind}
			if kind == synthesizetest.Late {
				f.ApplyAfter = 5 * time.Second
			}
			add(string(kind), f)
			if op == synthesizetest.PostCount || kind == synthesizetest.DropAfter {
				f.Times = forever
				add(string(kind)+", for ever", f)
			}
		}
		add("504 and applied", synthesizetest.Fault{Kind: synthesizetest.ServerError, Status: http.StatusGatewayTimeout, Evaluated: true, Times: 2})
	}
	return all
}
