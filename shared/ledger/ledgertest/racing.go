package ledgertest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Many enough to collide, few enough for an emulator in Python.
const (
	racers = 8
	rounds = 10
)

// increment adds 1 to the number in a document, however often it takes.
func (s store) increment(id string, extra ...ledger.Write) error {
	for {
		docs, err := s.Get(s.t.Context(), key(id))
		if err != nil {
			return err
		}
		n := 0
		if docs[0].Version > 0 {
			if n, err = strconv.Atoi(string(docs[0].Body)); err != nil {
				return err
			}
		}
		err = s.Write(s.t.Context(), append([]ledger.Write{put(id, docs[0].Version, strconv.Itoa(n+1))}, extra...)...)
		var conflict *ledger.Conflict
		if !errors.As(err, &conflict) {
			return err
		}
	}
}

// race runs f in many goroutines, several rounds each.
func race(t *testing.T, f func(racer, round int) error) {
	var running sync.WaitGroup
	for racer := range racers {
		running.Go(func() {
			for round := range rounds {
				if err := f(racer, round); err != nil {
					t.Errorf("racer %d, round %d: %v", racer, round, err)
					return
				}
			}
		})
	}
	running.Wait()
}

var racing = []promise{
	{"Race_IncrementsByCompareAndWriteLoseNone", func(t *testing.T, s store) {
		race(t, func(int, int) error { return s.increment("counter") })
		s.stands("counter", racers*rounds, strconv.Itoa(racers*rounds))
	}},
	{"Race_OfManyDocumentsAtOnceLosesNone", func(t *testing.T, s store) {
		s.write(put("lease", 0, `1`))
		race(t, func(racer, round int) error {
			return s.increment("counter", put(fmt.Sprintf("%d-%d", racer, round), 0, `1`),
				ledger.Write{Key: key("lease"), IfVersion: 1, Check: true})
		})
		s.stands("counter", racers*rounds, strconv.Itoa(racers*rounds))
		s.stands("lease", 1, `1`)
		if got := len(s.list(kind)); got != racers*rounds+2 {
			t.Errorf("%d documents, want %d", got, racers*rounds+2)
		}
	}},
	{"Race_ToCreateHasOneWinner", func(t *testing.T, s store) {
		var winners [rounds]atomic.Int32
		race(t, func(racer, round int) error {
			err := s.Write(t.Context(), put(fmt.Sprint(round), 0, fmt.Sprint(racer)))
			var conflict *ledger.Conflict
			if errors.As(err, &conflict) {
				return nil
			}
			winners[round].Add(1)
			return err
		})
		for round := range winners {
			if n := winners[round].Load(); n != 1 {
				t.Errorf("document %d was created %d times", round, n)
			}
		}
	}},
	{"Race_AConflictFailsNobodyElsesWrite", func(t *testing.T, s store) {
		s.write(put("taken", 0, `1`))
		race(t, func(racer, round int) error {
			if racer%2 == 0 {
				return s.Write(t.Context(), put(fmt.Sprintf("%d-%d", racer, round), 0, `1`))
			}
			err := s.Write(t.Context(), put("taken", 0, `2`))
			var conflict *ledger.Conflict
			if !errors.As(err, &conflict) {
				return fmt.Errorf("got %v, want a conflict", err)
			}
			return nil
		})
		s.stands("taken", 1, `1`)
		if got, want := len(s.list(kind)), racers/2*rounds+1; got != want {
			t.Errorf("%d documents, want %d", got, want)
		}
	}},
}
