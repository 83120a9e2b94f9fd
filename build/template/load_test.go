// Package template_test holds template.yaml to the rules that a deployment cannot be trusted to find out: who may do
// what, which queue feeds which function, what is kept and for how long, who is told. It asks nobody: the template is
// read as a tree, the program's side (settings, rights it needs, time-outs) is read from its source.
package template_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// tree is a mapping of the template. Values are tree, []any, string, int, float64, bool or nil; an intrinsic stands in
// its long form: !Ref X is {"Ref": "X"}, !GetAtt X.Arn is {"Fn::GetAtt": ["X", "Arn"]}.
type tree = map[string]any

// loadTemplate reads template.yaml.
func loadTemplate(t testing.TB) tree {
	t.Helper()
	data, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := parseTemplate(data)
	if err != nil {
		t.Fatalf("template.yaml: %v", err)
	}
	return root
}

func parseTemplate(data []byte) (tree, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("%d documents, want 1", len(file.Docs))
	}
	value, err := plain(file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	root, ok := value.(tree)
	if !ok {
		return nil, fmt.Errorf("a %T at the top, want a mapping", value)
	}
	return root, nil
}

// plain turns a node of the parser's tree into plain values.
func plain(node ast.Node) (any, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return plainMap(n.Values)
	case *ast.MappingValueNode:
		return plainMap([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, v := range n.Values {
			value, err := plain(v)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case *ast.TagNode:
		value, err := plain(n.Value)
		if err != nil {
			return nil, err
		}
		return longForm(strings.TrimPrefix(n.Start.Value, "!"), value), nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode:
		switch v := n.Value.(type) {
		case int64:
			return int(v), nil
		case uint64:
			return int(v), nil
		}
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.NullNode:
		return nil, nil
	}
	return nil, fmt.Errorf("line %d: a %s, which this reader does not know", node.GetToken().Position.Line, node.Type())
}

func plainMap(values []*ast.MappingValueNode) (tree, error) {
	out := make(tree, len(values))
	for _, v := range values {
		key, err := plain(v.Key)
		if err != nil {
			return nil, err
		}
		if out[text(key)], err = plain(v.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// longForm spells a tag as the function that it is short for.
func longForm(tag string, value any) tree {
	switch tag {
	case "Ref", "Condition":
		return tree{tag: value}
	case "GetAtt":
		if s, ok := value.(string); ok {
			resource, attribute, _ := strings.Cut(s, ".")
			value = []any{resource, attribute}
		}
	}
	return tree{"Fn::" + tag: value}
}

// deepCopy copies a value of the tree, so that a mutant leaves the original alone.
func deepCopy(value any) any {
	switch v := value.(type) {
	case tree:
		out := make(tree, len(v))
		for k, e := range v {
			out[k] = deepCopy(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = deepCopy(e)
		}
		return out
	}
	return value
}

// text is a scalar as CloudFormation sees it, to whom 5 and "5" are one; nothing is the empty text.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// at walks down mappings; a step that is not there gives nil.
func at(value any, keys ...string) any {
	for _, k := range keys {
		m, ok := value.(tree)
		if !ok {
			return nil
		}
		value = m[k]
	}
	return value
}

// list is a list, or one value where CloudFormation takes a list of one in short.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func TestTemplate_ShortTagsBecomeTheFunctionsTheyStandFor(t *testing.T) {
	root, err := parseTemplate([]byte(strings.Join([]string{
		"a: !Ref X", "b: !GetAtt X.Arn", "c: !If [C, !Sub 'x-${Y}', 5]", "d: {e: [!Equals [!Ref Z, \"5\"]]}", "f: >-", "  two", "  lines",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := "map[a:map[Ref:X] b:map[Fn::GetAtt:[X Arn]] c:map[Fn::If:[C map[Fn::Sub:x-${Y}] 5]]" +
		" d:map[e:[map[Fn::Equals:[map[Ref:Z] 5]]]] f:two lines]"
	if got := fmt.Sprint(root); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
