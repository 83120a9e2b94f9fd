package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// meeting is all that is measured in one go. What it measures takes the place of what was kept of the same.
type meeting struct {
	self        string
	contestants []contestant
	only        string   // a part of the names of those who are to count
	parts       []string // what is measured
	companies   int
	latency     time.Duration
	times       int   // how often this program counts
	peers       []int // how often the others do, by size; the last one holds for all larger sizes too
	kept        *results
	save        func() error // called whenever a part has been measured
}

// What can be measured.
const (
	partSizes    = "sizes"    // everybody, on each size
	partFaults   = "faults"   // everybody, on the smallest one, when requests fail
	partIds      = "ids"      // this program, on the smallest one, by how the ids lie
	partPromises = "promises" // what else this program promises, by its own benchmarks
)

var allParts = []string{partSizes, partFaults, partIds, partPromises}

// faultShare of all queries fail in the rounds that are about being right.
const (
	faultShare  = 0.01
	faultRounds = 3
)

// hold measures the parts that are wanted.
func (m *meeting) hold(ctx context.Context, sizes []int) error {
	for at, size := range sizes {
		if !slices.Contains(m.parts, partSizes) {
			break
		}
		of, err := m.everybody(ctx, size, 0, func(c contestant) int { return m.rounds(c, at) })
		if err != nil {
			return err
		}
		if m.kept.Sizes[size] == nil {
			m.kept.Sizes[size] = map[string]series{}
		}
		m.keep(m.kept.Sizes[size], of)
		if err := m.save(); err != nil {
			return err
		}
	}
	if slices.Contains(m.parts, partFaults) {
		of, err := m.everybody(ctx, sizes[0], faultShare, func(c contestant) int { return min(m.rounds(c, 0), faultRounds) })
		if err != nil {
			return err
		}
		m.keep(m.kept.Faults, of)
		m.kept.FaultSize = sizes[0]
		if err := m.save(); err != nil {
			return err
		}
	}
	if slices.Contains(m.parts, partIds) {
		if err := m.ids(ctx, sizes[0]); err != nil {
			return err
		}
	}
	if slices.Contains(m.parts, partPromises) {
		return m.promises(ctx)
	}
	return nil
}

// rounds is how often somebody counts the n-th size.
func (m *meeting) rounds(c contestant, n int) int {
	if c.Ours {
		return m.times
	}
	return m.peers[min(n, len(m.peers)-1)]
}

func (m *meeting) keep(into map[string]series, of map[string][]outcome) {
	for name, outcomes := range of {
		into[name] = series{time.Now().UTC().Truncate(time.Second), machine(), outcomes}
	}
}

// invited tells whether somebody is to count, and can.
func (m *meeting) invited(c contestant) bool {
	return c.wrong == nil && strings.Contains(c.Name, m.only)
}

// everybody lets all contestants count one size, each as often as is said.
func (m *meeting) everybody(ctx context.Context, size int, faults float64, rounds func(contestant) int) (map[string][]outcome, error) {
	t := tenant{size, m.companies, m.latency, usual}
	of := map[string][]outcome{}
	err := m.on(ctx, t, func(g *ground) error {
		active := 0
		for _, n := range g.truth {
			active += int(n)
		}
		m.kept.Active[size] = active
		// One after the other within each round, so that what else the machine does meets all of them.
		for round, more := 0, true; more; round++ {
			more = false
			for _, c := range m.contestants {
				if !m.invited(c) || round >= rounds(c) {
					continue
				}
				more = true
				o, err := m.count(ctx, g, c, t, faults, round)
				if err != nil {
					return err
				}
				of[c.Name] = append(of[c.Name], o)
			}
		}
		return nil
	})
	return of, err
}

// ids lets this program count tenants whose ids lie in different ways.
func (m *meeting) ids(ctx context.Context, size int) error {
	for _, c := range m.contestants {
		if !c.Ours || !m.invited(c) {
			continue
		}
		for _, name := range distributionNames {
			t := tenant{size, m.companies, m.latency, name}
			var all []outcome
			err := m.on(ctx, t, func(g *ground) error {
				for round := range m.times {
					o, err := m.count(ctx, g, c, t, 0, round)
					if err != nil {
						return err
					}
					all = append(all, o)
				}
				return nil
			})
			if err != nil {
				return err
			}
			m.keep(m.kept.Ids, map[string][]outcome{name: all})
		}
		m.kept.IdsSize = size
	}
	return m.save()
}

func (m *meeting) on(ctx context.Context, t tenant, do func(*ground) error) error {
	g, err := start(ctx, m.self, t)
	if err != nil {
		return err
	}
	defer g.close()
	return do(g)
}

func (m *meeting) count(ctx context.Context, g *ground, c contestant, t tenant, faults float64, round int) (outcome, error) {
	o, err := g.run(ctx, c, t, faults, round)
	said := "wrong"
	switch {
	case o.Failed != "":
		said = "failed: " + o.Failed
	case o.Right:
		said = "right"
	}
	fmt.Fprintf(os.Stderr, "%d items, %s, %g%% faults, round %d: %s: %s in %s, %d requests, %.0f MB, %s CPU\n", t.Items, t.Distribution, 100*faults, round+1,
		c.Name, said, o.Wall.Round(10*time.Millisecond), o.ItemRequests, o.PeakMB, o.CPU.Round(10*time.Millisecond))
	return o, err
}
