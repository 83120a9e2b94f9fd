package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/queue"
)

// batch makes messages with ids 1, 2, … of the groups given.
func batch(groups ...string) []queue.Received {
	out := make([]queue.Received, len(groups))
	for i, g := range groups {
		out[i] = queue.Received{ID: fmt.Sprint(i + 1), Group: g, Receives: 1}
	}
	return out
}

func ids(failures []queue.Failure) []string {
	out := []string{}
	for _, f := range failures {
		out = append(out, f.ID)
	}
	return out
}

// work collects what was begun, in order.
type work struct {
	mu    sync.Mutex
	begun []string
}

func (w *work) begin(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = append(w.begun, id)
}

func TestProcess_NothingFailed_IsAnEmptySlice_NotNil(t *testing.T) {
	for _, b := range [][]queue.Received{nil, batch("a", "b")} {
		got := queue.Process(t.Context(), b, queue.Options{}, func(context.Context, queue.Received) error { return nil })
		if got == nil || len(got) > 0 {
			t.Errorf("got %#v", got)
		}
	}
}

func TestProcess_AGroupIsWorkedInOrder_AndStopsAtItsFirstFailure(t *testing.T) {
	var w work
	got := queue.Process(t.Context(), batch("a", "b", "a", "a", "b"), queue.Options{Workers: 4}, func(_ context.Context, r queue.Received) error {
		w.begin(r.ID)
		if r.ID == "3" {
			return queue.RetryAfter(errPlain, time.Minute)
		}
		return nil
	})
	if !slices.Equal(ids(got), []string{"3", "4"}) {
		t.Fatalf("failed: %v", ids(got))
	}
	if slices.Contains(w.begun, "4") {
		t.Error("a message overtook the failed one of its group")
	}
	if !errors.Is(got[1].Err, queue.ErrGroup) || got[1].Dead {
		t.Errorf("the message behind it: %+v", got[1])
	}
	if got[1].RetryAfter != time.Minute {
		t.Errorf("the message behind it rests %s; while it is hidden its group is not delivered, so it must rest no longer than the failed one", got[1].RetryAfter)
	}
}

func TestProcess_BehindADeadMessage_TheGroupGoesOnSoon(t *testing.T) {
	got := queue.Process(t.Context(), batch("a", "a"), queue.Options{}, func(context.Context, queue.Received) error { return queue.Dead(errPlain) })
	if len(got) != 2 || !got[0].Dead || got[1].Dead || got[1].RetryAfter != time.Second {
		t.Errorf("got %+v", got)
	}
}

func TestProcess_GroupsSideBySide_UpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		start := time.Now()
		queue.Process(t.Context(), batch("a", "b", "c", "d", "e", "f"), queue.Options{Workers: 3}, func(context.Context, queue.Received) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		})
		if most != 3 || time.Since(start) != 2*time.Second {
			t.Errorf("%d at once, %s in all", most, time.Since(start))
		}
	})
}

func TestProcess_WithinTheMargin_NothingNewIsBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var w work
		got := queue.Process(ctx, batch("a", "b", "c", "c"), queue.Options{Workers: 1, Margin: 3 * time.Second}, func(_ context.Context, r queue.Received) error {
			w.begin(r.ID)
			time.Sleep(4 * time.Second)
			return nil
		})
		if !slices.Equal(w.begun, []string{"1", "2"}) || !slices.Equal(ids(got), []string{"3", "4"}) {
			t.Fatalf("begun %v, failed %v", w.begun, ids(got))
		}
		if !errors.Is(got[0].Err, queue.ErrNoTime) || got[0].RetryAfter != time.Second || got[1].RetryAfter != time.Second || got[0].Dead {
			t.Errorf("what was not begun must come again soon: %+v", got)
		}
	})
}

func TestProcess_ContextOver_NothingIsBegun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := queue.Process(ctx, batch("a"), queue.Options{}, func(context.Context, queue.Received) error {
		t.Error("begun")
		return nil
	})
	if len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestProcess_PanicIsThatMessagesFailure_WithItsStackInTheLog(t *testing.T) {
	var log bytes.Buffer
	opts := queue.Options{Workers: 2, Log: slog.New(slog.NewTextHandler(&log, nil))}
	got := queue.Process(t.Context(), batch("a", "a", "b"), opts, func(_ context.Context, r queue.Received) error {
		if r.ID == "1" {
			panic("a bug")
		}
		return nil
	})
	var panicked *queue.PanicError
	if !slices.Equal(ids(got), []string{"1", "2"}) || !errors.As(got[0].Err, &panicked) || got[0].Dead {
		t.Fatalf("got %+v", got)
	}
	if !strings.Contains(log.String(), "worker_test.go") {
		t.Errorf("no stack in the log: %s", log.String())
	}
}

func TestProcess_WorkThatJustEnds_IsNoSuccess(t *testing.T) {
	got := queue.Process(t.Context(), batch("a", "a", "b"), queue.Options{Workers: 1}, func(_ context.Context, r queue.Received) error {
		if r.ID == "1" {
			runtime.Goexit()
		}
		return nil
	})
	if !slices.Equal(ids(got), []string{"1", "2"}) || !errors.Is(got[0].Err, queue.ErrUnfinished) {
		t.Errorf("got %+v", got)
	}
}

func TestProcess_EveryMessageIsEitherWorkedOrReported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := batch(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 12).Draw(t, "groups")...)
		bad := map[string]bool{}
		for _, r := range b {
			bad[r.ID] = rapid.IntRange(0, 3).Draw(t, "bad") == 0
		}
		var w work
		got := queue.Process(context.Background(), b, queue.Options{Workers: rapid.IntRange(0, 4).Draw(t, "workers")}, func(_ context.Context, r queue.Received) error {
			w.begin(r.ID)
			if bad[r.ID] {
				return errPlain
			}
			return nil
		})
		var want []string
		stopped := map[string]bool{}
		for _, r := range b {
			if begun := slices.Contains(w.begun, r.ID); begun == stopped[r.Group] {
				t.Fatalf("message %s of group %s: begun %t, group stopped before %t", r.ID, r.Group, begun, stopped[r.Group])
			}
			if stopped[r.Group] = stopped[r.Group] || bad[r.ID]; stopped[r.Group] {
				want = append(want, r.ID)
			}
		}
		if !slices.Equal(ids(got), want) {
			t.Fatalf("failed %v, want %v", ids(got), want)
		}
	})
}
