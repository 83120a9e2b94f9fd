package autotask

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
)

// act is a change of one device.
type act struct {
	name string
	do   func(rows []device) []device
}

// acts change one device each: low is where the first walker begins, high where the second one may be.
func acts(rows []device) []act {
	low, high := rows[3].id, rows[len(rows)-3].id
	change := func(id int64, f func(*device)) func([]device) []device {
		return func(rows []device) []device {
			rows = slices.Clone(rows)
			i := slices.IndexFunc(rows, func(d device) bool { return d.id == id })
			f(&rows[i])
			return rows
		}
	}
	remove := func(id int64) func([]device) []device {
		return func(rows []device) []device {
			return slices.DeleteFunc(slices.Clone(rows), func(d device) bool { return d.id == id })
		}
	}
	return []act{
		{"added at the end", func(rows []device) []device {
			return append(slices.Clone(rows), device{id: rows[len(rows)-1].id + 7, company: 9999, typ: 77})
		}},
		{"made active again, low", change(rows[5].id, func(d *device) { d.retired = false })},
		{"retired, low", change(low, func(d *device) { d.retired = true })},
		{"retired, high", change(high, func(d *device) { d.retired = true })},
		{"retyped, high", change(high, func(d *device) { d.typ = 88 })},
		{"deleted, low", remove(low)},
		{"deleted, high", remove(high)},
	}
}

// change makes the tenant change its devices before a request of a certain number is answered.
func (s *tenant) change(at map[int]func([]device) []device) {
	seen := map[int]bool{}
	s.before = func(a asked, _ http.ResponseWriter) bool {
		if do := at[a.index]; do != nil && !seen[a.index] {
			seen[a.index] = true
			s.rows[ConfigurationItems] = do(s.rows[ConfigurationItems])
		}
		return false
	}
}

func TestCountItems_ADeviceChangesAtAnyRequest_EachCountsAsItStoodAtSomeInstant(t *testing.T) {
	t.Parallel()
	rows := even(1_600)
	rows[5].retired = true
	for _, first := range acts(rows) {
		for at := 1; ; at++ {
			reached := false
			synctest.Test(t, func(t *testing.T) {
				s := newTenant(rows)
				s.serving = served
				s.change(map[int]func([]device) []device{at: first.do})
				c := login(t, s)
				counts, err := c.CountItems(t.Context(), nil)
				if err != nil {
					t.Fatalf("%s before request %d: %v", first.name, at, err)
				}
				got := counted(counts)
				if !maps.Equal(got, truth(rows)) && !maps.Equal(got, truth(first.do(rows))) {
					t.Errorf("%s before request %d: the counts are those of no instant", first.name, at)
				}
				reached = len(s.log) > at
			})
			if !reached {
				break
			}
		}
	}
}

func TestCountItems_TwoDevicesChange_EachCountsAsItStoodAtSomeInstant(t *testing.T) {
	t.Parallel()
	rows := even(1_600)
	rows[5].retired = true
	all := acts(rows)
	for _, first := range all[:4] {
		for _, second := range all[2:5] {
			if first.name == second.name {
				continue
			}
			for at := 1; at < 10; at += 2 {
				for then := at; then < 10; then += 4 {
					synctest.Test(t, func(t *testing.T) {
						s := newTenant(rows)
						s.serving = served
						changes := map[int]func([]device) []device{at: first.do, then: second.do}
						if at == then {
							changes[at] = func(rows []device) []device { return second.do(first.do(rows)) }
						}
						s.change(changes)
						c := login(t, s)
						counts, err := c.CountItems(t.Context(), nil)
						if err != nil {
							t.Fatalf("%s at %d, %s at %d: %v", first.name, at, second.name, then, err)
						}
						got := counted(counts)
						for _, possible := range [][]device{rows, first.do(rows), second.do(rows), second.do(first.do(rows))} {
							if maps.Equal(got, truth(possible)) {
								return
							}
						}
						t.Errorf("%s at %d, %s at %d: some device counts as it never stood", first.name, at, second.name, then)
					})
				}
			}
		}
	}
}

func TestCountItems_RowMissingFromAPage_IsReadAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"in silence", "count tells", "last page too early"} {
		for page := 0; page < 12; page += 2 {
			synctest.Test(t, func(t *testing.T) {
				s := newTenant(even(5_000))
				s.serving = served
				pages := 0
				s.edit = func(a asked, rows []device, info *pageInfo) []device {
					pages++
					if pages-1 != page || len(rows) < 2 {
						return rows
					}
					switch kind {
					case "in silence":
						info.count--
					case "last page too early":
						info.count, info.more = 3, false
						return rows[:3]
					}
					return slices.Delete(rows, 1, 2)
				}
				c := login(t, s)
				counts, err := c.CountItems(t.Context(), nil)
				if err != nil {
					t.Fatalf("%s, page %d: %v", kind, page, err)
				}
				if !maps.Equal(counted(counts), truth(s.rows[ConfigurationItems])) {
					t.Errorf("%s, page %d: counts differ from a direct count", kind, page)
				}
				if s.itemRequests() > 60 {
					t.Errorf("%s, page %d: %d requests to mend one page", kind, page, s.itemRequests())
				}
			})
		}
	}
}

