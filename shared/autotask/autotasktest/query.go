package autotasktest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// query is the body of a query. Its keys are known in any case; unknown ones are ignored.
type query struct {
	size    int      // rows on a page
	include []*field // empty: all
	filter  []node
	nothing bool // an empty filter: no row at all
	bounds  bounds
}

// refusal is an answer 500 with a text.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

// The texts of refusals, as others have seen them.
const (
	noFilterText   = "Value cannot be null.\r\nParameter name: filters"
	pageSizeText   = "maxCountOfRecordsToReturn must be between 1 and 500"
	tooManyOrsText = "Invalid query syntax. Queries are limited to 500 or fewer 'OR' conditions."
	oddInputText   = "Object reference not set to an instance of an object."
	noAccessText   = "The logged in Resource does not have the adequate permissions to query this entity type."
)

const (
	maxPage = 500
	maxOrs  = 500
)

func unexpected(raw json.RawMessage) error {
	text := strings.Trim(string(raw), `" `)
	if text == "" {
		text = "n" // of null
	}
	return refuse("Unexpected character encountered while parsing value: %.1s", text)
}

func unknownField(name string, e *entity) error {
	return refuse("Unable to find %s in the %s Entity.", name, e.singular)
}

// object reads a JSON object whose keys may be in any case.
func object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, unexpected(raw)
	}
	out := make(map[string]json.RawMessage, len(m))
	for k, v := range m {
		out[strings.ToLower(k)] = v
	}
	return out, nil
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func parseQuery(e *entity, body []byte) (query, error) {
	q := query{size: maxPage}
	if absent(json.RawMessage(strings.TrimSpace(string(body)))) {
		return q, refuse(noFilterText)
	}
	m, err := object(body)
	if err != nil {
		return q, err
	}
	if raw := m["maxrecords"]; !absent(raw) {
		if json.Unmarshal(raw, &q.size) != nil || q.size < 1 || q.size > maxPage {
			return q, refuse(pageSizeText)
		}
	}
	var include []string
	if raw := m["includefields"]; !absent(raw) && json.Unmarshal(raw, &include) != nil {
		return q, refuse(oddInputText)
	}
	for _, name := range include {
		f := e.fields[strings.ToLower(name)]
		if f == nil {
			return q, unknownField(name, e)
		}
		q.include = append(q.include, f)
	}
	raw := m["filter"]
	var list []json.RawMessage
	if absent(raw) || json.Unmarshal(raw, &list) != nil {
		return q, refuse(noFilterText)
	}
	q.nothing = len(list) == 0
	if q.filter, err = parseNodes(e, list); err != nil {
		return q, err
	}
	if ors(q.filter) > maxOrs {
		return q, refuse(tooManyOrsText)
	}
	if udfs(q.filter) > 1 {
		return q, refuse("Only one user-defined field is allowed in a query.") // the rule is documented, its text is not
	}
	q.bounds = boundsOf(q.filter)
	return q, nil
}

// parseNodes reads the elements of a filter or group. What the vendor ignores is left out.
func parseNodes(e *entity, list []json.RawMessage) ([]node, error) {
	nodes := make([]node, 0, len(list))
	for _, raw := range list {
		n, err := parseNode(e, raw)
		if err != nil {
			return nil, err
		}
		if n.op != "" {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// operators, by whether they take a value. They are known in any case.
var operators = map[string]bool{
	"eq": true, "noteq": true, "gt": true, "gte": true, "lt": true, "lte": true, "beginswith": true, "endswith": true,
	"contains": true, "exist": false, "notexist": false, "in": true, "notin": true,
}

// parseNode reads a leaf or a group. One without an operator is one to ignore: a misspelt operator is as if the leaf were
// not there, and so is a group that has nothing else.
func parseNode(e *entity, raw json.RawMessage) (node, error) {
	m, err := object(raw)
	if err != nil {
		return node{}, err
	}
	var n node
	_ = json.Unmarshal(m["op"], &n.op)
	n.op = strings.ToLower(n.op)
	if n.op == "and" || n.op == "or" {
		var list []json.RawMessage
		_ = json.Unmarshal(m["items"], &list)
		if n.items, err = parseNodes(e, list); err != nil || len(n.items) == 0 {
			return node{}, err
		}
		return n, nil
	}
	takesValue, known := operators[n.op]
	if !known {
		return node{}, nil
	}
	var name string
	_ = json.Unmarshal(m["field"], &name)
	_ = json.Unmarshal(m["udf"], &n.udf)
	if n.udf {
		return n, nil
	}
	if n.field = e.fields[strings.ToLower(name)]; n.field == nil || n.field.unaskable {
		return n, unknownField(name, e) // for a field that cannot be asked for, the text is assumed
	}
	if !takesValue {
		return n, nil
	}
	values := []json.RawMessage{m["value"]}
	if n.op == "in" || n.op == "notin" {
		if json.Unmarshal(m["value"], &values) != nil {
			return n, unexpected(m["value"])
		}
	}
	n.want = make([]value, len(values))
	for i, raw := range values {
		if n.want[i], err = parseValue(n.field.kind, raw); err != nil {
			return n, err
		}
	}
	return n, nil
}

// parseValue reads what a field of some kind is compared with. Booleans are strict; numbers may come as strings.
func parseValue(k kind, raw json.RawMessage) (value, error) {
	text := string(raw)
	switch {
	case k == kindBool && (text == "true" || text == "false"):
		return truth(text == "true"), nil
	case k == kindBool:
		return value{}, unexpected(raw)
	case absent(raw):
		return value{}, nil
	case k == kindInt:
		n, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
		if err != nil {
			return value{}, unexpected(raw)
		}
		return number(n), nil
	case k == kindDouble:
		return value{}, nil // no row holds one
	}
	if json.Unmarshal(raw, &text) != nil && (raw[0] == '{' || raw[0] == '[') {
		return value{}, unexpected(raw)
	}
	return words(text), nil
}
