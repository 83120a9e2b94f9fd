package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3" // a bar that redraws in place, and knows widths
)

// progress shows how far a run is: a bar on a terminal, plain lines now and then elsewhere.
type progress struct {
	w        io.Writer
	terminal bool

	mu    sync.Mutex
	bar   *progressbar.ProgressBar
	what  string
	lines map[string]int64 // the last tenth said, by what
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w), lines: map[string]int64{}}
}

// Read tells how many rows of an entity are read. Companies are few and go beside the items; only items fill the bar.
func (p *progress) Read(entity string, rows, total int64) {
	p.show("reading "+entity, rows, total)
}

// Told tells how many counts are answered.
func (p *progress) Told(answers, total int) { p.show("telling counts", int64(answers), int64(total)) }

// Waiting tells why nothing moves.
func (p *progress) Waiting(vendor, reason string, wait time.Duration) {
	if wait < time.Second {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	fmt.Fprintf(p.w, "waiting %s for %s: %s\n", wait.Round(time.Second), vendor, clean(reason))
}

func (p *progress) show(what string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.terminal {
		p.line(what, done, total)
		return
	}
	if p.bar == nil || p.what != what {
		if p.bar != nil && what == "reading Companies" {
			return // the items' bar goes on
		}
		p.end()
		p.what = what
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(65*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	p.bar.ChangeMax64(total)
	_ = p.bar.Set64(done) // a bar that cannot be drawn stops nothing
}

// line says every third or so, so that a log stays short.
func (p *progress) line(what string, done, total int64) {
	step := int64(3)
	if total > 0 {
		step = done * 3 / total
	}
	if last, said := p.lines[what]; said && last == step {
		return
	}
	if step == 0 {
		return
	}
	p.lines[what] = step
	fmt.Fprintf(p.w, "%s: %d of %d\n", what, done, total)
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}

func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
}
