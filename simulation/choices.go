package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// choices decides everything that chance decides in a history. Each decision has a name of its own (what is about to
// happen, and how often that has been asked), and its value follows from the seed and the name alone. So leaving one
// decision out of a history changes no other one, which is what makes a failing history easy to reduce.
//
// 0 always means that nothing out of the ordinary happens.
type choices struct {
	seed   uint64
	replay map[string]int // if not nil: what is not in it is 0
	asked  map[string]int
	taken  map[string]int // what was not 0
}

func newChoices(seed uint64, replay map[string]int) *choices {
	return &choices{seed: seed, replay: replay, asked: map[string]int{}, taken: map[string]int{}}
}

// one chooses 0, or, in so many of a thousand cases, one of 1 to n.
func (c *choices) one(name string, perMille, n int) int {
	if n <= 0 {
		return 0
	}
	c.asked[name]++
	key := name + "#" + strconv.Itoa(c.asked[name])
	value := 0
	if c.replay != nil {
		value = c.replay[key]
		if value > n {
			value = 0
		}
	} else if h := c.hash(key); int(h%1000) < perMille {
		value = 1 + int((h/1000)%uint64(n))
	}
	if value != 0 {
		c.taken[key] = value
	}
	return value
}

// of chooses one of 0 to n-1, each as likely.
func (c *choices) of(name string, n int) int {
	return c.one(name, 1000-1000/max(n, 1), n-1)
}

func (c *choices) hash(key string) uint64 {
	x := fnv(c.seed*0x9e3779b97f4a7c15, key) // FNV's low bits are poor: mix
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// fnv is FNV-1a from some state on.
func fnv(state uint64, text string) uint64 {
	state ^= 0xcbf29ce484222325
	for i := range len(text) {
		state = (state ^ uint64(text[i])) * 0x100000001b3
	}
	return state
}

// encode writes a history as text: a line for each decision that was not 0.
func encode(taken map[string]int) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(taken)) {
		fmt.Fprintf(&b, "%s = %d\n", key, taken[key])
	}
	return b.String()
}

// decode reads what encode has written.
func decode(text string) (map[string]int, error) {
	taken := map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		at := strings.LastIndex(line, " = ")
		if at < 0 {
			return nil, fmt.Errorf("history: line %q is not \"decision = value\"", line)
		}
		value, err := strconv.Atoi(line[at+3:])
		if err != nil {
			return nil, fmt.Errorf("history: line %q: %w", line, err)
		}
		taken[line[:at]] = value
	}
	return taken, nil
}
