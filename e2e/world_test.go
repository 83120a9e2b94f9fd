//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const (
	workstations = "Managed Workstations"
	servers      = "Managed Servers"
	companies    = 23 // three batches of messages
)

// world is both vendors, in this process: the functions reach them over the loopback interface.
type world struct {
	tenant        *autotasktest.Tenant
	synthesize    *synthesizetest.Simulator
	autotaskURL   string
	synthesizeURL string
}

// newWorld makes a tenant of companies with 4 to 8 workstations and 1 to 3 servers each, and an administrator of
// Synthesize who maps at once what appears.
func newWorld(t *testing.T) *world {
	w := &world{
		tenant:     autotasktest.NewTenant(autotasktest.Options{Name: "Example MSP"}),
		synthesize: synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{MapOnCreate: true}}),
	}
	for id, name := range map[int64]string{autotasktest.TypeDesktop: "Desktop", autotasktest.TypeLaptop: "Laptop", autotasktest.TypeServer: "Server", autotasktest.TypePrinter: "Printer"} {
		w.tenant.SetType(autotasktest.Type{ID: id, Name: name})
	}
	w.add(0, autotasktest.TypeDesktop, 3) // the MSP's own
	for company := int64(1); company <= companies; company++ {
		w.tenant.SetCompany(autotasktest.Company{ID: company, Name: fmt.Sprintf("Company %d", company)})
		w.add(company, autotasktest.TypeDesktop, 1+int(company%3))
		w.add(company, autotasktest.TypeLaptop, 3+int(company%3))
		w.add(company, autotasktest.TypeServer, 1+int(company%3))
		w.add(company, autotasktest.TypePrinter, 1)
		w.tenant.Retire(w.tenant.AddItem(autotasktest.Item{Company: company, Type: autotasktest.TypeServer}))
	}
	autotask, synthesize := autotasktest.Start(w.tenant), synthesizetest.Start(w.synthesize)
	t.Cleanup(autotask.Close)
	t.Cleanup(synthesize.Close)
	w.autotaskURL, w.synthesizeURL = autotask.URL, synthesize.URL
	return w
}

func (w *world) add(company, typ int64, n int) {
	for range n {
		w.tenant.AddItem(autotasktest.Item{Company: company, Type: typ})
	}
}

// retire retires items that match, at most so many.
func (w *world) retire(most int, match func(autotasktest.Item) bool) []int64 {
	var ids []int64
	w.tenant.Items(func(i autotasktest.Item) bool {
		if len(ids) < most && !i.Inactive && match(i) {
			ids = append(ids, i.ID)
		}
		return true
	})
	for _, id := range ids {
		w.tenant.Retire(id)
	}
	return ids
}

func (w *world) units(company int64, service string) json.Number {
	return w.synthesize.Counts()[synthesizetest.Pair{AccountID: strconv.FormatInt(company, 10), Service: service}]
}

// truth says what of Synthesize's counts differs from a direct count of the active devices, in either direction.
func (w *world) truth() error {
	want := map[synthesizetest.Pair]string{}
	for company, types := range w.tenant.ActiveItems() {
		if company == 0 {
			continue
		}
		id := strconv.FormatInt(company, 10)
		want[synthesizetest.Pair{AccountID: id, Service: workstations}] = fmt.Sprint(types[autotasktest.TypeDesktop] + types[autotasktest.TypeLaptop])
		want[synthesizetest.Pair{AccountID: id, Service: servers}] = fmt.Sprint(types[autotasktest.TypeServer])
	}
	held := w.synthesize.Counts()
	for pair, units := range want {
		if held[pair].String() != units {
			return fmt.Errorf("%s of company %s: Synthesize holds %q, the active devices are %s (%d of %d pairs stand there)",
				pair.Service, pair.AccountID, held[pair], units, len(held), len(want))
		}
	}
	for pair := range held {
		if _, counted := want[pair]; !counted {
			return fmt.Errorf("%s of company %s: Synthesize holds %s and there is no such device", pair.Service, pair.AccountID, held[pair])
		}
	}
	return nil
}

// posts is how many counts were ever posted.
func (w *world) posts() int { return w.synthesize.Calls(synthesizetest.PostCount) }
