package autotask

import (
	"maps"
	"math"
	"math/rand/v2"
	"testing"
)

// sums is what segments add up to, by cell.
func sums(c *cells, s *segments) map[cell]int64 {
	out := map[cell]int64{}
	for n, items := range s.totals(len(c.list)) {
		if items > 0 {
			out[c.list[n]] = items
		}
	}
	return out
}

func TestSegments_AnyOrderOfPages_AddUpAndStayFew(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		pages := 1 + r.IntN(3000)
		var c cells
		var s segments
		var scratch []uint32
		naive := map[cell]int64{}
		var total int64
		var made []segment
		for p := range pages {
			rows := make([]itemRow, r.IntN(20))
			for i := range rows {
				rows[i] = itemRow{company: r.Int64N(30), typ: r.Int64N(4)}
				naive[cell{rows[i].company, rows[i].typ}]++
			}
			at := span{int64(p)*10 - 1, int64(p)*10 + 9}
			if p == pages-1 {
				at.upTo = math.MaxInt64
			}
			var seg segment
			seg, scratch = c.segmentOf(at, rows, scratch)
			made = append(made, seg)
			total += seg.rows
		}
		// Two walkers take turns.
		for low, high := 0, pages/2; low < pages/2 || high < pages; {
			if low < pages/2 && (high == pages || r.IntN(2) == 0) {
				s.add(made[low])
				low++
			} else {
				s.add(made[high])
				high++
			}
			if len(s.list) > maxSegments {
				t.Fatalf("seed %d: %d segments", seed, len(s.list))
			}
		}
		if pages == 1 {
			continue
		}
		if err := s.gap(); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(sums(&c, &s), naive) || s.rows(everything) != total {
			t.Fatalf("seed %d: the sums differ", seed)
		}
	}
}

func TestSegments_AGapOrAnOverlap_IsNoticed(t *testing.T) {
	for _, spans := range [][]span{
		{},
		{{-1, 5}},
		{{3, math.MaxInt64}},
		{{-1, 5}, {6, math.MaxInt64}},
		{{-1, 5}, {4, math.MaxInt64}},
	} {
		var s segments
		for _, at := range spans {
			s.add(segment{span: at})
		}
		if s.gap() == nil {
			t.Errorf("%v passed for everything", spans)
		}
	}
}

func TestDivide_AlwaysCutsInsideTheRest(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	magnitude := func() int64 { return r.Int64N(1 << (1 + r.IntN(62))) }
	for range 200_000 {
		x := rest{
			span:   span{after: magnitude() - 1},
			rows:   magnitude() - 5,
			here:   magnitude(),
			below:  magnitude(),
			above:  magnitude(),
			empty:  r.IntN(70),
			hollow: r.IntN(2) == 0,
		}
		x.upTo = math.MaxInt64
		if r.IntN(2) == 0 {
			x.upTo = x.after + min(magnitude(), math.MaxInt64-x.after)
		}
		if id, ok := x.divide(); ok && (id <= x.after || id >= x.upTo) {
			t.Fatalf("%+v (%s) is cut at %d", x, x.span, id)
		}
	}
}

func TestWalk_MemoryGrowsWithCompaniesAndTypes_NotWithItems(t *testing.T) {
	t.Parallel()
	const companies, types = 200, 4
	for _, pages := range []int{500, 2_000} {
		r := rand.New(rand.NewPCG(4, 2))
		w := newWalk(nil, 0, nil)
		w.progress = func(int64) {}
		page := &itemPage{rows: make([]itemRow, pageSize), pageInfo: pageInfo{rows: pageSize, count: -1, more: true}}
		id := int64(0)
		for range pages {
			for i := range page.rows {
				id += 1 + r.Int64N(5)
				page.rows[i] = itemRow{id, r.Int64N(companies), r.Int64N(types)}
			}
			w.take(0, page)
		}
		kept := 0
		for _, seg := range w.segments.list {
			kept += cap(seg.packed)
		}
		// A pair of varints is three or four bytes.
		if most := maxSegments * companies * types * 4; kept > most || len(w.segments.list) > maxSegments {
			t.Errorf("%d items: %d bytes in %d segments, want at most %d in %d", pages*pageSize, kept, len(w.segments.list), most, maxSegments)
		}
	}
}
