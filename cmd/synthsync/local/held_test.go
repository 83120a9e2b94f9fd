package local_test

import (
	"strconv"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// may tells within what a pair's count may lie, since each device counts as it stood at some instant of the read.
func (w *world) may(p synthesizetest.Pair) (least, most int64, known bool) {
	for _, t := range w.truths {
		if units, has := t[p]; has {
			if !known {
				least, most = units, units
			}
			least, most, known = min(least, units), max(most, units), true
		}
	}
	return least, most, known
}

// nothingWrongTold holds every value that a pair got during the run against the devices.
func (w *world) nothingWrongTold(after int) {
	w.Helper()
	for pair, history := range w.sim.History() {
		least, most, known := w.may(pair)
		for _, h := range history {
			if h.Request <= after || h.Cleared {
				continue
			}
			units, err := h.Units.Int64()
			if !known || err != nil || units < least || units > most {
				w.Errorf("%+v was told %s; true were %d to %d (counted: %t)", pair, h.Units, least, most, known)
			}
		}
	}
}

// modest is what neither vendor may suffer from, whatever goes wrong.
func (w *world) modest(after int) {
	w.Helper()
	for _, entity := range []string{"ConfigurationItems", "Companies", "ConfigurationItemTypes"} {
		if peak := w.tenant.Peak(entity); peak > 2 {
			w.Errorf("%d requests in flight for %s", peak, entity)
		}
	}
	if peak := w.tenant.Peak(""); peak > 3 {
		w.Errorf("%d requests in flight at Autotask", peak)
	}
	most := 2
	if w.expires {
		most = 3 // as many as may be in flight already
	}
	if n := w.tenant.Count(func(r autotasktest.Request) bool { return r.Status == 401 }); n > most {
		w.Errorf("%d requests that Autotask refused", n)
	}
	if peak := w.sim.PeakRate(); peak > 100 {
		w.Errorf("%d requests within a second at Synthesize", peak)
	}
	refused := func(r synthesizetest.Request) bool { return r.Number > after && (r.Status == 401 || r.Status == 403) }
	if n := w.sim.CountRequests(refused); n > 2 {
		w.Errorf("%d requests that Synthesize refused", n)
	}
	if !w.spoiltA {
		if n := w.tenant.Count(func(r autotasktest.Request) bool { return r.Status == 429 }); n > 0 {
			w.Errorf("%d requests were one too many for Autotask", n)
		}
	}
	if !w.spoiltS {
		if n := w.sim.CountRequests(func(r synthesizetest.Request) bool { return r.Number > after && r.Status == 429 }); n > 0 {
			w.Errorf("%d requests were one too many for Synthesize", n)
		}
	}
}

// frugal is what a good run may cost.
func (w *world) frugal(after int, r fetch.Result) {
	w.Helper()
	if most := int(r.Read.Items)/500 + r.Read.Companies/500 + 40; !w.spoiltA && w.tenant.Count(nil) > most {
		w.Errorf("%d requests at Autotask, at most %d are due", w.tenant.Count(nil), most)
	}
	rebuilds := w.sim.CountRequests(func(r synthesizetest.Request) bool {
		return r.Number > after && r.Operation == synthesizetest.PostCount && !r.NoBuild && r.Evaluated == 201
	})
	switch {
	case r.Usage.Posted > 0 && rebuilds == 0, r.Usage.Posted > 0 && rebuilds != 1 && !w.spoiltS:
		w.Errorf("%d counts accepted, %d of them asked for a rebuild", r.Usage.Posted, rebuilds)
	}
}

// exact holds what Synthesize holds against the devices. What is not mapped cannot be told.
func (w *world) exact(when string) {
	w.Helper()
	accounts, sold := map[string]synthesizetest.Account{}, map[string]bool{}
	for _, a := range w.sim.Accounts() {
		accounts[a.ID] = a
	}
	for _, s := range w.sim.Services() {
		if _, twice := sold[s.Name]; twice {
			w.Errorf("%s: service %q stands twice", when, s.Name)
		}
		sold[s.Name] = s.Mapped
	}
	now, held := w.truths[len(w.truths)-1], w.sim.Counts()
	for pair := range now {
		least, most, _ := w.may(pair)
		account, made := accounts[pair.AccountID]
		mapped, stands := sold[pair.Service]
		if !made || !account.Mapped || !stands || !mapped {
			continue
		}
		units, told := held[pair]
		n, err := units.Int64()
		switch {
		case !told && least == 0:
		case err != nil || n < least || n > most:
			w.Errorf("%s: %+v: Synthesize holds %q, the devices are %d to %d", when, pair, units, least, most)
		}
	}
	for _, c := range w.tenant.Companies() {
		id := strconv.FormatInt(c.ID, 10)
		if w.torn || c.Hidden || c.Inactive || c.ID == 0 && !w.includeOwn {
			continue
		}
		for service := range w.sold {
			pair := synthesizetest.Pair{AccountID: id, Service: w.name(service)}
			least, _, _ := w.may(pair)
			if _, stands := sold[w.name(service)]; !stands {
				w.Errorf("%s: there is no service %q", when, w.name(service))
			}
			_, before := w.truths[0][pair] // not: the company was made, or seen again, during the run
			if _, made := accounts[id]; before && least > 0 && !made {
				w.Errorf("%s: company %s has %d units and no account", when, id, least)
			}
		}
	}
}

// mapped holds that nothing is left out of the comparison.
func (w *world) mapped(when string) {
	w.Helper()
	for _, a := range w.sim.Accounts() {
		if !a.Mapped {
			w.Errorf("%s: account %s is not mapped", when, a.ID)
		}
	}
	w.exact(when)
}

// quiet is a run over which nothing has changed: it tells nothing, and the view that people see is what is held.
func (w *world) quiet() {
	w.Helper()
	before := w.sim.Writes()
	r := w.must()
	if wrote := w.sim.Writes() - before; wrote != 0 {
		w.Errorf("nothing has changed, and %d writing requests went out: %+v", wrote, r.Changes)
	}
	w.built()
}

// built holds that people see what is held.
func (w *world) built() {
	w.Helper()
	w.sim.FinishRebuild()
	held, built := w.sim.Counts(), w.sim.Built()
	for pair, units := range held {
		if built[pair] != units {
			w.Errorf("people see %q for %+v, held is %s: a rebuild is owed", built[pair], pair, units)
		}
	}
}
