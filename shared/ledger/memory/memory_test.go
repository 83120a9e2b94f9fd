package memory_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/ledgertest"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

func TestStore(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Store { return memory.New() })
}

func TestOverlay(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Store { return memory.Overlay(memory.New()) })
}

func TestOverlay_OverAnOverlay(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Store { return memory.Overlay(memory.Overlay(memory.New())) })
}

func TestStore_ExpiresByTheClockHandedIn(t *testing.T) {
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	store := memory.New()
	store.Now = func() time.Time { return now }
	layer := memory.Overlay(store)
	layer.Now = store.Now
	key := ledger.Key{Kind: "run", ID: "1"}
	for _, s := range []ledger.Store{layer, store} {
		if err := s.Write(t.Context(), ledger.Write{Key: key, Body: []byte(`1`), Expires: now.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		at   time.Time
		want int64
	}{{now.Add(time.Minute - 1), 1}, {now.Add(time.Minute), 0}} {
		now = step.at
		for _, s := range []ledger.Store{layer, store} {
			docs, err := s.Get(t.Context(), key)
			if err != nil || docs[0].Version != step.want {
				t.Errorf("at %v: %T has version %d, %v; want %d", now, s, docs[0].Version, err, step.want)
			}
		}
	}
}
