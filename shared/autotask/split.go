package autotask

import "math"

// rest is what one walker has still to walk, as the other sees it, who is out of work. All ids outside of it have been
// walked.
type rest struct {
	span         // not yet walked; a page from its beginning is on its way
	rows   int64 // how many rows there must be in it
	here   int64 // ids per row where its walker is now; 0: no page of it has come yet
	below  int64 // ids per row over all that lies below
	above  int64 // ids per row just above its end; 0 if not known
	hollow bool  // nothing stands just above its end, and maybe nothing for a long way below
	empty  int   // how often in a row the other walker took over its upper part and found nothing there
}

// divide says above which id the upper half lies of what follows the page on its way, or false when what follows is not
// worth a request, or nothing is known yet.
//
// Ids may lie in any way: evenly, in clusters, dense at one end, thinning out. No way of guessing is right for all, and
// none has to be: a cut far off costs the walker on the smaller side one page that is not full, and then it takes over
// from the other, knowing more. A cut beyond the last id costs one empty page. A vendor's count would cost as much as
// either, and brings no rows.
func (r rest) divide() (id int64, ok bool) {
	beyond := r.rows - pageSize // the page on its way takes one page's worth
	if beyond <= pageSize || r.here == 0 {
		return 0, false
	}
	upper := beyond / 2
	place := r.guess(r.rows - upper)
	if r.upTo != math.MaxInt64 {
		// No two rows share an id, so as many ids as rows lie on either side.
		place = min(place, r.upTo-r.after-upper)
	}
	place = max(place, r.rows-upper)
	id = r.after + place
	return id, id > r.after && id < r.upTo
}

// guess is how many ids above its beginning so many rows of the rest end.
func (r rest) guess(rows int64) int64 {
	near, far := min(r.here, max(r.below, 1)), max(r.here, r.below)
	width := r.upTo - r.after
	switch {
	case r.empty > 1:
		return width >> min(r.empty, 4)
	case r.empty > 0:
		return min(width/2, times(rows, near))
	case r.upTo == math.MaxInt64, r.hollow:
		// Nothing is known of the end. What lies below is a guide across clusters, where the rows here are no guide.
		return min(width/2, times(rows, far))
	}
	share := float64(rows) / float64(r.rows)
	mean := float64(width) / float64(r.rows)
	if here, above := float64(r.here), float64(r.above); here < mean && mean < above || here > mean && mean > above && above > 0 {
		// From thin to dense or the other way: the density changes steadily.
		share = bend(share, here/mean)
	}
	return int64(float64(width) * share)
}

// times multiplies without overflow; the half is enough for any id.
func times(rows, gap int64) int64 {
	if gap > 0 && rows > math.MaxInt64/2/gap {
		return math.MaxInt64 / 2
	}
	return rows * gap
}

// bend says how far into a range (0 to 1) the given share of its rows ends, if their density changes by a steady rate
// from what it is at the beginning, where the gap between ids is steep times the mean (1: even).
func bend(share, steep float64) float64 {
	if steep <= 0 || math.Abs(steep-1) < 0.05 {
		return share
	}
	// The share s of the rows ends at (e^(ls)-1)/(e^l-1); at the beginning the slope of that is l/(e^l-1), which falls
	// steadily with l.
	low, high := -50.0, 50.0
	for range 60 {
		if l := (low + high) / 2; l/math.Expm1(l) > steep {
			low = l
		} else {
			high = l
		}
	}
	l := (low + high) / 2
	return math.Expm1(l*share) / math.Expm1(l)
}
