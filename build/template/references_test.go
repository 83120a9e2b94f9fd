package template_test

import "strings"

// dangling finds what points at a resource that this stack does not have.
func (r *resolver) dangling(s *stack) {
	look := func(where string, value any) {
		r.where = where
		eachText(value, func(_, v string) {
			for _, m := range placeholder.FindAllStringSubmatch(v, -1) {
				id, _, _ := strings.Cut(m[1], ".")
				if _, ok := s.resources[id]; !ok && !strings.HasPrefix(id, "AWS::") {
					r.problem("points at %s, which a stack with %s does not have", id, s.name)
				}
			}
		})
	}
	for id, resource := range s.resources {
		look(id, resource)
	}
	for id, output := range s.outputs {
		look("Outputs."+id, output)
	}
}

// eachText visits the texts of a value that have a brace, with the key they stand under, in no order.
func eachText(value any, visit func(key, value string)) { eachTextUnder("", value, visit) }

func eachTextUnder(key string, value any, visit func(key, value string)) {
	switch v := value.(type) {
	case tree:
		for k, e := range v {
			eachTextUnder(k, e, visit)
		}
	case []any:
		for _, e := range v {
			eachTextUnder(key, e, visit)
		}
	case string:
		if strings.Contains(v, "{") {
			visit(key, v)
		}
	}
}
