package services

// Catches are the rules that count items of a type, in their order; none if the type is uncovered or unknown to the
// tenant. A rule stands there once for each of its entries that names the type. The slice must not be changed.
func (m Matched) Catches(typeID int64) []Catch { return m.catches[typeID] }

// Entries is a count of 0 for every entry of every rule, by service and by entry as Catch writes it: also for entries
// that fit no type. For allTypesExcept the entries are the names of the types caught. The maps are the caller's own.
func (m Matched) Entries() map[string]map[string]int64 {
	all := make(map[string]map[string]int64, len(m.entries))
	for service, entries := range m.entries {
		all[service] = make(map[string]int64, len(entries))
		for _, entry := range entries {
			all[service][entry] = 0
		}
	}
	return all
}

// Counts is what items amount to under the rules.
type Counts struct {
	Units     map[string]int64            // by service; each service of the rules, zeros included
	Entries   map[string]map[string]int64 // by service and entry; each entry, zeros included
	Uncovered map[int64]int64             // items by type id where no rule counts the type
}

// Count sums items, given by type id, to units. An item counts once in every service whose rule names its type, even
// if two entries of that rule do.
func (m Matched) Count(items map[int64]int64) Counts {
	c := Counts{Units: make(map[string]int64, len(m.entries)), Entries: m.Entries(), Uncovered: map[int64]int64{}}
	for service := range m.entries {
		c.Units[service] = 0
	}
	for id, n := range items {
		catches := m.catches[id]
		if len(catches) == 0 {
			c.Uncovered[id] = n
			continue
		}
		for i, by := range catches {
			c.Entries[by.Service][by.Entry] += n
			if i == 0 || catches[i-1].Rule != by.Rule { // catches of one rule stand side by side
				c.Units[by.Service] += n
			}
		}
	}
	return c
}
