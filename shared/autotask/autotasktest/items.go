package autotasktest

import (
	"slices"
	"sort"
)

// block is how many generated items share one entry of the prefix counts.
const block = 1024

// items is the store of configuration items: generated ones, of which only changes take memory, and single ones.
type items struct {
	n       int
	id      func(int) int64
	item    func(int) Item
	active  []int64        // active generated items in all blocks before, changes not considered; built when first needed
	changed map[int64]Item // generated items that are no longer as generated
	gone    map[int64]bool // generated items that were deleted
	single  map[int64]Item
	ids     []int64 // of single, sorted
	top     int64   // the highest id there ever was: none is given twice
}

func newItems() items {
	return items{changed: map[int64]Item{}, gone: map[int64]bool{}, single: map[int64]Item{}}
}

func (s *items) generate(n int, id func(int) int64, item func(int) Item) {
	s.n, s.id, s.item, s.active = n, id, item, nil
	s.changed, s.gone = map[int64]Item{}, map[int64]bool{}
	single := s.single
	s.single, s.ids = map[int64]Item{}, nil
	for _, item := range single {
		s.set(item) // where it now stands for a generated one, it is a change of that
	}
}

// place is the first generated place whose id is not below id.
func (s *items) place(id int64) int {
	return sort.Search(s.n, func(i int) bool { return s.id(i) >= id })
}

func (s *items) isGenerated(id int64) bool {
	at := s.place(id)
	return at < s.n && s.id(at) == id
}

func (s *items) at(i int) Item {
	item := s.item(i)
	item.ID = s.id(i)
	return item
}

func (s *items) get(id int64) (Item, bool) {
	if item, ok := s.single[id]; ok {
		return item, true
	}
	if s.gone[id] || !s.isGenerated(id) {
		return Item{}, false
	}
	if item, ok := s.changed[id]; ok {
		return item, true
	}
	return s.at(s.place(id)), true
}

func (s *items) set(item Item) {
	s.top = max(s.top, item.ID)
	if _, ok := s.single[item.ID]; !ok && s.isGenerated(item.ID) {
		delete(s.gone, item.ID)
		s.changed[item.ID] = item
		return
	}
	if _, ok := s.single[item.ID]; !ok {
		at, _ := slices.BinarySearch(s.ids, item.ID)
		s.ids = slices.Insert(s.ids, at, item.ID)
	}
	s.single[item.ID] = item
}

func (s *items) remove(id int64) {
	if _, ok := s.single[id]; ok {
		at, _ := slices.BinarySearch(s.ids, id)
		s.ids = slices.Delete(s.ids, at, at+1)
		delete(s.single, id)
		return
	}
	if s.isGenerated(id) {
		delete(s.changed, id)
		s.gone[id] = true
	}
}

// nextID is an id above all that there ever were.
func (s *items) nextID() int64 {
	if s.n > 0 {
		s.top = max(s.top, s.id(s.n-1))
	}
	return s.top + 1
}

// scan calls f for every item from an id on, ascending, or down from it, until f returns false.
func (s *items) scan(from int64, down bool, f func(Item) bool) {
	i, step := s.place(from), 1
	j, found := slices.BinarySearch(s.ids, from)
	if down {
		step = -1
		if i == s.n || s.id(i) != from {
			i--
		}
		if !found {
			j--
		}
	}
	for {
		inI, inJ := i >= 0 && i < s.n, j >= 0 && j < len(s.ids)
		if !inI && !inJ {
			return
		}
		if inJ && (!inI || (s.ids[j] < s.id(i)) != down) {
			if !f(s.single[s.ids[j]]) {
				return
			}
			j += step
			continue
		}
		item := s.at(i)
		i += step
		if len(s.gone) > 0 && s.gone[item.ID] {
			continue
		}
		if len(s.changed) > 0 {
			if changed, ok := s.changed[item.ID]; ok {
				item = changed
			}
		}
		if !f(item) {
			return
		}
	}
}
