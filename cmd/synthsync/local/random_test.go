package local_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// seeds is how many random weeks are lived through. Raise it to search for more.
const seeds = 16

// TestRandom_WeeksOfTroubles puts troubles, kills, wrong clocks and the people at both vendors together as nobody would
// think of. Every run is held against the devices, as everywhere.
func TestRandom_WeeksOfTroubles(t *testing.T) {
	t.Parallel()
	troubles := lostAnswers()
	for _, table := range [][]trouble{autotaskTroubles, synthesizeTroubles} {
		for _, trouble := range table {
			if slices.Contains(trouble.in, emptyLedger) || trouble.ends != either { // the ledger may be lost on the way
				troubles = append(troubles, trouble)
			}
		}
	}
	for seed := range uint64(seeds) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			inWorld(t, 0, func(w *world) {
				random := rand.New(rand.NewPCG(seed, 1))
				w.machine.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 1000}
				var told []string
				defer func() {
					if w.Failed() {
						w.Logf("seed %d: %q", seed, told)
					}
				}()
				for range 8 {
					w.calm()
					told = append(told, w.live(random, troubles)...)
				}
				w.pause = 24 * time.Hour // what stands unknown and met "no map" is tried again daily
				w.heals()
			})
		})
	}
}

// live is a while at the MSP: something happens, and perhaps goes wrong, and a run or two are made. It returns what.
func (w *world) live(random *rand.Rand, troubles []trouble) []string {
	var happened []string
	one := func(n int) bool { return random.IntN(n) == 0 }
	note := func(what string) { happened = append(happened, what) }
	company := companyIDs[random.IntN(len(companyIDs))]
	switch random.IntN(5) {
	case 0:
		note("devices come")
		w.tenant.AddItem(autotasktest.Item{Company: company, Type: 1 + random.Int64N(3)})
	case 1:
		note("devices go")
		w.retire(company, 1+random.Int64N(3), 1+random.IntN(3))
	case 2:
		note("a change")
		w.change()
	case 3:
		note("a company is renamed")
		w.tenant.ChangeCompany(company, func(c *autotasktest.Company) { c.Name += "!" })
	}
	if !one(3) {
		w.sim.MapAll()
	}
	switch {
	case one(12):
		note("the clock is wrong")
		w.clock(time.Duration(random.Int64N(int64(4000*time.Hour))) - 2000*time.Hour)
	case one(25):
		note("the ledger is lost")
		w.store = memory.New()
		w.machine.Store = w.store
		w.sim.MapAll()
	}
	ctx, kill := context.WithCancel(w.Context())
	defer kill()
	if one(4) {
		note("killed at a write")
		w.machine.Store = &mortal{Store: w.store, left: 1 + random.IntN(40), applied: one(2), kill: kill}
	}
	if one(6) {
		note("killed at a time")
		time.AfterFunc(time.Duration(random.Int64N(int64(4*time.Second))), kill)
	}
	if !one(4) {
		trouble := troubles[random.IntN(len(troubles))]
		note(trouble.name)
		trouble.happens(w)
	}
	r, err := w.runUntil(ctx, fetch.Event{Full: one(8)})
	note("run " + r.State)
	if err != nil {
		note(err.Error()[:min(80, len(err.Error()))])
	}
	switch random.IntN(4) {
	case 0:
	case 1, 2:
		time.Sleep(time.Minute)
	default:
		note("a day later")
		time.Sleep(24 * time.Hour)
	}
	return happened
}
