package autotask

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// arithmetic is a source of any number of items that are nowhere: item i has the id 7i, and every 1,000th a gap before it.
type arithmetic struct {
	items, companies int64

	mu       sync.Mutex
	requests int64
}

func (*arithmetic) id(i int64) int64 { return 7*i + i/1000*9000 }

// from is the first item above an id.
func (a *arithmetic) from(id int64) int64 {
	low, high := int64(0), a.items
	for low < high {
		if middle := (low + high) / 2; a.id(middle) > id {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

func (a *arithmetic) serve() {
	a.mu.Lock()
	a.requests++
	a.mu.Unlock()
	time.Sleep(served)
}

func (a *arithmetic) page(_ context.Context, within span, into *itemPage) error {
	a.serve()
	first, end := a.from(within.after), a.from(within.upTo)
	rows := min(end-first, pageSize)
	into.pageInfo = pageInfo{rows: int(rows), count: -1, more: end-first > pageSize}
	into.rows = into.rows[:0]
	for i := first; i < first+rows; i++ {
		into.rows = append(into.rows, itemRow{a.id(i), i % a.companies, i / a.companies % 3})
	}
	return nil
}

func (a *arithmetic) count(_ context.Context, within span) (int64, error) {
	a.serve()
	return a.from(within.upTo) - a.from(within.after), nil
}

// The page about scale reckons with these: RequestsFor, and two requests side by side all the time.
func TestScale_UpToTenMillionItems_TakesTheRequestsAndTheTimeThatAreReckonedWith(t *testing.T) {
	t.Parallel()
	for _, companies := range []int64{100, 1000, 10_000, 100_000} {
		if raced && companies > 10_000 {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			source := &arithmetic{items: 100 * companies, companies: companies}
			begun := time.Now()
			counts, err := countItems(t.Context(), source, nil, func(int64) error { return nil }, func(_, _ int64) {})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(begun)
			reckoned := RequestsFor(source.items)
			t.Logf("%6d companies: %d requests, reckoned %d; %s", companies, source.requests, reckoned, took)
			if counts.Items != source.items || int64(len(counts.Cells)) != 3*companies {
				t.Errorf("%d items in %d cells", counts.Items, len(counts.Cells))
			}
			if source.requests > reckoned || source.requests < reckoned-besidePages {
				t.Errorf("%d requests, reckoned with %d", source.requests, reckoned)
			}
			// The counts and the first page go alone.
			if bound := time.Duration(source.requests) * served / 2; took > bound*11/10+3*served {
				t.Errorf("%s for what two could do in %s", took, bound)
			}
		})
	}
}

// However many items: what is kept of them is counts, by company and type, in so many parts.
func TestScale_WhatAWalkKeeps_DependsOnCompaniesAndTypesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, items := range []int64{200_000, 1_000_000, 4_000_000} {
			source := &arithmetic{items: items, companies: 100}
			w := newWalk(source, items, nil)
			w.progress = func(int64) {}
			if err := w.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if w.rows != items || len(w.cells.list) != 300 {
				t.Fatalf("%d rows of %d, %d cells", w.rows, items, len(w.cells.list))
			}
			kept := 16*cap(w.cells.list) + 4*cap(w.cells.places)
			for _, part := range w.segments.list {
				kept += cap(part.packed)
			}
			// A cell takes two or three bytes in each part.
			if most := maxSegments*300*3 + 32_000; kept > most {
				t.Errorf("%d bytes are kept of %d items, want at most %d", kept, items, most)
			}
		}
	})
}
