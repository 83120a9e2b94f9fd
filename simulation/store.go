package simulation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

var errThrottled = errors.New("the table wants fewer requests")

// store is the ledger's table as one function sees it.
type store struct {
	*task
	ledger.Store
}

// quiet tells keys that the product writes while it holds a lock: a goroutine parked there would stop the others for
// good. There the world does not act, but faults there are.
func quiet(keys []ledger.Key) bool {
	return len(keys) == 1 && keys[0] == ledger.Key{Kind: "state", ID: "rebuild"}
}

var refusedLogin = ledger.Key{Kind: "state", ID: "refusal-" + ledger.Synthesize}

func names(keys []ledger.Key) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.String()
		if k.Kind == "run" {
			parts[i] = "run"
		}
	}
	return strings.Join(parts, ",")
}

// Get reads, if the world lets it. Before the look for a refused login it does not act: all of a worker's goroutines ask the
// same, in an order that only chance decides, and the next thing that each does is about its own account.
func (s store) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	if s.stage != "run" && len(keys) == 1 && keys[0] == refusedLogin {
		if s.dead {
			return nil, errKilled
		}
		return s.Store.Get(ctx, keys...)
	}
	if err := s.enter(ctx, "ledger read", keys); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, keys...)
}

func (s store) enter(ctx context.Context, op string, keys []ledger.Key) error {
	what := op + " " + names(keys)
	if quiet(keys) {
		if s.dead {
			return errKilled
		}
	} else if err := s.yield(what); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.sim.calm && s.sim.choose.one("throttled: "+s.name+" "+what, 3, 1) == 1 {
		s.fault("ledger throttled", what)
		return errThrottled
	}
	return nil
}

func (s store) fault(kind, what string) {
	s.faulty = true
	s.sim.count(kind, s.stage)
	s.sim.note("%s: %s: %s", s.name, what, kind)
}

// List reads all documents of a kind.
func (s store) List(ctx context.Context, kind ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) {
		if err := s.enter(ctx, "ledger list "+string(kind), nil); err != nil {
			yield(ledger.Document{}, err)
			return
		}
		for doc, err := range s.Store.List(ctx, kind) {
			if !yield(doc, err) {
				return
			}
		}
	}
}

// Write writes, if the world lets it, and the answer may be lost.
func (s store) Write(ctx context.Context, writes ...ledger.Write) error {
	keys := make([]ledger.Key, 0, len(writes))
	for _, w := range writes {
		if !w.Check {
			keys = append(keys, w.Key)
		}
	}
	if err := s.enter(ctx, "ledger write", keys); err != nil {
		return err
	}
	before := make([]ledger.Document, len(keys))
	for i, k := range keys {
		docs, err := s.Store.Get(context.Background(), k)
		if err != nil {
			return err
		}
		before[i] = docs[0]
	}
	err := s.Store.Write(ctx, writes...)
	s.sim.trace("%s writes %s: %v", s.name, names(keys), err)
	if err != nil {
		return err
	}
	s.sim.written(s.task, before, writes)
	what := "ledger write " + names(keys)
	if !s.sim.calm && s.sim.choose.one("answer lost: "+s.name+" "+what, 3, 1) == 1 {
		s.fault("ledger answer lost", what)
		return fmt.Errorf("the answer is lost: %w", errThrottled)
	}
	return nil
}

// Close does nothing: the table outlives its functions.
func (s store) Close() error { return nil }
