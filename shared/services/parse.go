package services

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml" // keeps line and column of every node, so that each fault can say where it is
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxText is far more than rules need, and little enough for the parser, which recurses.
const maxText = 64 << 10

// Parse reads rules from YAML or JSON. The source, a file's or a setting's name, begins every error. All faults are
// reported at once, joined, each a *Fault; only a text that is not YAML ends at its first.
func Parse(source string, text []byte) (Rules, error) {
	f := &faults{source: source}
	rules := f.parse(text)
	if err := f.err(); err != nil {
		return nil, err
	}
	return rules, nil
}

const howTo = "write a list of rules, each beginning with '- service: NAME'"

func (f *faults) parse(text []byte) Rules {
	start := position{1, 1}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		f.add(start, "no text; %s", howTo)
		return nil
	case len(text) > maxText:
		f.add(start, "%d bytes are more than rules may have (%d); is it the right file?", len(text), maxText)
		return nil
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0:
		f.add(start, "not UTF-8; save the text as UTF-8")
		return nil
	}
	file := f.file(text)
	if file == nil {
		return nil
	}
	var docs []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentGroupType {
			docs = append(docs, doc.Body)
		}
	}
	switch len(docs) {
	case 0:
		f.add(start, "no rules; %s", howTo)
		return nil
	case 1:
	default:
		f.add(at(docs[1]), "a second document begins; put all rules into one list")
		return nil
	}
	list, ok := docs[0].(*ast.SequenceNode)
	if !ok {
		f.add(at(docs[0]), "%s where the list of rules should be; %s", kind(docs[0]), howTo)
		return nil
	}
	if len(list.Values) == 0 {
		f.add(at(list), "no rules; %s", howTo)
		return nil
	}
	written := make([]writtenRule, 0, len(list.Values))
	for _, node := range list.Values {
		written = append(written, f.rule(node))
	}
	f.names(written)
	rules := make(Rules, len(written))
	for i, w := range written {
		rules[i] = w.Rule
	}
	return rules
}

// file parses YAML. Keys that stand twice are let through, as f.rule reports them together with everything else.
func (f *faults) file(text []byte) (file *ast.File) {
	defer func() {
		// The text is a person's, and a parser that trips over it must not take the program along.
		if p := recover(); p != nil {
			f.add(position{1, 1}, "not readable as YAML (%v)", p)
			file = nil
		}
	}()
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file
	}
	where, what := position{1, 1}, err.Error()
	var fault yaml.Error
	if errors.As(err, &fault) {
		what = fault.GetMessage()
		if token := fault.GetToken(); token != nil && token.Position != nil {
			where = position{max(token.Position.Line, 1), max(token.Position.Column, 1)}
		}
	}
	if strings.ContainsRune(what, '\t') { // which nobody would see
		f.add(where, "not readable as YAML: a tab; indent with spaces")
		return nil
	}
	f.add(where, "not readable as YAML: %s", what)
	return nil
}

// at is where a node begins.
func at(node ast.Node) position {
	token := node.GetToken()
	if m, ok := node.(*ast.MappingValueNode); ok {
		token = m.Key.GetToken()
	} else if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		token = m.Values[0].Key.GetToken()
	}
	if token == nil || token.Position == nil {
		return position{1, 1}
	}
	return position{token.Position.Line, token.Position.Column}
}

// kind names a node as the person who wrote it would.
func kind(node ast.Node) string {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping (key: value)"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return fmt.Sprintf("the number %s", n.GetToken().Value)
	case *ast.BoolNode:
		return fmt.Sprintf("%t", n.Value)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or alias (& * <<), which rules do not have,"
	case *ast.TagNode:
		return "a tag (!), which rules do not have,"
	}
	return "something else"
}
