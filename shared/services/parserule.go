package services

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// writtenRule is a rule with the places that faults point at.
type writtenRule struct {
	Rule
	name     position
	formerly []position // as Rule.Formerly
}

const keys = "service, description, category, subcategory, formerly, types, allTypesExcept, retired"

// rule reads one rule and reports all that is wrong with it by itself.
func (f *faults) rule(node ast.Node) writtenRule {
	w := writtenRule{name: at(node), Rule: Rule{Category: other, Subcategory: other}}
	pairs, ok := mapping(node)
	if !ok {
		f.add(at(node), "%s where a rule should be; begin it with 'service: NAME'", kind(node))
		return w
	}
	first := map[string]position{}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		where := at(pair)
		if before, twice := first[key]; twice {
			f.add(where, "%q stands twice in this rule (first in line %d); keep one", key, before.line)
			continue
		}
		first[key] = where
		f.key(&w, key, where, pair.Value)
	}
	if _, named := first["service"]; !named {
		f.add(at(node), "a rule without a name; add 'service: NAME'")
	}
	if w.Description == "" {
		w.Description = w.Service
	}
	f.counts(w, at(node), first)
	return w
}

// key reads one key of a rule.
func (f *faults) key(w *writtenRule, key string, where position, value ast.Node) {
	switch key {
	case "service":
		w.name = where
		w.Service = f.text(key, where, value)
	case "description":
		w.Description = f.text(key, where, value)
	case "category":
		w.Category = f.text(key, where, value)
		f.spelled(key, w.Category, where, categories())
	case "subcategory":
		w.Subcategory = f.text(key, where, value)
		f.spelled(key, w.Subcategory, where, subcategories())
	case "formerly":
		for _, item := range items(value) {
			if name := f.text(key, where, item); name != "" {
				w.Formerly = append(w.Formerly, name)
				w.formerly = append(w.formerly, at(item))
			}
		}
	case "types":
		w.Types = f.entries(key, where, value)
	case "allTypesExcept":
		w.AllTypesExcept = f.entries(key, where, value)
	case "retired":
		retired, ok := value.(*ast.BoolNode)
		if !ok {
			f.add(where, "%s where retired should be true or false", kind(value))
			return
		}
		w.Retired = retired.Value
	default:
		f.add(where, "unknown key %q; the keys of a rule are %s", key, keys)
	}
}

// counts checks that a rule says what it counts, and says it once.
func (f *faults) counts(w writtenRule, where position, first map[string]position) {
	_, types := first["types"]
	except, exceptGiven := first["allTypesExcept"]
	switch {
	case types && exceptGiven:
		f.add(except, "types and allTypesExcept in one rule; keep one of them, or make two rules")
	case !types && !exceptGiven && !w.Retired:
		f.add(where, "the rule of service %q counts nothing; add 'types: [...]' or 'allTypesExcept: [...]', or 'retired: true' if it is no longer sold", w.Service)
	}
}

func (f *faults) spelled(key, value string, where position, list []string) {
	if value == "" {
		return // reported already
	}
	if wrong := oneOf(key, value, list); wrong != "" {
		f.add(where, "%s", wrong)
	}
}

// text reads a text of one line, trimmed. After a fault it is empty.
func (f *faults) text(key string, where position, node ast.Node) string {
	value, ok := plain(node)
	if !ok {
		f.add(where, "%s where the text of %s should be; write one, in quotes if it looks like something else", kind(node), key)
		return ""
	}
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		f.add(where, "%s is empty; write a text or remove the key", key)
	case strings.ContainsFunc(value, unicode.IsControl):
		f.add(where, "%s has a line break or another control character in it; write it in one line", key)
		return ""
	}
	return value
}

// entries reads a list of type names and ids.
func (f *faults) entries(key string, where position, value ast.Node) []Entry {
	list, ok := value.(*ast.SequenceNode)
	if !ok {
		f.add(where, "%s where %s should be a list; write %s: [Desktop, Laptop]", kind(value), key, key)
		return nil
	}
	if len(list.Values) == 0 {
		f.add(where, "%s is empty; name types by name or id: %s: [Desktop, 12]", key, key)
		return nil
	}
	var out []Entry
	seen := map[string]bool{}
	for _, node := range list.Values {
		e, ok := f.entry(key, node)
		if !ok {
			continue
		}
		if seen[fold(e.String())] {
			f.add(at(node), "%s names the type %s twice; remove one", key, e)
			continue
		}
		seen[fold(e.String())] = true
		out = append(out, e)
	}
	return out
}

// entry reads a type's name or id. A number is an id; in quotes it is a name.
func (f *faults) entry(key string, node ast.Node) (Entry, bool) {
	if number, ok := node.(*ast.IntegerNode); ok {
		written := number.GetToken().Value
		id, err := strconv.ParseInt(written, 10, 64)
		if err != nil || id <= 0 || strconv.FormatInt(id, 10) != written {
			f.add(at(node), "%s: %s is no type id, which is a whole number from 1; if it is a type's name, write it in quotes", key, written)
			return Entry{}, false
		}
		return Entry{ID: id}, true
	}
	if _, ok := plain(node); !ok {
		f.add(at(node), "%s where %s should have a type's name or id; write a name that looks like something else in quotes", kind(node), key)
		return Entry{}, false
	}
	name := f.text(key, at(node), node)
	if node.GetToken().Type == token.StringType && digits(name) {
		// The parser takes a number that no integer holds for a text; a person meant an id.
		f.add(at(node), "%s: %s is no type id: too large; if it is a type's name, write it in quotes", key, name)
		return Entry{}, false
	}
	return Entry{Name: name}, name != ""
}

// names checks the rules' names against each other.
func (f *faults) names(written []writtenRule) {
	called := map[string]writtenRule{}
	for _, w := range written {
		if w.Service == "" {
			continue
		}
		if before, twice := called[fold(w.Service)]; twice {
			f.add(w.name, "two rules are named %q (the other in line %d; case does not count); join them or rename one", w.Service, before.name.line)
			continue
		}
		called[fold(w.Service)] = w
	}
	claimed := map[string]writtenRule{}
	for _, w := range written {
		for i, former := range w.Formerly {
			key := fold(former)
			now, isName := called[key]
			before, isClaimed := claimed[key]
			switch {
			case isName && now.name != w.name:
				f.add(w.formerly[i], "formerly %q is what another rule is called (line %d); one service cannot become two", former, now.name.line)
			case isClaimed:
				f.add(w.formerly[i], "formerly %q stands twice (first for service %q); only one service can have been called so", former, before.Service)
			default:
				claimed[key] = w
			}
		}
	}
}

// mapping is the pairs of a mapping in the order written.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// items is a list's items, or the one thing that stands for itself.
func items(node ast.Node) []ast.Node {
	if list, ok := node.(*ast.SequenceNode); ok {
		return list.Values
	}
	return []ast.Node{node}
}

// plain is the value of a text in whatever style it is written.
func plain(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	}
	return "", false
}
