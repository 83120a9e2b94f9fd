package autotasktest

import (
	"cmp"
	"strings"
)

// node is one element of a filter: a leaf or a group.
type node struct {
	op    string
	field *field
	want  []value // what it is compared with; several for in and notIn
	items []node
	udf   bool // of a user-defined field, of which the simulated tenant has none
}

// ors counts what the limit on OR conditions counts: what stands in an or, and each value of an in.
func ors(nodes []node) int {
	sum := 0
	for _, n := range nodes {
		if n.op == "or" {
			sum += len(n.items)
		}
		if n.op == "in" || n.op == "notin" {
			sum += len(n.want)
		}
		sum += ors(n.items)
	}
	return sum
}

func udfs(nodes []node) int {
	sum := 0
	for _, n := range nodes {
		if n.udf {
			sum++
		}
		sum += udfs(n.items)
	}
	return sum
}

func (q *query) match(r *row) bool { return !q.nothing && matchAll(q.filter, r) }

func matchAll(nodes []node, r *row) bool {
	for i := range nodes {
		if !nodes[i].match(r) {
			return false
		}
	}
	return true
}

// match compares as SQL does: a null is neither equal nor unequal to anything. Whether the vendor's noteq and notIn
// include nulls is not documented.
func (n *node) match(r *row) bool {
	switch {
	case n.op == "and":
		return matchAll(n.items, r)
	case n.op == "or":
		for i := range n.items {
			if n.items[i].match(r) {
				return true
			}
		}
		return false
	}
	var have value
	if !n.udf {
		have = r.value(n.field)
	}
	switch {
	case n.op == "exist" || n.op == "notexist":
		return have.valid == (n.op == "exist")
	case !have.valid:
		return false
	case n.op == "in" || n.op == "notin":
		found := false
		for _, want := range n.want {
			found = found || want.valid && compare(have, want) == 0
		}
		return found == (n.op == "in")
	case !n.want[0].valid:
		return false
	}
	want := n.want[0]
	switch n.op {
	case "beginswith":
		return strings.HasPrefix(fold(have), fold(want))
	case "endswith":
		return strings.HasSuffix(fold(have), fold(want))
	case "contains":
		return strings.Contains(fold(have), fold(want))
	}
	c := compare(have, want)
	switch n.op {
	case "eq":
		return c == 0
	case "noteq":
		return c != 0
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "lt":
		return c < 0
	default: // lte
		return c <= 0
	}
}

func fold(v value) string { return strings.ToLower(v.s) }

// compare orders two values of one kind; texts without regard to case, as the database does.
func compare(have, want value) int {
	if have.text {
		return strings.Compare(fold(have), fold(want))
	}
	return cmp.Compare(have.n, want.n)
}
