package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/synthsync/synthsync/build/measure"
)

// outcome is what one contestant needed once, and whether it was right.
type outcome struct {
	measure.Cost
	seen
	Failed string // why it told no counts, if it ended with an error
	Right  bool   // what it counted is what was there
}

// ground is a vendor process and who runs against it.
type ground struct {
	at      addresses
	truth   map[string]int64
	process *exec.Cmd
	hold    io.Closer
}

// start starts a vendor process.
func start(ctx context.Context, self string, t tenant) (*ground, error) {
	//nolint:gosec // this program
	process := exec.CommandContext(ctx, self, "-serve", "-items", fmt.Sprint(t.Items), "-companies", fmt.Sprint(t.Companies), "-latency", t.Latency.String(), "-distribution", t.Distribution)
	process.Stderr = os.Stderr
	hold, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	g := &ground{process: process, hold: hold}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &g.at)
	}
	if err == nil {
		err = g.ask(ctx, "truth", &g.truth)
	}
	if err != nil {
		g.close()
		return nil, fmt.Errorf("the local vendor does not serve: %w", err)
	}
	return g, nil
}

func (g *ground) close() {
	_ = g.hold.Close()
	_ = g.process.Wait()
}

// ask asks the vendor process for something.
func (g *ground) ask(ctx context.Context, what string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.at.Autotask+"/bench/"+what, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// patience is how long one contestant may take: the slowest needs about a tenth of a second for 500 rows.
func patience(items int, latency time.Duration) time.Duration {
	return time.Minute + time.Duration(items/500)*(latency*2+300*time.Millisecond)
}

// run lets one contestant count once.
func (g *ground) run(ctx context.Context, c contestant, t tenant, faults float64, round int) (outcome, error) {
	if err := g.ask(ctx, fmt.Sprintf("begin?faults=%g&seed=%d", faults, round), nil); err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, patience(t.Items, t.Latency))
	defer cancel()
	var o outcome
	out, cost, err := measure.Run(limited, environment(g.at), c.args...)
	o.Cost = cost
	if ctx.Err() != nil {
		return o, ctx.Err()
	}
	if err := g.ask(ctx, "seen", &o.seen); err != nil {
		return o, err
	}
	var counts map[string]int64
	if err == nil {
		counts, err = c.read(out)
	}
	if err != nil {
		o.Failed = err.Error()
	}
	o.Right = err == nil && maps.Equal(counts, g.truth)
	return o, nil
}
