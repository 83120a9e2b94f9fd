package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup" // bounds how many groups are worked at once

	"github.com/synthsync/synthsync/shared/message"
)

// Options say how a batch is worked.
type Options struct {
	Workers int           // groups worked side by side; at least 1
	Margin  time.Duration // before the context's deadline, in which nothing new is begun
	Log     *slog.Logger  // nil: nothing is logged
}

// ErrGroup is why a message was not begun whose group had a failure before it.
var ErrGroup = errors.New("not begun: an earlier message of its group failed")

// ErrNoTime is why a message was not begun: the time of this invocation is running out.
var ErrNoTime = errors.New("not begun: too little time is left")

// ErrUnfinished is why a message failed whose work ended neither with an error nor without one (runtime.Goexit).
var ErrUnfinished = errors.New("the work on the message ended without a verdict")

// soon is how long a message rests that nothing was wrong with.
const soon = time.Second

// PanicError is a panic while a message was worked.
type PanicError struct{ Value any }

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Process works a batch: the messages of a group in order, groups side by side. After the first failure of a group the
// rest of that group is not begun, so that no later message overtakes an earlier one; it rests as long as the one that
// failed, since on a FIFO queue a message that rests keeps its whole group from being delivered. A panic is that
// message's failure alone.
//
// The failures are in the order of the batch; the slice is never nil. Process returns when all that was begun has
// ended: what is begun must obey the context.
func Process(ctx context.Context, batch []Received, o Options, each func(context.Context, Received) error) []Failure {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	// A verdict stands before the work begins, so that no way to leave the work can pass for success.
	verdicts := make([]error, len(batch))
	for i := range verdicts {
		verdicts[i] = ErrUnfinished
	}
	var pool errgroup.Group
	pool.SetLimit(max(o.Workers, 1))
	for _, group := range groups(batch) {
		pool.Go(func() error {
			processGroup(ctx, batch, group, o, each, verdicts)
			return nil
		})
	}
	_ = pool.Wait() // the functions return no error
	failures := []Failure{}
	for i, err := range verdicts {
		if err == nil {
			continue
		}
		r := batch[i]
		failures = append(failures, Fail(r, err))
		if !errors.Is(err, ErrGroup) {
			o.Log.WarnContext(ctx, "message failed", "runId", message.RunOf(r.Body), "message", r.ID, "group", r.Group, "receives", r.Receives, "error", err)
		}
	}
	return failures
}

// processGroup works the messages at some places of the batch in order, and puts their verdicts in the same places.
func processGroup(ctx context.Context, batch []Received, group []int, o Options, each func(context.Context, Received) error, verdicts []error) {
	for n, at := range group {
		if timeLeft(ctx, o.Margin) {
			work(ctx, o.Log, batch[at], each, &verdicts[at])
		} else {
			verdicts[at] = RetryAfter(ErrNoTime, soon)
		}
		if verdicts[at] == nil {
			continue
		}
		behind := ErrGroup
		if failed := Fail(batch[at], verdicts[at]); failed.Dead {
			behind = RetryAfter(ErrGroup, soon) // the one in the way is gone
		} else if failed.RetryAfter > 0 {
			behind = RetryAfter(ErrGroup, failed.RetryAfter)
		}
		for _, later := range group[n+1:] {
			verdicts[later] = behind
		}
		return
	}
}

// groups lists for each group its places in the batch, in order.
func groups(batch []Received) [][]int {
	at := map[string]int{}
	var out [][]int
	for i, r := range batch {
		n, known := at[r.Group]
		if !known {
			n = len(out)
			at[r.Group] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], i)
	}
	return out
}

func timeLeft(ctx context.Context, margin time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	deadline, set := ctx.Deadline()
	return !set || time.Until(deadline) > margin
}

func work(ctx context.Context, log *slog.Logger, r Received, each func(context.Context, Received) error, verdict *error) {
	defer func() {
		if value := recover(); value != nil {
			log.ErrorContext(ctx, "panic while a message was worked", "message", r.ID, "group", r.Group, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			*verdict = &PanicError{value}
		}
	}()
	*verdict = each(ctx, r)
}
