package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// meeting is all that is measured in one go.
type meeting struct {
	self        string
	contestants []contestant
	companies   int
	latency     time.Duration
	times       int
}

// faultShare of all queries fail in the rounds that are about being right.
const (
	faultShare  = 0.01
	faultRounds = 3
)

// hold lets everybody count: each size in turn, then with faults, and then this program on other distributions of ids.
func (m *meeting) hold(ctx context.Context, sizes []int) (*report, error) {
	r := newReport(m, sizes)
	for at, size := range sizes {
		t := tenant{size, m.companies, m.latency, usual}
		err := m.on(ctx, t, func(g *ground) error {
			for _, n := range g.truth {
				r.sizes[at].active += int(n)
			}
			for round := range m.rounds(at) {
				// One after the other within each round, so that what else the machine does meets all of them.
				for i, c := range m.contestants {
					o, err := m.count(ctx, g, c, t, 0, round)
					if err != nil {
						return err
					}
					r.sizes[at].of[i] = append(r.sizes[at].of[i], o)
				}
			}
			if at > 0 {
				return nil
			}
			for round := range min(m.times, faultRounds) {
				for i, c := range m.contestants {
					o, err := m.count(ctx, g, c, t, faultShare, round)
					if err != nil {
						return err
					}
					r.faults[i] = append(r.faults[i], o)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, c := range m.contestants {
		if c.Ours {
			return r, m.distributions(ctx, r, c, sizes[0])
		}
	}
	return r, nil
}

// rounds is how often the n-th size is counted.
func (m *meeting) rounds(n int) int {
	if n == 0 {
		return m.times
	}
	return max(m.times/3, 1)
}

func (m *meeting) distributions(ctx context.Context, r *report, ours contestant, size int) error {
	for d, name := range distributionNames {
		t := tenant{size, m.companies, m.latency, name}
		err := m.on(ctx, t, func(g *ground) error {
			for round := range m.times {
				o, err := m.count(ctx, g, ours, t, 0, round)
				if err != nil {
					return err
				}
				r.distributions[d] = append(r.distributions[d], o)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
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
	if c.wrong != nil {
		return outcome{Failed: c.wrong}, nil
	}
	o, err := g.run(ctx, c, t, faults, round)
	said := "wrong"
	switch {
	case o.Failed != nil:
		said = "failed: " + o.Failed.Error()
	case o.Right:
		said = "right"
	}
	fmt.Fprintf(os.Stderr, "%d items, %s, %g%% faults, round %d: %s: %s in %s, %d requests, %.0f MB, %s CPU\n", t.Items, t.Distribution, 100*faults, round+1,
		c.Name, said, o.Wall.Round(10*time.Millisecond), o.ItemRequests, o.PeakMB, o.CPU.Round(10*time.Millisecond))
	return o, err
}
