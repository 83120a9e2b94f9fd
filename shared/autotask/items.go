package autotask

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
)

// CompanyType is how many active items one company has of one type.
type CompanyType struct {
	Company int64 // NoCompany: items without one
	Type    int64 // NoType: items without one
	Items   int64
}

// ItemCounts is a complete read of the active configuration items.
type ItemCounts struct {
	Items    int64         // the sum of Cells
	Cells    []CompanyType // by company, then type; none is empty
	Pages    int64         // read, those read again included
	Requests int64         // for pages and counts, attempts that failed not included
	MaxID    int64         // -1 if there are none

	// SplitHint is where the second walker may begin next time.
	SplitHint []int64
}

// CountItems reads every active configuration item once and counts them by company and type. Memory grows with
// companies and types, not with items. startAt is the SplitHint of an earlier read, or nil.
//
// Two walkers share the ids. What they read is compared with the vendor's own counts before and after; where these
// differ, the parts concerned are found by counts and read again. The error is an *IncompleteReadError when that does
// not settle it, a *BudgetError when it takes more requests than this run may send, and a *TimeError when it takes more
// time than the context leaves; both are found out before the first page if that can be.
func (c *Client) CountItems(ctx context.Context, startAt []int64) (ItemCounts, error) {
	source := &itemSource{client: c}
	fits := func(items int64) error { return c.fits(ctx, items) }
	counts, err := countItems(ctx, source, startAt, fits, func(rows, total int64) { c.config.Progress(ConfigurationItems, rows, total) })
	if err != nil {
		return ItemCounts{}, c.outOfTime(ctx, err, source.requests.Load())
	}
	counts.Requests = source.requests.Load()
	return counts, nil
}

func countItems(ctx context.Context, source source, startAt []int64, fits func(items int64) error, progress func(rows, total int64)) (ItemCounts, error) {
	before, err := source.count(ctx, everything)
	if err != nil {
		return ItemCounts{}, err
	}
	if err := fits(before); err != nil {
		return ItemCounts{}, err
	}
	w := newWalk(source, before, startAt)
	w.progress = func(rows int64) { progress(rows, max(rows, before)) }
	if err := w.run(ctx); err != nil {
		return ItemCounts{}, err
	}
	after, err := source.count(ctx, everything)
	if err != nil {
		return ItemCounts{}, err
	}
	if err := w.settle(ctx, before, after); err != nil {
		return ItemCounts{}, err
	}
	return w.result()
}

// result sums up a walk.
func (w *walk) result() (ItemCounts, error) {
	if err := w.segments.gap(); err != nil {
		return ItemCounts{}, fmt.Errorf("count Autotask %s: %w", ConfigurationItems, err)
	}
	counts := ItemCounts{Pages: w.pages, MaxID: w.maxID}
	for n, items := range w.segments.totals(len(w.cells.list)) {
		if items > 0 { // a cell may have been emptied by a part that was read again
			counts.Cells = append(counts.Cells, CompanyType{w.cells.list[n].company, w.cells.list[n].typ, items})
			counts.Items += items
		}
	}
	if rows := w.segments.rows(everything); rows != counts.Items {
		return ItemCounts{}, fmt.Errorf("count Autotask %s: %d rows, but the counts sum up to %d", ConfigurationItems, rows, counts.Items)
	}
	slices.SortFunc(counts.Cells, func(a, b CompanyType) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.Type, b.Type))
	})
	if id, ok := w.segments.median(); ok && id > 0 {
		counts.SplitHint = []int64{id}
	}
	return counts, nil
}

// itemSource reads active items from the vendor.
type itemSource struct {
	client   *Client
	requests atomic.Int64
}

func (s *itemSource) filters(within span) []Filter {
	return append([]Filter{Eq(fieldActive, true)}, within.ids()...)
}

func (s *itemSource) page(ctx context.Context, within span, into *itemPage) error {
	if err := s.client.goOn(ctx, s.requests.Load()); err != nil {
		return err
	}
	s.requests.Add(1)
	return s.client.do(ctx, call{
		operation: "read " + string(ConfigurationItems),
		key:       ConfigurationItems,
		path:      string(ConfigurationItems) + "/query",
		query: &query{
			MaxRecords:    pageSize,
			IncludeFields: []string{fieldID, fieldCompanyID, fieldItemType, fieldActive},
			Filter:        s.filters(within),
		},
		decode: func(body io.Reader) error { return into.read(body, within) },
	})
}

func (s *itemSource) count(ctx context.Context, within span) (int64, error) {
	s.requests.Add(1)
	return s.client.count(ctx, ConfigurationItems, s.filters(within)...)
}
