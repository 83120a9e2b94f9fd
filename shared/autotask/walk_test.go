package autotask

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// served is how long the tenant takes for a request, in virtual time.
const served = 40 * time.Millisecond

// distributions of n ids, as tenants may have them.
var distributions = []struct {
	name   string
	gentle bool // the walkers end together and waste next to nothing
	gap    func(r *rand.Rand, i, n int) int64
}{
	{"uniform", true, func(r *rand.Rand, i, n int) int64 { return 1 + r.Int64N(40) }},
	{"clustered", true, func(r *rand.Rand, i, n int) int64 {
		if i%5000 == 0 {
			return 1 + r.Int64N(20_000_000)
		}
		return 1 + r.Int64N(3)
	}},
	{"all new at the end", true, func(r *rand.Rand, i, n int) int64 {
		switch {
		case i < n/20:
			return 1 + r.Int64N(100_000)
		case i == n/20:
			return 1 << 33
		}
		return 1
	}},
	{"one dense block", true, func(r *rand.Rand, i, n int) int64 {
		if i == 0 {
			return 1 << 40
		}
		return 1
	}},
	{"geometric", true, func(r *rand.Rand, i, n int) int64 { return int64(math.Exp2(30 * float64(i) / float64(n))) }},
	{"geometric to the end of int64", true, func(r *rand.Rand, i, n int) int64 { return int64(math.Exp2(47 * float64(i) / float64(n))) }},
	{"dense, then a far tail", true, func(r *rand.Rand, i, n int) int64 {
		if i < n*9/10 {
			return 1
		}
		return 10_000_000
	}},
	{"two blocks far apart", true, func(r *rand.Rand, i, n int) int64 {
		if i == n/3 {
			return 1 << 50
		}
		return 1
	}},
	{"clusters of any size", true, func(r *rand.Rand, i, n int) int64 {
		if r.IntN(300) == 0 {
			return int64(math.Exp2(10 + 25*r.Float64()))
		}
		return 1
	}},
	{"ever denser", false, func(r *rand.Rand, i, n int) int64 { return int64(math.Exp2(30 * float64(n-i) / float64(n))) }},
}

// devices makes n of them, of up to 2,000 companies and 5 types. Ids begin at 0.
func devices(n int, gap func(r *rand.Rand, i, n int) int64) []device {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	rows := make([]device, n)
	id := int64(-1)
	for i := range rows {
		id += max(1, gap(r, i, n))
		rows[i] = device{id: id, company: r.Int64N(int64(n/100 + 1)), typ: r.Int64N(5)}
	}
	return rows
}

func even(n int) []device {
	return devices(n, func(r *rand.Rand, i, n int) int64 { return 1 + r.Int64N(5) })
}

// memory is a source without the wire, for walks of which only the order of requests matters.
type memory struct {
	rows []device

	mu                       sync.Mutex
	requests, inFlight, peak int
}

func (m *memory) serve() func() {
	m.mu.Lock()
	m.requests++
	m.inFlight++
	m.peak = max(m.peak, m.inFlight)
	m.mu.Unlock()
	time.Sleep(served)
	m.mu.Lock()
	return func() { m.inFlight--; m.mu.Unlock() }
}

func (m *memory) between(within span) []device {
	from := sort.Search(len(m.rows), func(i int) bool { return m.rows[i].id > within.after })
	to := sort.Search(len(m.rows), func(i int) bool { return m.rows[i].id > within.upTo })
	return m.rows[from:max(from, to)]
}

func (m *memory) page(_ context.Context, within span, into *itemPage) error {
	defer m.serve()()
	rows := m.between(within)
	into.pageInfo = pageInfo{rows: min(len(rows), pageSize), count: -1, more: len(rows) > pageSize}
	into.rows = into.rows[:0]
	for _, d := range rows[:into.pageInfo.rows] {
		into.rows = append(into.rows, itemRow{d.id, d.company, d.typ})
	}
	return nil
}

func (m *memory) count(_ context.Context, within span) (int64, error) {
	defer m.serve()()
	return int64(len(m.between(within))), nil
}

func TestCountItems_AnyDistribution_TwoWalkersEndTogetherAndWasteNothing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{200_000, 20_000} {
		for _, d := range distributions {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{rows: devices(n, d.gap)}
				begun := time.Now()
				counts, err := countItems(t.Context(), m, nil, func(int64) error { return nil }, func(_, _ int64) {})
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(begun)
				if !maps.Equal(counted(counts), truth(m.rows)) {
					t.Fatalf("%s: counts differ from a direct count", d.name)
				}
				if m.peak != 2 {
					t.Errorf("%s: %d requests in flight at the peak, want 2", d.name, m.peak)
				}
				pages := (n + pageSize - 1) / pageSize
				t.Logf("%-30s %7d items: %d pages at best, %d requests, %.3f of the time of two always at work",
					d.name, n, pages, m.requests, float64(took)/(float64(m.requests)*float64(served)/2))
				// An adversary's ids may cost more, within bounds.
				allowed, evenly := 1.02*float64(pages)+12, 2*served
				if !d.gentle {
					allowed, evenly = 1.05*float64(pages)+15, time.Hour
				}
				if float64(m.requests) > allowed {
					t.Errorf("%s: %d requests for %d pages, want at most %.0f", d.name, m.requests, pages, allowed)
				}
				// The counts before and after go alone, and so does the first page when nothing is known.
				if alone := 3 * served; took > time.Duration(m.requests-3)*served/2+alone+evenly {
					t.Errorf("%s: took %v for %d requests: one walker was out of work for more than two pages", d.name, took, m.requests)
				}
			})
		}
	}
}

