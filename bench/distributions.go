package main

// distribution is how the ids of a tenant's items lie, and whose they are.
type distribution struct {
	id   func(i, n int) int64
	huge bool // nine of ten items belong to one company
	says string
}

// usual is the one that contestants are compared on.
const usual = "even"

var distributions = map[string]distribution{
	usual:       {id: func(i, _ int) int64 { return int64(i)*13 + 5 }, says: "ids at equal distances"},
	"clustered": {id: func(i, _ int) int64 { return int64(i) + int64(i/1000)*9_000_000 + 1 }, says: "imports of 1,000 with nine million ids between them"},
	"new at the end": {id: func(i, n int) int64 {
		if i < n/2 {
			return int64(i)*5_000 + 1
		}
		return int64(n/2)*5_000 + int64(i-n/2) + 1
	}, says: "half of them far apart, the newer half close together at the end"},
	"one huge company": {id: func(i, _ int) int64 { return int64(i)*13 + 5 }, huge: true, says: "nine of ten items belong to one company"},
	"ever denser": {id: func(i, n int) int64 {
		left := int64(n - i)
		return int64(n)*int64(n) - left*left
	}, says: "the distances shrink from first to last"},
}

// distributionNames is their order on the page.
var distributionNames = []string{usual, "clustered", "new at the end", "one huge company", "ever denser"}
