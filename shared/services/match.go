package services

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Type is a type of configuration items that the tenant has.
type Type struct {
	ID     int64
	Name   string
	Active bool // an inactive type matches like any other: its items are still billed
}

// label names the type in counts and messages.
func (t Type) label() string {
	if name := strings.TrimSpace(t.Name); name != "" {
		return Entry{Name: name}.String()
	}
	return Entry{ID: t.ID}.String()
}

// Catch says that a rule counts the items of a type, and by which of its entries.
type Catch struct {
	Rule    int    // the rule's place among the rules
	Service string // its name
	Entry   string // as written; for allTypesExcept the name of the type
}

// Matched tells for every type of one tenant which rules count it.
type Matched struct {
	catches map[int64][]Catch
	entries map[string][]string
}

// Match holds the rules against the types that the tenant has. A warning names an entry that fits no type.
//
// A rule none of whose entries fits a type makes the error a *NoTypesError; Matched is then whole all the same, so that
// the caller may judge that the tenant has changed rather than that the rules are wrong. (allTypesExcept that leaves no
// type over is a warning: there may be others tomorrow.)
func (r Rules) Match(types []Type) (Matched, []string, error) {
	m := Matched{catches: map[int64][]Catch{}, entries: map[string][]string{}}
	none := &NoTypesError{}
	var warnings []string
	for i, rule := range r {
		m.entries[rule.Service] = nil
		switch {
		case rule.Retired:
		case len(rule.AllTypesExcept) > 0:
			missing := m.except(i, rule, types)
			if len(types) == 0 {
				none.Unmatched = append(none.Unmatched, Unmatched{rule.Service, rule.AllTypesExcept, true})
				continue
			}
			for _, e := range missing {
				warnings = append(warnings, fmt.Sprintf("service %q: Autotask has no type %s, which allTypesExcept leaves out; correct it if the type was renamed", rule.Service, e))
			}
			if len(m.entries[rule.Service]) == 0 {
				warnings = append(warnings, fmt.Sprintf("service %q: allTypesExcept leaves out every type that Autotask has", rule.Service))
			}
		default:
			missing := m.name(i, rule, types)
			if len(missing) == len(rule.Types) {
				none.Unmatched = append(none.Unmatched, Unmatched{rule.Service, rule.Types, false})
				continue
			}
			for _, e := range missing {
				warnings = append(warnings, fmt.Sprintf("service %q: Autotask has no type %s; correct or remove it", rule.Service, e))
			}
		}
	}
	if len(none.Unmatched) > 0 {
		none.Tenant = slices.Clone(types)
		return m, warnings, none
	}
	return m, warnings, nil
}

// name lets a rule catch the types that it names, and returns the entries that fit none.
func (m *Matched) name(i int, rule Rule, types []Type) (missing []Entry) {
	for _, e := range rule.Types {
		m.entries[rule.Service] = append(m.entries[rule.Service], e.String())
		found := false
		for _, t := range types {
			if e.matches(t) {
				found = true
				m.catches[t.ID] = append(m.catches[t.ID], Catch{i, rule.Service, e.String()})
			}
		}
		if !found {
			missing = append(missing, e)
		}
	}
	return missing
}

// except lets a rule catch the types that it does not name, and returns the entries that fit none.
func (m *Matched) except(i int, rule Rule, types []Type) (missing []Entry) {
	fits := make([]bool, len(rule.AllTypesExcept))
	for _, t := range types {
		excepted := false
		for n, e := range rule.AllTypesExcept {
			if e.matches(t) {
				excepted, fits[n] = true, true
			}
		}
		if excepted {
			continue
		}
		m.catches[t.ID] = append(m.catches[t.ID], Catch{i, rule.Service, t.label()})
		if !slices.Contains(m.entries[rule.Service], t.label()) {
			m.entries[rule.Service] = append(m.entries[rule.Service], t.label())
		}
	}
	for n, e := range rule.AllTypesExcept {
		if !fits[n] {
			missing = append(missing, e)
		}
	}
	return missing
}

// Unmatched is a rule none of whose entries fits a type.
type Unmatched struct {
	Service string
	Entries []Entry
	Except  bool // the entries are those of allTypesExcept
}

// NoTypesError says that rules count types that the tenant does not have.
type NoTypesError struct {
	Unmatched []Unmatched
	Tenant    []Type // the types that it has
}

func (e *NoTypesError) Error() string {
	rules := make([]string, len(e.Unmatched))
	for i, u := range e.Unmatched {
		entries := make([]string, len(u.Entries))
		for n, entry := range u.Entries {
			entries[n] = entry.String()
		}
		if u.Except {
			rules[i] = fmt.Sprintf("service %q: Autotask has no type beside %s", u.Service, strings.Join(entries, ", "))
		} else {
			rules[i] = fmt.Sprintf("service %q: Autotask has none of the types %s", u.Service, strings.Join(entries, ", "))
		}
	}
	types := make([]string, len(e.Tenant))
	for i, t := range e.Tenant {
		types[i] = strings.TrimSpace(t.Name) + " (id " + strconv.FormatInt(t.ID, 10) + ")"
		if !t.Active {
			types[i] = strings.TrimSuffix(types[i], ")") + ", inactive)"
		}
	}
	slices.Sort(types)
	has := "it has none at all"
	if len(types) > 0 {
		has = "it has: " + strings.Join(types, ", ")
	}
	return strings.Join(rules, "; ") + "; correct the rules; " + has
}

// Rules are the names of the services whose rules fit no type; none of a nil error.
func (e *NoTypesError) Rules() []string {
	if e == nil {
		return nil
	}
	names := make([]string, len(e.Unmatched))
	for i, u := range e.Unmatched {
		names[i] = u.Service
	}
	return names
}

// Names tells whether the rule of a service that fits no type would count what an entry, as Matched.Entries writes it,
// has counted.
func (e *NoTypesError) Names(service, entry string) bool {
	for _, u := range e.Unmatched {
		if u.Service != service {
			continue
		}
		named := slices.ContainsFunc(u.Entries, func(own Entry) bool { return fold(own.String()) == fold(entry) })
		return named != u.Except
	}
	return false
}
