package autotask

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// maxSegments is how many parts of a walk are kept apart: enough to find one wrong page among a thousand by few counts,
// few enough that memory depends on companies x types alone.
const maxSegments = 256

// segment is a part of the id space that has been walked without a gap: how many rows it had, and what they add to which
// cell, so that it can be taken back and read again when the vendor's counts disagree.
type segment struct {
	span
	rows   int64
	packed []byte // pairs of varints: the step from the cell before, and the items in that cell
}

// segmentOf makes a segment of rows that were read together. scratch is used and returned.
func (c *cells) segmentOf(s span, rows []itemRow, scratch []uint32) (segment, []uint32) {
	scratch = scratch[:0]
	for _, r := range rows {
		scratch = append(scratch, c.number(r.company, r.typ))
	}
	slices.Sort(scratch)
	seg := segment{span: s, rows: int64(len(rows))}
	var p packer
	for i := 0; i < len(scratch); {
		j := i + 1
		for j < len(scratch) && scratch[j] == scratch[i] {
			j++
		}
		p.add(scratch[i], uint64(j-i))
		i = j
	}
	seg.packed = slices.Clip(p.out)
	return seg, scratch
}

// packer writes contributions, in ascending order of cells.
type packer struct {
	out  []byte
	last uint32
}

func (p *packer) add(cell uint32, items uint64) {
	p.out = binary.AppendUvarint(p.out, uint64(cell-p.last))
	p.out = binary.AppendUvarint(p.out, items)
	p.last = cell
}

// unpacker reads what a packer wrote.
type unpacker struct {
	in    []byte
	cell  uint32
	items uint64
}

func (u *unpacker) next() bool {
	if len(u.in) == 0 {
		return false
	}
	step, n := binary.Uvarint(u.in)
	items, m := binary.Uvarint(u.in[n:])
	u.in, u.cell, u.items = u.in[n+m:], u.cell+uint32(step), items
	return true
}

// join makes one segment of two neighbours.
func join(a, b segment) segment {
	p := packer{out: make([]byte, 0, len(a.packed)+len(b.packed))}
	x, y := unpacker{in: a.packed}, unpacker{in: b.packed}
	moreX, moreY := x.next(), y.next()
	for moreX || moreY {
		switch {
		case !moreY || moreX && x.cell < y.cell:
			p.add(x.cell, x.items)
			moreX = x.next()
		case !moreX || y.cell < x.cell:
			p.add(y.cell, y.items)
			moreY = y.next()
		default:
			p.add(x.cell, x.items+y.items)
			moreX, moreY = x.next(), y.next()
		}
	}
	return segment{span{a.after, b.upTo}, a.rows + b.rows, slices.Clip(p.out)}
}

// segments are the parts walked so far, ascending, no two of which overlap.
type segments struct {
	list  []segment
	grain int64 // neighbours are joined up to so many rows
}

// add puts a part where it belongs and, when there are too many, joins small neighbours two by two. So each row is joined a
// few times only, however many there are, and the parts stay about equal.
func (s *segments) add(seg segment) {
	at := sort.Search(len(s.list), func(i int) bool { return s.list[i].after >= seg.after })
	s.list = slices.Insert(s.list, at, seg)
	s.grain = max(s.grain, pageSize)
	for len(s.list) > maxSegments && s.grain < 1<<62 {
		before := len(s.list)
		s.joinPairs()
		if len(s.list) == before {
			s.grain *= 2
		}
	}
}

// joinPairs joins each part with the next one, if both together are no more than the grain. No part is joined twice.
func (s *segments) joinPairs() {
	kept := s.list[:0]
	for i := 0; i < len(s.list); i++ {
		part := s.list[i]
		if i+1 < len(s.list) && part.upTo == s.list[i+1].after && part.rows+s.list[i+1].rows <= s.grain {
			part = join(part, s.list[i+1])
			i++
		}
		kept = append(kept, part)
	}
	clear(s.list[len(kept):])
	s.list = kept
}

// rows is how many rows the parts within a span have. The span must begin and end where parts do.
func (s *segments) rows(within span) int64 {
	var sum int64
	for _, seg := range s.list {
		if seg.after >= within.after && seg.upTo <= within.upTo {
			sum += seg.rows
		}
	}
	return sum
}

// gap is an error unless the parts cover every id, each once.
func (s *segments) gap() error {
	at := everything.after
	for _, seg := range s.list {
		if seg.after != at {
			return fmt.Errorf("the walk left out or walked twice the ids between %d and %d", at, seg.after)
		}
		at = seg.upTo
	}
	if at != everything.upTo {
		return fmt.Errorf("the walk left out the ids above %d", at)
	}
	return nil
}

// totals sums what the parts add to each cell.
func (s *segments) totals(cells int) []int64 {
	sums := make([]int64, cells)
	for _, seg := range s.list {
		for u := (unpacker{in: seg.packed}); u.next(); {
			sums[u.cell] += int64(u.items)
		}
	}
	return sums
}

// median is the end of a part that has about half of all rows at or below it.
func (s *segments) median() (id int64, ok bool) {
	half := s.rows(everything) / 2
	var sum, best int64 = 0, -1
	for _, seg := range s.list {
		sum += seg.rows
		if distance := abs(sum - half); seg.upTo != everything.upTo && (best < 0 || distance < best) {
			id, best = seg.upTo, distance
		}
	}
	return id, best >= 0
}

func abs(n int64) int64 { return max(n, -n) }