// A device added elsewhere makes up for the missing one in the sum; the page itself gives it away.
func TestCountItems_RowMissingWhileAnotherIsAdded_IsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(10_000))
		s.change(map[int]func([]device) []device{3: acts(s.rows[ConfigurationItems])[0].do})
		once := false
		s.edit = func(a asked, rows []device, info *pageInfo) []device {
			if once || a.index < 5 {
				return rows
			}
			once = true
			info.count--
			return slices.Delete(rows, 1, 2)
		}
		c := login(t, s)
		counts, err := c.CountItems(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(counted(counts), truth(s.rows[ConfigurationItems])) {
			t.Error("counts differ from a direct count")
		}
	})
}

func TestCountItems_APageThatKeepsLying_IsAnIncompleteRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(10_000))
		hidden := s.rows[ConfigurationItems][4321].id
		s.edit = func(a asked, rows []device, info *pageInfo) []device {
			return slices.DeleteFunc(rows, func(d device) bool { return d.id == hidden })
		}
		c := login(t, s)
		_, err := c.CountItems(t.Context(), nil)
		var incomplete *IncompleteReadError
		if !errors.As(err, &incomplete) {
			t.Fatalf("got %v", err)
		}
		if incomplete.Before != 10_000 || incomplete.After != 10_000 || incomplete.Read != 9_999 || len(incomplete.Ranges) != 1 {
			t.Errorf("got %+v", incomplete)
		}
		var from, to int64
		if _, err := fmt.Sscanf(incomplete.Ranges[0], "%d to %d", &from, &to); err != nil || hidden < from || hidden > to {
			t.Errorf("range %q does not hold id %d", incomplete.Ranges[0], hidden)
		}
	})
}

func TestCountItems_CountsThatNeverAgree_CostNoMoreThanAnotherWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(15_000))
		s.edit = func(a asked, rows []device, info *pageInfo) []device {
			info.count--
			return slices.Delete(rows, 0, 1)
		}
		c := login(t, s)
		_, err := c.CountItems(t.Context(), nil)
		var incomplete *IncompleteReadError
		if !errors.As(err, &incomplete) {
			t.Fatalf("got %v", err)
		}
		if s.itemRequests() > 2*30+90 {
			t.Errorf("%d requests", s.itemRequests())
		}
	})
}

func TestCountItems_FilterIgnored_IsNoRead(t *testing.T) {
	for _, wrong := range []struct {
		name string
		edit func(rows []device) []device
	}{
		{"a retired device", func(rows []device) []device { rows[1].retired = true; return rows }},
		{"an id below the range", func(rows []device) []device { rows[0].id = -5; return rows }},
		{"out of order", func(rows []device) []device { rows[0], rows[1] = rows[1], rows[0]; return rows }},
		{"an id twice", func(rows []device) []device { rows[1] = rows[0]; return rows }},
		{"more rows than asked for", func(rows []device) []device {
			for len(rows) <= pageSize {
				rows = append(rows, device{id: rows[len(rows)-1].id + 1})
			}
			return rows
		}},
	} {
		t.Run(wrong.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTenant(even(10))
				s.edit = func(a asked, rows []device, info *pageInfo) []device { return wrong.edit(rows) }
				c := login(t, s)
				if counts, err := c.CountItems(t.Context(), nil); err == nil {
					t.Errorf("counted %+v", counts)
				}
			})
		})
	}
}

func TestCountItems_NullsAndIdsBeyond32Bits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant([]device{
			{id: 0, company: 0, typ: NoType},
			{id: 1 << 40, company: NoCompany, typ: 3},
			{id: math.MaxInt64 - 1, company: 1 << 35, typ: 1 << 36},
			{id: math.MaxInt64, company: 5, typ: 5, retired: true},
		})
		c := login(t, s)
		counts, err := c.CountItems(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []CompanyType{{NoCompany, 3, 1}, {0, NoType, 1}, {1 << 35, 1 << 36, 1}}
		if !slices.Equal(counts.Cells, want) || counts.Items != 3 || counts.MaxID != math.MaxInt64-1 {
			t.Errorf("got %+v", counts)
		}
	})
}
