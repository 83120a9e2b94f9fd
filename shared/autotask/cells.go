package autotask

// cell is what items are counted by.
type cell struct{ company, typ int64 }

// cells numbers the cells in the order they are met, so that contributions can be small. Each item is looked up once, which
// with a map took a seventh of all the time; this is a table with the next free place for what collides.
type cells struct {
	places []uint32 // the number plus 1; 0: free. At most half of them are taken, and there are a power of 2
	list   []cell
}

// firstPlaces is how many places a table begins with.
const firstPlaces = 1 << 10

// number is the number of a cell; a new one gets the next.
func (c *cells) number(company, typ int64) uint32 {
	if 2*len(c.list) >= len(c.places) {
		c.grow()
	}
	want := cell{company, typ}
	at := c.place(want)
	if n := c.places[at]; n > 0 {
		return n - 1
	}
	c.list = append(c.list, want)
	c.places[at] = uint32(len(c.list))
	return uint32(len(c.list) - 1)
}

// place is where a cell stands, or will stand.
func (c *cells) place(want cell) uint64 {
	mask := uint64(len(c.places) - 1)
	for at := want.hash() & mask; ; at = (at + 1) & mask {
		if n := c.places[at]; n == 0 || c.list[n-1] == want {
			return at
		}
	}
}

func (c *cells) grow() {
	c.places = make([]uint32, max(firstPlaces, 2*len(c.places)))
	for i, known := range c.list {
		c.places[c.place(known)] = uint32(i + 1)
	}
}

// hash spreads neighbouring companies and types over all 64 bits (the multipliers are SplitMix64's).
func (c cell) hash() uint64 {
	z := uint64(c.company)*0x9e3779b97f4a7c15 + uint64(c.typ) //nolint:gosec // any bits will do
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
