package autotask

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// maxRounds is how often the parts of a walk that differ from the vendor's counts are looked for and read again.
	maxRounds = 4
	// maxSuspects is how many pages that contradict themselves are looked at one by one. Were there more, it would be the
	// vendor's manner; then the counts of the whole have to do.
	maxSuspects = 16
)

// settle compares a walk with the vendor's counts before and after it. When they do not agree it counts again by the
// ranges walked, halving them, reads again those that differ, and asks once more.
func (w *walk) settle(ctx context.Context, before, after int64) error {
	// All of it may cost as much as another walk and no more: the requests are the tenant's.
	limited := &limited{source: w.source}
	limited.left.Store(w.pages + 60)
	w.source = limited
	failed := &IncompleteReadError{Entity: ConfigurationItems, Before: before, After: after, Read: w.rows}
	err := w.rounds(ctx, failed)
	if errors.Is(err, errSpent) {
		return failed
	}
	return err
}

// rounds does what settle says. It keeps failed up to date, and returns it when the rounds are over.
func (w *walk) rounds(ctx context.Context, failed *IncompleteReadError) error {
	before, after := failed.Before, failed.After
	doubtful, err := w.disproved(ctx)
	if err != nil {
		return err
	}
	for round := 1; ; round++ {
		read := w.segments.rows(everything)
		if agrees(read, before, after) && len(doubtful) == 0 {
			return nil
		}
		failed.After, failed.Read, failed.Ranges = after, read, nil
		for _, d := range doubtful {
			failed.Ranges = append(failed.Ranges, d.String())
		}
		if round > maxRounds {
			return failed
		}
		differ := doubtful
		if !agrees(read, before, after) {
			found, err := w.differing(ctx, 0, len(w.segments.list), after)
			if err != nil {
				return err
			}
			differ = append(differ, found...)
		}
		if doubtful, err = w.readAgain(ctx, differ); err != nil {
			return err
		}
		before = after
		if after, err = w.source.count(ctx, everything); err != nil {
			return err
		}
	}
}

// limited is a source of so many requests and no more.
type limited struct {
	source
	left atomic.Int64
}

var errSpent = errors.New("settling a read has cost as many requests as it may")

func (l *limited) page(ctx context.Context, within span, into *itemPage) error {
	if l.left.Add(-1) < 0 {
		return errSpent
	}
	return l.source.page(ctx, within, into)
}

func (l *limited) count(ctx context.Context, within span) (int64, error) {
	if l.left.Add(-1) < 0 {
		return 0, errSpent
	}
	return l.source.count(ctx, within)
}

// disproved looks at the pages that contradicted themselves, and returns the parts in which one of them is wrong.
func (w *walk) disproved(ctx context.Context) ([]span, error) {
	if len(w.suspect) > maxSuspects {
		return nil, nil
	}
	var parts []span
	for _, s := range w.suspect {
		n, err := w.source.count(ctx, s.span)
		if err != nil {
			return nil, err
		}
		if n == s.rows {
			continue
		}
		for _, seg := range w.segments.list {
			if seg.after <= s.after && s.upTo <= seg.upTo {
				parts = append(parts, seg.span)
			}
		}
	}
	return parts, nil
}

// differing finds the parts from i up to j whose rows differ from the vendor's count of their range, n being the count
// over all of them.
func (w *walk) differing(ctx context.Context, i, j int, n int64) ([]span, error) {
	list := w.segments.list[i:j]
	whole := span{list[0].after, list[len(list)-1].upTo}
	if w.segments.rows(whole) == n {
		return nil, nil
	}
	if len(list) == 1 {
		return []span{whole}, nil
	}
	middle := (i + j) / 2
	var counts [2]int64
	group, counting := errgroup.WithContext(ctx)
	for half, s := range []span{{whole.after, w.segments.list[middle].after}, {w.segments.list[middle].after, whole.upTo}} {
		group.Go(func() (err error) {
			counts[half], err = w.source.count(counting, s)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	lower, err := w.differing(ctx, i, middle, counts[0])
	if err != nil {
		return nil, err
	}
	upper, err := w.differing(ctx, middle, j, counts[1])
	return append(lower, upper...), err
}

// readAgain reads parts anew, two at a time, and returns those whose rows agree with no count of their range even then.
func (w *walk) readAgain(ctx context.Context, parts []span) (unsettled []span, err error) {
	slices.SortFunc(parts, func(a, b span) int { return int(min(1, max(-1, a.after-b.after))) })
	parts = slices.Compact(parts)
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlightPerEntity)
	for _, part := range parts {
		group.Go(func() error {
			settled, err := w.readPart(ctx, part)
			if err == nil && !settled {
				mu.Lock()
				defer mu.Unlock()
				unsettled = append(unsettled, part)
			}
			return err
		})
	}
	err = group.Wait()
	return unsettled, err
}

// readPart replaces a part by what its range holds now, if the vendor's counts of the range before and after bear that
// out.
func (w *walk) readPart(ctx context.Context, part span) (settled bool, err error) {
	before, err := w.source.count(ctx, part)
	if err != nil {
		return false, err
	}
	var whole segment
	var scratch []uint32
	page := &itemPage{}
	for rest := part; ; {
		if err := w.source.page(ctx, rest, page); err != nil {
			return false, err
		}
		s, ended := rest, page.ended(rest)
		if !ended {
			s.upTo = page.rows[len(page.rows)-1].id
		}
		w.mu.Lock()
		w.pages++
		for _, r := range page.rows {
			w.maxID = max(w.maxID, r.id)
		}
		var seg segment
		seg, scratch = w.cells.segmentOf(s, page.rows, scratch)
		w.mu.Unlock()
		if rest == part {
			whole = seg
		} else {
			whole = join(whole, seg)
		}
		if ended {
			break
		}
		rest.after = s.upTo
	}
	if whole.rows != before {
		after, err := w.source.count(ctx, part)
		if err != nil || !agrees(whole.rows, before, after) {
			return false, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.segments.list {
		if w.segments.list[i].span == part {
			w.segments.list[i] = whole
			return true, nil
		}
	}
	return false, nil
}
