package local_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// mutations are what people do in Autotask while a run reads.
var mutations = map[string]func(*world){
	"added":   func(w *world) { w.tenant.AddItem(autotasktest.Item{Company: 4, Type: serverType}) },
	"retired": func(w *world) { w.retire(4, desktopType, 1) },
	"re-typed": func(w *world) {
		w.tenant.ChangeItem(w.item(5, desktopType), func(i *autotasktest.Item) { i.Type = serverType })
	},
	"deleted": func(w *world) { w.tenant.DeleteItem(w.item(6, desktopType)) },
	"given to another company": func(w *world) {
		w.tenant.ChangeItem(w.item(farCompany, desktopType), func(i *autotasktest.Item) { i.Company = 1 })
	},
	"one added, one retired": func(w *world) {
		w.retire(4, desktopType, 1)
		w.tenant.AddItem(autotasktest.Item{Company: 4, Type: serverType})
	},
	"retired and activated again": func(w *world) {
		id := w.item(4, desktopType)
		w.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = true })
		w.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	},
	"a new company with devices": func(w *world) {
		id := int64(1000 + len(w.tenant.Companies()))
		w.tenant.SetCompany(autotasktest.Company{ID: id, Name: "New"})
		w.tenant.AddItem(autotasktest.Item{Company: id, Type: serverType})
	},
}

// item is the first active item of a company and type.
func (w *world) item(company, typ int64) int64 {
	w.Helper()
	found := int64(-1)
	w.tenant.Items(func(i autotasktest.Item) bool {
		if i.Company == company && i.Type == typ && !i.Inactive {
			found = i.ID
		}
		return found < 0
	})
	if found < 0 {
		w.Fatalf("company %d has no item of type %d left", company, typ)
	}
	return found
}

// during has something happen before the n-th request at Autotask of the next run; it tells whether there was one.
func (w *world) during(n int, happens func()) *bool {
	hit := new(bool)
	w.tenant.OnRequest(func(autotasktest.Request) {
		if n--; n == 0 {
			*hit = true
			w.alter(happens)
		}
	})
	return hit
}

func TestWalk_DevicesThatChangeAtAnyRequest_CountAsTheyStood(t *testing.T) {
	t.Parallel()
	for name, change := range mutations {
		for _, more := range []int{0, 900} { // one page, several
			if more > 0 && name != "retired" && name != "re-typed" && name != "one added, one retired" {
				continue // of the many pages, what is hardest for the counts to show
			}
			t.Run(fmt.Sprintf("%s/%d more", name, more), func(t *testing.T) {
				t.Parallel()
				inWorld(t, more, func(w *world) {
					for range 30 { // enough for one change per request
						for _, c := range []int64{4, 5, 6, farCompany} {
							w.tenant.AddItem(autotasktest.Item{Company: c, Type: desktopType})
						}
					}
					w.settle()
					hit := true
					for n := 1; hit && !w.Failed(); n += 1 + more/300 {
						did := w.during(n, func() { change(w) })
						if r, err := w.run(fetch.Event{}); err != nil || r.State != fetch.StateDone {
							w.Errorf("before request %d: %s %v %s", n, r.State, err, r.Reason)
						}
						hit = *did
						w.tenant.OnRequest(nil)
						time.Sleep(time.Minute)
						for range 2 { // the first may make what a person then maps
							w.sim.MapAll()
							w.must()
						}
						w.quiet()
					}
				})
			})
		}
	}
}

// TestWalk_ACompanyThatGoesFromSightAtAnyRequest_KeepsItsCounts: invisible is not gone, so there is no zero.
func TestWalk_ACompanyThatGoesFromSightAtAnyRequest_KeepsItsCounts(t *testing.T) {
	t.Parallel()
	for name, goes := range map[string]func(*world){
		"hidden":          func(w *world) { w.tenant.ChangeCompany(5, func(c *autotasktest.Company) { c.Hidden = true }) },
		"its row removed": func(w *world) { w.tenant.RemoveCompany(5) },
		"its row removed, its devices too": func(w *world) {
			w.tenant.RemoveCompany(5)
			for range 8 {
				for _, typ := range []int64{desktopType, laptopType, serverType} {
					w.retire(5, typ, 8)
				}
			}
		},
		"merged into another": func(w *world) {
			var ids []int64
			w.tenant.Items(func(i autotasktest.Item) bool {
				if i.Company == 5 {
					ids = append(ids, i.ID)
				}
				return true
			})
			for _, id := range ids {
				w.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Company = 6 })
			}
			w.tenant.RemoveCompany(5)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hit := true
			for n := 0; hit && !t.Failed(); n += 1 + n%2 { // 0: between two runs
				inWorld(t, 0, func(w *world) {
					w.settle()
					held := w.sim.Counts()
					did := &hit
					if n == 0 {
						goes(w)
					} else {
						did = w.during(n, func() { goes(w) })
					}
					if r, err := w.run(fetch.Event{}); err != nil && n == 0 {
						w.Errorf("%s: %v", r.State, err)
					}
					hit = *did
					w.tenant.OnRequest(nil)
					w.must()
					w.quiet()
					for pair, units := range held {
						if now := w.sim.Counts()[pair]; pair.AccountID == "5" && now != units {
							w.Errorf("request %d: %+v held %s and holds %s", n, pair, units, now)
						}
					}
				})
			}
		})
	}
}

func TestWalk_ACompanyThatIsSeenAgain_IsToldAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, 0, func(w *world) {
		w.settle()
		w.tenant.ChangeCompany(5, func(c *autotasktest.Company) { c.Hidden = true })
		w.must()
		w.retire(5, serverType, 3)
		w.must()
		w.tenant.ChangeCompany(5, func(c *autotasktest.Company) { c.Hidden = false })
		w.must()
		w.quiet()
	})
}