func TestCountItems_OverHTTP_SaysWhatItAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(20_000))
		s.serving = served
		var progress []int64
		c := login(t, s, func(config *Config) {
			var mu sync.Mutex
			config.Progress = func(entity Entity, rows, total int64) {
				mu.Lock()
				defer mu.Unlock()
				if entity == ConfigurationItems && total == 20_000 {
					progress = append(progress, rows)
				}
			}
		})
		counts, err := c.CountItems(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(counted(counts), truth(s.rows[ConfigurationItems])) {
			t.Error("counts differ from a direct count")
		}
		if n := int64(s.itemRequests()); counts.Requests != n || counts.Pages != n-2 || c.Requests() != n+1 {
			t.Errorf("%d item requests; counts %d, pages %d, client %d", n, counts.Requests, counts.Pages, c.Requests())
		}
		if len(progress) != int(counts.Pages) || slices.Max(progress) != 20_000 {
			t.Errorf("progress: %v", progress)
		}
		if s.peak[string(ConfigurationItems)] != 2 {
			t.Errorf("%d in flight at the peak", s.peak[string(ConfigurationItems)])
		}
	})
}

func TestCountItems_WithTheHintOfTheLastRead_BothBeginAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(20_000))
		s.serving = served
		c := login(t, s)
		first, err := c.CountItems(t.Context(), nil)
		if err != nil || len(first.SplitHint) != 1 {
			t.Fatal(first.SplitHint, err)
		}
		sent, begun := s.itemRequests(), time.Now()
		again, err := c.CountItems(t.Context(), first.SplitHint)
		if err != nil {
			t.Fatal(err)
		}
		sent = s.itemRequests() - sent
		if took := time.Since(begun); sent > 46 || took > time.Duration(sent+4)*served/2 {
			t.Errorf("took %v and %d requests", took, sent)
		}
		if !maps.Equal(counted(first), counted(again)) || first.MaxID != again.MaxID {
			t.Error("the two reads differ")
		}
	})
}

func TestCountItems_AHintThatNoLongerFits_CostsLittle(t *testing.T) {
	t.Parallel()
	for _, hint := range []int64{1, 400, math.MaxInt64 - 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(even(20_000))
			s.serving = served
			c := login(t, s)
			counts, err := c.CountItems(t.Context(), []int64{hint})
			if err != nil {
				t.Fatal(err)
			}
			if counts.Items != 20_000 || s.itemRequests() > 53 {
				t.Errorf("hint %d: %d items by %d requests", hint, counts.Items, s.itemRequests())
			}
		})
	}
}

func TestCountItems_SmallTenants(t *testing.T) {
	for _, n := range []int{0, 1, 499, 500, 501, 999, 1000, 1001, 1500, 1501, 2500, 3001} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(even(n))
			c := login(t, s)
			counts, err := c.CountItems(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(counted(counts), truth(s.rows[ConfigurationItems])) || counts.Items != int64(n) {
				t.Errorf("%d items: counted %d", n, counts.Items)
			}
			if most := n/pageSize + 8; s.itemRequests() > most {
				t.Errorf("%d items: %d requests, want at most %d", n, s.itemRequests(), most)
			}
		})
	}
}

func TestCountItems_AnyGaps_IsComplete(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			bits, jumps := 1+r.IntN(35), 1+r.IntN(2000)
			m := &memory{rows: devices(r.IntN(12_000), func(r *rand.Rand, i, n int) int64 {
				if r.IntN(jumps) == 0 {
					return 1 + r.Int64N(1<<bits)
				}
				return 1 + r.Int64N(4)
			})}
			counts, err := countItems(t.Context(), m, nil, func(int64) error { return nil }, func(_, _ int64) {})
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(counted(counts), truth(m.rows)) {
				t.Errorf("seed %d: counts differ from a direct count", seed)
			}
			if pages := len(m.rows) / pageSize; m.requests > pages+pages/10+16 {
				t.Errorf("seed %d: %d requests for %d pages", seed, m.requests, pages)
			}
		})
	}
}

// login starts a tenant and logs in.
func login(t testing.TB, s *tenant, adjust ...func(*Config)) *Client {
	t.Helper()
	c := s.start(t, adjust...)
	if _, err := c.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}
