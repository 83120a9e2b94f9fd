package autotask

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCells_EachHasOneNumber_HoweverManyAndWhateverTheIds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edge := []int64{NoCompany, NoCompany + 1, -1, 0, 1, 1 << 32, math.MaxInt64 - 1, math.MaxInt64}
	var c cells
	numbers := map[cell]uint32{}
	for i := range 300_000 {
		met := cell{int64(i % 50_000), r.Int64N(5)}
		switch {
		case i%7 == 0:
			met = cell{edge[r.IntN(len(edge))], edge[r.IntN(len(edge))]}
		case i%11 == 0: // ids that differ in their upper bits alone
			met = cell{r.Int64N(1000) << 48, r.Int64N(1000) << 40}
		}
		got := c.number(met.company, met.typ)
		if known, ok := numbers[met]; ok && known != got {
			t.Fatalf("%v is number %d and %d", met, known, got)
		}
		numbers[met] = got
		if c.list[got] != met {
			t.Fatalf("number %d is %v, not %v", got, c.list[got], met)
		}
	}
	if len(c.list) != len(numbers) {
		t.Errorf("%d numbers for %d cells", len(c.list), len(numbers))
	}
}

// BenchmarkCells numbers the items of a page of 2,000 companies with four types each.
//
//	go test ./shared/autotask -run '^$' -bench Cells
func BenchmarkCells(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]itemRow, pageSize)
	for i := range rows {
		rows[i] = itemRow{company: 29_683_500 + r.Int64N(2000), typ: r.Int64N(4)}
	}
	var c cells
	for company := range int64(2000) {
		for typ := range int64(4) {
			c.number(29_683_500+company, typ)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, row := range rows {
			c.number(row.company, row.typ)
		}
	}
}
