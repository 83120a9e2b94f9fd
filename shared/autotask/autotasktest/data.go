package autotasktest

import (
	"math"
	"slices"
)

// do runs a change under the lock.
func (t *Tenant) do(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

// SetCompany adds or changes a company.
func (t *Tenant) SetCompany(c Company) {
	t.do(func() { t.companies[c.ID], t.companyIDs = c, with(t.companyIDs, c.ID) })
}

// ChangeCompany changes a company that exists.
func (t *Tenant) ChangeCompany(id int64, change func(*Company)) {
	t.do(func() {
		if c, ok := t.companies[id]; ok {
			change(&c)
			c.ID = id
			t.companies[id] = c
		}
	})
}

// RemoveCompany removes a company's row; its items stay.
func (t *Tenant) RemoveCompany(id int64) {
	t.do(func() { delete(t.companies, id); t.companyIDs = without(t.companyIDs, id) })
}

// SetType adds or changes a type.
func (t *Tenant) SetType(ty Type) {
	t.do(func() { t.types[ty.ID], t.typeIDs = ty, with(t.typeIDs, ty.ID) })
}

// RemoveType removes a type from the list; items keep its id.
func (t *Tenant) RemoveType(id int64) {
	t.do(func() { delete(t.types, id); t.typeIDs = without(t.typeIDs, id) })
}

func with(ids []int64, id int64) []int64 {
	if at, there := slices.BinarySearch(ids, id); !there {
		return slices.Insert(ids, at, id)
	}
	return ids
}

func without(ids []int64, id int64) []int64 {
	if at, there := slices.BinarySearch(ids, id); there {
		return slices.Delete(ids, at, at+1)
	}
	return ids
}

// AddItem adds an item, or replaces the one of its id. With id 0 it gets the next one, above all there ever were.
func (t *Tenant) AddItem(item Item) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if item.ID == 0 {
		item.ID = t.items.nextID()
	}
	t.items.set(item)
	return item.ID
}

// ChangeItem changes an item: retire, activate, give it another type.
func (t *Tenant) ChangeItem(id int64, change func(*Item)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	item, ok := t.items.get(id)
	if !ok {
		return false
	}
	change(&item)
	item.ID = id
	t.items.set(item)
	return true
}

// Retire makes an item inactive.
func (t *Tenant) Retire(id int64) bool { return t.ChangeItem(id, func(i *Item) { i.Inactive = true }) }

// DeleteItem removes an item without a trace, as the user interface can.
func (t *Tenant) DeleteItem(id int64) { t.do(func() { t.items.remove(id) }) }

// Generate adds n items that are made from their place whenever they are needed; only later changes to them take memory.
// id must grow with i, both functions must answer the same each time and must not use the tenant. A second call replaces
// the items of the first.
func (t *Tenant) Generate(n int, id func(i int) int64, item func(i int) Item) {
	t.do(func() { t.items.generate(n, id, item) })
}

// Items calls f for every item, by id, until it returns false. f must not use the tenant.
func (t *Tenant) Items(f func(Item) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.items.scan(math.MinInt64, false, f)
}

// Companies are all companies, by id.
func (t *Tenant) Companies() []Company {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Company, len(t.companyIDs))
	for i, id := range t.companyIDs {
		all[i] = t.companies[id]
	}
	return all
}

// ActiveItems counts the active items directly, by company and type: the truth that a run is held against.
func (t *Tenant) ActiveItems() map[int64]map[int64]int64 {
	truth := map[int64]map[int64]int64{}
	t.Items(func(i Item) bool {
		if !i.Inactive {
			if truth[i.Company] == nil {
				truth[i.Company] = map[int64]int64{}
			}
			truth[i.Company][i.Type]++
		}
		return true
	})
	return truth
}
