// Package services reads the service rules, which say which types of configuration items count as units of which
// service, and holds them against the types that a tenant has.
package services

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// Rules are the service rules, in the order in which they are written. No two have names that differ in case alone.
type Rules []Rule

// Rule says what one service counts: the items of some types, or of all types but some, or nothing any more.
type Rule struct {
	Service        string   // the service's name at Synthesize
	Description    string   // the name again where none is written: Synthesize asks for one
	Category       string   // as Synthesize spells it
	Subcategory    string   // as Synthesize spells it
	Formerly       []string // names that the service had before
	Types          []Entry  // the types counted; empty if AllTypesExcept is not
	AllTypesExcept []Entry  // the types not counted, where all others are
	Retired        bool     // no longer sold: it counts nothing, whatever types it names
}

// Entry names types of configuration items: by ID, or, if that is 0, by Name. Several types may share a name.
type Entry struct {
	ID   int64
	Name string
}

// String is the entry as a person writes it. A name of digits alone is in quotes, which keep it from being an id.
func (e Entry) String() string {
	if e.ID != 0 {
		return strconv.FormatInt(e.ID, 10)
	}
	if digits(e.Name) {
		return strconv.Quote(e.Name)
	}
	return e.Name
}

func digits(name string) bool {
	return name != "" && strings.Trim(name, "0123456789") == ""
}

func (e Entry) matches(t Type) bool {
	if e.ID != 0 {
		return e.ID == t.ID
	}
	return fold(e.Name) == fold(t.Name)
}

// Counts says in a few words which types the rule counts, in one order however they are written.
func (r Rule) Counts() string {
	names := func(entries []Entry) string {
		texts := make([]string, len(entries))
		for i, e := range sorted(entries) {
			texts[i] = e.String()
		}
		return strings.Join(texts, ", ")
	}
	switch {
	case r.Retired:
		return "nothing: retired, what stands there becomes 0"
	case len(r.AllTypesExcept) > 0:
		return "all types except " + names(r.AllTypesExcept)
	}
	return names(r.Types)
}

// Hash names what the rules say: 12 hexadecimal digits that stay the same when rules or entries only change places.
func (r Rules) Hash() string {
	normal := make([]Rule, len(r))
	for i, rule := range r {
		rule.Formerly = slices.Sorted(slices.Values(rule.Formerly))
		rule.Types = sorted(rule.Types)
		rule.AllTypesExcept = sorted(rule.AllTypesExcept)
		normal[i] = rule
	}
	sort.Slice(normal, func(i, j int) bool { return normal[i].Service < normal[j].Service })
	text, err := json.Marshal(normal)
	if err != nil {
		panic(err) // strings, numbers and booleans always have a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

func sorted(entries []Entry) []Entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return strings.Compare(a.String(), b.String())
	})
}

// fold makes names comparable as people see them: trimmed, and without regard to case in any script. (ToLower alone
// would keep apart what differs in case only, such as the two small sigmas.)
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, strings.TrimSpace(name))
}
