package template_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// stack is what the template becomes for one choice of parameters: conditions decided, parameters and mappings filled
// in, the functions' Globals merged. What is left of an intrinsic is the text that !Sub would need for it: ${Queue},
// ${Queue.Arn}, ${AWS::StackName}.
type stack struct {
	name      string // of the choice of parameters
	params    map[string]any
	resources map[string]tree
	outputs   tree

	byType map[string][]string // the resources' ids, made when first asked for
}

// resolver makes a stack. What cannot be resolved is collected, not guessed.
type resolver struct {
	template tree
	params   map[string]any
	problems []finding
	where    string
}

// noValue is what !Ref AWS::NoValue stands for: the key is not there at all.
type noValue struct{}

func resolve(template tree, name string, given map[string]any) (*stack, []finding) {
	r := &resolver{template: template, params: map[string]any{}}
	parameters, _ := template["Parameters"].(tree)
	for p := range parameters {
		r.params[p] = at(parameters, p, "Default")
	}
	maps.Copy(r.params, given)
	s := &stack{name: name, params: r.params, resources: map[string]tree{}, outputs: tree{}}
	resources, _ := template["Resources"].(tree)
	for _, id := range sorted(resources) {
		r.where = id
		if c := at(resources, id, "Condition"); c != nil && !r.condition(text(c)) {
			continue
		}
		if resource, ok := r.value(resources[id]).(tree); ok {
			s.resources[id] = resource
			r.mergeGlobals(resource)
		}
	}
	outputs, _ := template["Outputs"].(tree)
	for _, id := range sorted(outputs) {
		r.where = "Outputs." + id
		if c := at(outputs, id, "Condition"); c == nil || r.condition(text(c)) {
			s.outputs[id] = r.value(outputs[id])
		}
	}
	r.dangling(s)
	return s, r.problems
}

func (r *resolver) problem(format string, args ...any) {
	r.problems = append(r.problems, finding{"references", r.where, fmt.Sprintf(format, args...)})
}

// mergeGlobals gives a function what Globals say and it does not say itself.
func (r *resolver) mergeGlobals(resource tree) {
	properties, ok := resource["Properties"].(tree)
	if !ok || resource["Type"] != "AWS::Serverless::Function" {
		return
	}
	globals, _ := r.value(at(r.template, "Globals", "Function")).(tree)
	for k, v := range globals {
		own, has := properties[k]
		ownMap, _ := own.(tree)
		globalMap, _ := v.(tree)
		switch {
		case !has:
			properties[k] = v
		case k == "Environment" && ownMap != nil && globalMap != nil:
			merged, _ := deepCopy(globalMap["Variables"]).(tree)
			if merged == nil {
				merged = tree{}
			}
			if variables, ok := ownMap["Variables"].(tree); ok {
				maps.Copy(merged, variables)
			}
			ownMap["Variables"] = merged
		}
	}
}

// value resolves a value of the template.
func (r *resolver) value(v any) any {
	switch v := v.(type) {
	case tree:
		if len(v) == 1 {
			for k, arg := range v {
				if k == "Ref" || strings.HasPrefix(k, "Fn::") {
					return r.intrinsic(k, arg)
				}
			}
		}
		out := make(tree, len(v))
		for k, e := range v {
			if e = r.value(e); e != (noValue{}) {
				out[k] = e
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if e = r.value(e); e != (noValue{}) {
				out = append(out, e)
			}
		}
		return out
	}
	return v
}

func (r *resolver) intrinsic(name string, arg any) any {
	args := list(arg)
	switch {
	case name == "Ref":
		return r.ref(text(arg))
	case name == "Fn::GetAtt" && len(args) == 2:
		return "${" + text(args[0]) + "." + text(r.value(args[1])) + "}"
	case name == "Fn::Sub":
		return r.sub(args)
	case name == "Fn::If" && len(args) == 3:
		if r.condition(text(args[0])) {
			return r.value(args[1])
		}
		return r.value(args[2])
	case name == "Fn::FindInMap" && len(args) == 3:
		found := at(r.template, "Mappings", text(r.value(args[0])), text(r.value(args[1])), text(r.value(args[2])))
		if found == nil {
			r.problem("Mappings has no %s, %s, %s", r.value(args[0]), r.value(args[1]), r.value(args[2]))
		}
		return found
	case name == "Fn::Join" && len(args) == 2:
		var parts []string
		for _, e := range list(r.value(args[1])) {
			parts = append(parts, text(e))
		}
		return strings.Join(parts, text(args[0]))
	case name == "Fn::Split" && len(args) == 2:
		var parts []any
		for _, part := range strings.Split(text(r.value(args[1])), text(args[0])) {
			parts = append(parts, part)
		}
		return parts
	case name == "Fn::Select" && len(args) == 2:
		from, i := list(r.value(args[1])), number(args[0])
		if i < 0 || int(i) >= len(from) {
			return ""
		}
		return from[int(i)]
	}
	r.problem("%s with %v is nothing these tests can resolve", name, arg)
	return nil
}

func (r *resolver) ref(name string) any {
	if name == "AWS::NoValue" {
		return noValue{}
	}
	if value, ok := r.params[name]; ok {
		return value
	}
	return "${" + name + "}"
}

var placeholder = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

func (r *resolver) sub(args []any) string {
	if len(args) == 0 {
		return ""
	}
	own := tree{}
	if len(args) == 2 {
		own, _ = args[1].(tree)
	}
	return placeholder.ReplaceAllStringFunc(text(args[0]), func(p string) string {
		name := p[2 : len(p)-1]
		if v, ok := own[name]; ok {
			return text(r.value(v))
		}
		return text(r.ref(name))
	})
}

// condition decides a condition by name.
func (r *resolver) condition(name string) bool {
	c := at(r.template, "Conditions", name)
	if c == nil {
		r.problem("no condition %s", name)
		return false
	}
	return r.decide(c)
}

func (r *resolver) decide(c any) bool {
	m, _ := c.(tree)
	for name, arg := range m {
		args := list(arg)
		switch name {
		case "Condition":
			return r.condition(text(arg))
		case "Fn::Equals":
			return len(args) == 2 && text(r.value(args[0])) == text(r.value(args[1]))
		case "Fn::Not":
			return len(args) == 1 && !r.decide(args[0])
		case "Fn::And":
			return !slices.ContainsFunc(args, func(a any) bool { return !r.decide(a) })
		case "Fn::Or":
			return slices.ContainsFunc(args, r.decide)
		}
	}
	r.problem("a condition that these tests cannot decide: %v", c)
	return false
}
