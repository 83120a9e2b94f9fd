package autotasktest

import (
	"slices"
	"sort"
)

// count counts the items with low <= id <= high that are active, inactive or either, without visiting each.
func (s *items) count(b bounds) int64 {
	if b.low > b.high {
		return 0
	}
	var sum int64
	add := func(inactive bool, n int64) {
		if inactive && b.states[0] || !inactive && b.states[1] {
			sum += n
		}
	}
	from, to := s.place(b.low), sort.Search(s.n, func(i int) bool { return s.id(i) > b.high })
	active := s.generatedActive(to) - s.generatedActive(from)
	add(false, active)
	add(true, int64(to-from)-active)

	// Of what is not as generated, take back how it was generated, and add how it is.
	within := func(id int64) bool { return id >= b.low && id <= b.high }
	for id, item := range s.changed {
		if within(id) {
			add(s.item(s.place(id)).Inactive, -1)
			add(item.Inactive, 1)
		}
	}
	for id := range s.gone {
		if within(id) {
			add(s.item(s.place(id)).Inactive, -1)
		}
	}
	at, _ := slices.BinarySearch(s.ids, b.low)
	for ; at < len(s.ids) && s.ids[at] <= b.high; at++ {
		add(s.single[s.ids[at]].Inactive, 1)
	}
	return sum
}

// generatedActive counts the active items among the first n generated ones, as generated.
func (s *items) generatedActive(n int) int64 {
	if n == 0 {
		return 0
	}
	if s.active == nil {
		s.active = make([]int64, 0, s.n/block+2)
		var sum int64
		for i := range s.n {
			if i%block == 0 {
				s.active = append(s.active, sum)
			}
			if !s.item(i).Inactive {
				sum++
			}
		}
		s.active = append(s.active, sum)
	}
	if n == s.n {
		return s.active[len(s.active)-1]
	}
	count := s.active[n/block]
	for i := n / block * block; i < n; i++ {
		if !s.item(i).Inactive {
			count++
		}
	}
	return count
}
