package template_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mutant is a small mistake that somebody could make, and the rule that has to see it.
type mutant struct {
	name string
	rule string
	edit edit
}

// edit makes the mistake in a copy. It fails where the template is no longer what the mutant changes.
type edit func(*subject) error

// parent walks to what holds the last step of a path: keys of mappings, places in lists, or Key=Value for the entry of a
// list that has it.
func parent(root any, path string) (holder any, last string, err error) {
	steps := strings.Split(path, "/")
	value := root
	for i, step := range steps {
		if i == len(steps)-1 {
			return value, step, nil
		}
		switch v := value.(type) {
		case tree:
			value = v[step]
		case []any:
			if n := place(v, step); n >= 0 {
				value = v[n]
			} else {
				value = nil
			}
		}
		if value == nil {
			return nil, "", fmt.Errorf("the template has no %s", strings.Join(steps[:i+1], "/"))
		}
	}
	return nil, "", fmt.Errorf("no path")
}

func place(l []any, step string) int {
	if key, want, ok := strings.Cut(step, "="); ok {
		return slices.IndexFunc(l, func(e any) bool { return text(at(e, key)) == want })
	}
	if n, err := strconv.Atoi(step); err == nil && n < len(l) {
		return n
	}
	return -1
}

// set writes a value, whether or not something is there.
func set(path string, value any) edit {
	return func(s *subject) error {
		holder, last, err := parent(s.template, path)
		if err != nil {
			return err
		}
		switch h := holder.(type) {
		case tree:
			h[last] = value
			return nil
		case []any:
			if n := place(h, last); n >= 0 {
				h[n] = value
				return nil
			}
		}
		return fmt.Errorf("nothing can be set at %s", path)
	}
}

// change replaces what is there.
func change(path string, value any) edit {
	return func(s *subject) error {
		if old, err := get(s, path); err != nil || old == nil {
			return fmt.Errorf("the template has no %s (%v)", path, err)
		}
		return set(path, value)(s)
	}
}

// drop takes out what is there: a key of a mapping, or an entry of a list.
func drop(path string) edit {
	return func(s *subject) error {
		if old, err := get(s, path); err != nil || old == nil {
			return fmt.Errorf("the template has no %s (%v)", path, err)
		}
		holder, last, _ := parent(s.template, path)
		if h, ok := holder.(tree); ok {
			delete(h, last)
			return nil
		}
		up := strings.TrimSuffix(path, "/"+last)
		l := holder.([]any)
		n := place(l, last)
		return set(up, slices.Delete(slices.Clone(l), n, n+1))(s)
	}
}

func get(s *subject, path string) (any, error) {
	holder, last, err := parent(s.template, path)
	if err != nil {
		return nil, err
	}
	switch h := holder.(type) {
	case tree:
		return h[last], nil
	case []any:
		if n := place(h, last); n >= 0 {
			return h[n], nil
		}
	}
	return nil, nil
}

// add appends to a list; one value becomes a list first.
func add(path string, value any) edit {
	return func(s *subject) error {
		old, err := get(s, path)
		if err != nil || old == nil {
			return fmt.Errorf("the template has no %s (%v)", path, err)
		}
		return set(path, append(slices.Clone(list(old)), value))(s)
	}
}

// swap exchanges what stands at two paths.
func swap(a, b string) edit {
	return func(s *subject) error {
		x, errX := get(s, a)
		y, errY := get(s, b)
		if x == nil || y == nil || fmt.Sprint(x) == fmt.Sprint(y) {
			return fmt.Errorf("%s and %s cannot be exchanged (%v, %v)", a, b, errX, errY)
		}
		return both(set(a, y), set(b, x))(s)
	}
}

// rename gives what stands under a key another one.
func rename(path, name string) edit {
	return func(s *subject) error {
		value, err := get(s, path)
		if err != nil || value == nil {
			return fmt.Errorf("the template has no %s (%v)", path, err)
		}
		_, last, _ := parent(s.template, path)
		return both(set(strings.TrimSuffix(path, last)+name, value), drop(path))(s)
	}
}

func both(edits ...edit) edit {
	return func(s *subject) error {
		for _, e := range edits {
			if err := e(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// inRunbook and inBuild change the text of a file.
func inRunbook(old, new string) edit {
	return func(s *subject) error {
		if !strings.Contains(s.runbook, old) {
			return fmt.Errorf("the runbook does not say %q", old)
		}
		s.runbook = strings.ReplaceAll(s.runbook, old, new)
		return nil
	}
}

func inBuild(path, old, new string) edit {
	return func(s *subject) error {
		if !strings.Contains(s.build[path], old) {
			return fmt.Errorf("%s does not say %q", path, old)
		}
		s.build[path] = strings.ReplaceAll(s.build[path], old, new)
		return nil
	}
}

func ref(name string) tree             { return tree{"Ref": name} }
func getAtt(id, attribute string) tree { return tree{"Fn::GetAtt": []any{id, attribute}} }

// TestTemplate_Mutants makes each mistake and wants its rule to see it. -v shows the table.
func TestTemplate_Mutants(t *testing.T) {
	original := loadSubject(t)
	var table strings.Builder
	caught := map[string]int{}
	for _, m := range mutants() {
		s := original.mutable()
		if err := m.edit(s); err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		seen := false
		for f := range findings(s, m.rule) {
			fmt.Fprintf(&table, "%-62s | %-19s | %s: %s\n", m.name, m.rule, f.where, f.text)
			seen = true
			break
		}
		if !seen {
			t.Errorf("%s: rule %q does not see it; all findings: %v", m.name, m.rule, slices.Collect(findings(s, "")))
			continue
		}
		caught[m.rule]++
	}
	t.Logf("%d mutants, all caught:\n%-62s | %-19s | %s\n%s", len(mutants()), "mutant", "rule", "finding", table.String())
	for _, r := range rules {
		if caught[r.name] == 0 {
			t.Errorf("rule %q sees no mutant: it may see nothing at all", r.name)
		}
	}
	if caught["references"] == 0 {
		t.Error("no mutant points at nothing")
	}
}

func TestTemplate_MutantsLeaveTheOriginalAlone(t *testing.T) {
	original := loadSubject(t)
	before := fmt.Sprint(original.template, original.build)
	for _, m := range mutants() {
		if err := m.edit(original.mutable()); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
	if fmt.Sprint(original.template, original.build) != before {
		t.Error("a mutant changed the original")
	}
}
