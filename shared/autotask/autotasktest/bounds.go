package autotasktest

import (
	"math"
)

// bounds are the ids that the leaves at the top of a filter allow. When nothing but the id and isActive is asked for,
// plain is set, and rows can be counted without being visited.
type bounds struct {
	low, high int64
	plain     bool
	states    [2]bool // whether inactive (0) and active (1) rows may match
}

func boundsOf(nodes []node) bounds {
	b := bounds{low: math.MinInt64, high: math.MaxInt64, plain: true, states: [2]bool{true, true}}
	for _, n := range nodes {
		if n.field == nil || len(n.want) > 1 || len(n.want) == 1 && !n.want[0].valid {
			b.plain = false
			continue
		}
		switch n.field.name + " " + n.op {
		case "isActive eq":
			b.states[1-n.want[0].n] = false
		case "isActive noteq":
			b.states[n.want[0].n] = false
		case "id exist":
		case "id gt":
			if n.want[0].n == math.MaxInt64 {
				b.plain = false
				continue
			}
			b.low = max(b.low, n.want[0].n+1)
		case "id gte":
			b.low = max(b.low, n.want[0].n)
		case "id lt":
			if n.want[0].n == math.MinInt64 {
				b.plain = false
				continue
			}
			b.high = min(b.high, n.want[0].n-1)
		case "id lte":
			b.high = min(b.high, n.want[0].n)
		case "id eq":
			b.low, b.high = max(b.low, n.want[0].n), min(b.high, n.want[0].n)
		default:
			b.plain = false
		}
	}
	return b
}
