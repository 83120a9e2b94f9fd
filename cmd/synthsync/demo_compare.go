package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// compare holds Synthesize's own cards against a direct count of the devices, which knows nothing of the product.
func (d *demo) compare(context.Context) error {
	d.chapter("At the end: what Synthesize holds, beside a direct count of the devices in Autotask.")
	d.sim.FinishRebuild()
	want := map[synthesizetest.Pair]int64{}
	visible := map[int64]autotasktest.Company{}
	for _, c := range d.tenant.Companies() {
		if !c.Hidden && c.ID != 0 {
			visible[c.ID] = c
		}
	}
	for company, types := range d.tenant.ActiveItems() {
		if _, ok := visible[company]; !ok {
			continue
		}
		id := strconv.FormatInt(company, 10)
		want[synthesizetest.Pair{AccountID: id, Service: "Managed Workstations"}] += types[autotasktest.TypeDesktop] + types[autotasktest.TypeLaptop]
		want[synthesizetest.Pair{AccountID: id, Service: "Managed Servers"}] += types[autotasktest.TypeServer]
	}
	held := d.sim.Built()
	differ := 0
	t := newTable(d.p.stdout, "Account", "Id", "Service", "Synthesize", "Direct count")
	for _, pair := range slices.SortedFunc(maps.Keys(want), func(a, b synthesizetest.Pair) int {
		if c := byNumber(a.AccountID, b.AccountID); c != 0 {
			return c
		}
		return byNumber(a.Service, b.Service)
	}) {
		has, ok := held[pair]
		id, err := strconv.ParseInt(pair.AccountID, 10, 64)
		if err != nil {
			return err
		}
		company := visible[id]
		switch {
		case company.Inactive && !ok:
			continue // no account is made for a company that is not active; the run has reported it
		case !ok && want[pair] == 0:
			continue // never had one, never told
		case has.String() != strconv.FormatInt(want[pair], 10):
			differ++
		}
		if t.Length() < 12 || has.String() != strconv.FormatInt(want[pair], 10) {
			t.AppendRow(table.Row{clean(company.Name), pair.AccountID, pair.Service, has, want[pair]})
		}
	}
	t.Render()
	for pair := range held {
		if _, counted := want[pair]; !counted && held[pair] != "0" {
			differ++
			d.say("%+v holds %s and no device was counted", pair, held[pair])
		}
	}
	if differ > 0 {
		return fmt.Errorf("demo: %d counts at Synthesize differ from the direct count", differ)
	}
	fmt.Fprintf(d.p.stdout, "\nAll %d counts: what Synthesize holds equals the direct count of the devices.\n", len(held))
	return nil
}
