package autotask

import (
	"context"
	"math"
	"sync"

	"golang.org/x/sync/errgroup"
)

// pageSize is the most rows that the vendor puts on a page.
const pageSize = 500

// source is where a walk gets pages and counts of active items from.
type source interface {
	// page reads the first page of a span.
	page(ctx context.Context, within span, into *itemPage) error
	// count says how many rows a span has now.
	count(ctx context.Context, within span) (int64, error)
}

// walk reads every row once, by two walkers that begin together and end together: whoever is out of work takes over the
// upper half of what the other has left.
type walk struct {
	source   source
	progress func(rows int64)

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever a page has been taken in or a range cut
	total    int64         // rows there should be, by the count before
	rows     int64         // rows taken in
	legs     [2]*leg       // what each walker is at; nil: out of work
	cells    cells
	segments segments
	pages    int64
	minID    int64 // of the rows taken in
	maxID    int64
	cutAt    int64     // rows taken in when a range was last cut
	suspect  []segment // pages that contradict themselves, to be looked at when all is walked (without contributions)
	scratch  []uint32
}

// leg is a walker's range: what is left of it.
type leg struct {
	span
	here   int64 // ids per row on its last page; 0 before the first
	above  int64 // ids per row just above its end; 0 if not known
	empty  int   // how often in a row its upper part was taken over and found empty
	hollow bool  // its end is such a place
}

// newWalk prepares a walk over everything; startAt is where the second walker may begin, if that is known.
func newWalk(source source, total int64, startAt []int64) *walk {
	w := &walk{source: source, total: total, changed: make(chan struct{}), minID: math.MaxInt64, maxID: -1}
	w.legs[0] = &leg{span: everything}
	if len(startAt) > 0 && startAt[0] > 0 && total > 2*pageSize {
		w.legs[0].upTo = startAt[0]
		w.legs[1] = &leg{span: span{startAt[0], everything.upTo}}
	}
	return w
}

func (w *walk) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range w.legs {
		group.Go(func() error { return w.walker(ctx, i) })
	}
	return group.Wait()
}

// walker reads page after page of its own range, then of what it can take over from the other.
func (w *walk) walker(ctx context.Context, i int) error {
	page := &itemPage{}
	for {
		within, ok := w.next(i)
		if !ok {
			if !w.takeOver(ctx, i) {
				return context.Cause(ctx)
			}
			continue
		}
		if err := w.source.page(ctx, within, page); err != nil {
			return err
		}
		w.take(i, page)
	}
}

// next is the range of a walker's next page.
func (w *walk) next(i int) (span, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.legs[i] == nil {
		return span{}, false
	}
	return w.legs[i].span, true
}

// take adds a page to what has been walked. Rows beyond the end of the walker's range are dropped: that end was cut
// while the page was on its way, and they are the other's.
func (w *walk) take(i int, page *itemPage) {
	w.mu.Lock()
	l := w.legs[i]
	rows := page.rows
	for len(rows) > 0 && rows[len(rows)-1].id > l.upTo {
		rows = rows[:len(rows)-1]
	}
	part := span{l.after, l.upTo}
	ended := len(rows) < len(page.rows) || page.ended(part)
	if !ended {
		part.upTo = rows[len(rows)-1].id
	}
	var seg segment
	seg, w.scratch = w.cells.segmentOf(part, rows, w.scratch)
	w.segments.add(seg)
	if len(rows) == len(page.rows) && page.contradictory() && len(w.suspect) <= maxSuspects {
		w.suspect = append(w.suspect, segment{span: part, rows: seg.rows})
	}
	w.pages++
	w.rows += seg.rows
	other := w.legs[1-i]
	if len(rows) > 0 {
		// The later half alone says how near the rows stand where the walker is now.
		last, half := rows[len(rows)-1].id, rows[len(rows)/2].id
		first := l.here == 0
		l.here = max(1, (last-half)/int64(max(1, len(rows)-1-len(rows)/2)))
		if other != nil && other.upTo == l.after && first {
			other.above, other.hollow, other.empty = l.here, false, 0
		}
		w.minID, w.maxID = min(w.minID, rows[0].id), max(w.maxID, last)
	} else if other != nil && other.upTo == l.after {
		other.hollow = true
		other.empty++
	}
	l.after = part.upTo
	if ended {
		w.legs[i] = nil
	}
	w.wake()
	soFar := w.rows
	w.mu.Unlock()
	w.progress(soFar)
}

func (w *walk) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// takeOver gives a walker that is out of work the upper half of what the other has left. It waits while that is not
// worth a request, and says false when the other is done too.
func (w *walk) takeOver(ctx context.Context, i int) bool {
	for {
		w.mu.Lock()
		l := w.legs[1-i]
		if l == nil {
			w.mu.Unlock()
			return false
		}
		if id, ok := w.restOf(l).divide(); ok && w.worthwhile() {
			w.legs[i] = &leg{span: span{id, l.upTo}, above: l.above, hollow: l.hollow}
			l.upTo, w.cutAt = id, w.rows
			w.mu.Unlock()
			return true
		}
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// restOf describes what a walker has left, to the other one, who has nothing left: so all rows not taken in are there.
func (w *walk) restOf(l *leg) rest {
	r := rest{span: l.span, rows: w.total - w.rows, here: l.here, above: l.above, hollow: l.hollow, empty: l.empty}
	if rows := w.segments.rows(span{everything.after, l.after}); rows > 0 {
		r.below = (l.after - w.minID) / rows
	}
	return r
}

// worthwhile tells whether another cut may be tried. On ids that defy every guess, where cutting has cost many a page
// that was not full, it is tried only now and then: the walkers end less evenly, instead of asking ever more.
func (w *walk) worthwhile() bool {
	wasted := w.pages - w.rows/pageSize
	return wasted < 6+w.total/pageSize/70 || w.rows-w.cutAt > (w.total-w.rows)/4
}
