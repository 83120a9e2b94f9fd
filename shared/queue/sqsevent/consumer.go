// Package sqsevent lets a stage consume an SQS FIFO queue as a Lambda: it turns the event into a batch, and the verdicts
// into a partial batch response.
package sqsevent

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

// Visibility hides a received message for some time from now.
type Visibility interface {
	Hide(ctx context.Context, receipt string, wait time.Duration) error
}

// DeadLetters takes a message that can never succeed, with the reason.
type DeadLetters interface {
	Bury(ctx context.Context, r queue.Received, reason string) error
}

// Consumer is one function's side of its queue.
type Consumer struct {
	Handle      func(ctx context.Context, batch []queue.Received) []queue.Failure
	Visibility  Visibility
	DeadLetters DeadLetters
	Log         *slog.Logger
	// MaxReceives is after how many receives SQS moves a message to the dead letters; 0 if it is not known. SQS would
	// move it without a word, so the last failure is noted here.
	MaxReceives int
}

// settleTime is kept for the calls after the work, also when the invocation's time is over for the work itself.
const settleTime = 5 * time.Second

// Lambda works one event. Messages that are not among the failures of the response are deleted by the poller; the list
// is never null, which not every poller takes for success.
func (c *Consumer) Lambda(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	batch, receipts, err := read(event)
	if err != nil {
		return events.SQSEventResponse{}, err
	}
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	first := firstRest(ctx)
	failures := c.Handle(ctx, batch)
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	byID := make(map[string]queue.Received, len(batch))
	for _, r := range batch {
		byID[r.ID] = r
	}
	for _, f := range failures {
		if r := byID[f.ID]; c.MaxReceives > 0 && r.Receives >= c.MaxReceives && !f.Dead {
			f.Dead, f.Err = true, fmt.Errorf("tried %d times: %w", r.Receives, f.Err)
		}
		if c.buried(settle, byID[f.ID], f) {
			continue
		}
		c.hide(settle, byID[f.ID], receipts[f.ID], f, first)
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: f.ID})
	}
	return response, nil
}

func read(event events.SQSEvent) ([]queue.Received, map[string]string, error) {
	batch := make([]queue.Received, 0, len(event.Records))
	receipts := make(map[string]string, len(event.Records))
	for i, r := range event.Records {
		if r.MessageId == "" {
			return nil, nil, fmt.Errorf("record %d of the event has no message id: this function is made for an SQS queue", i)
		}
		group := r.Attributes["MessageGroupId"]
		if group == "" {
			return nil, nil, fmt.Errorf("message %s has no group: the queue must be a FIFO queue", r.MessageId)
		}
		received := queue.Received{ID: r.MessageId, Group: group, Body: []byte(r.Body), Receives: 1}
		if n, err := strconv.Atoi(r.Attributes["ApproximateReceiveCount"]); err == nil {
			received.Receives = n
		}
		if ms, err := strconv.ParseInt(r.Attributes["SentTimestamp"], 10, 64); err == nil {
			received.SentAt = time.UnixMilli(ms)
		}
		batch = append(batch, received)
		receipts[r.MessageId] = r.ReceiptHandle
	}
	return batch, receipts, nil
}

// buried moves a message that can never succeed to the dead letters. When that fails it simply comes again.
func (c *Consumer) buried(ctx context.Context, r queue.Received, f queue.Failure) bool {
	if !f.Dead {
		return false
	}
	if err := c.DeadLetters.Bury(ctx, r, f.Err.Error()); err != nil {
		c.Log.ErrorContext(ctx, "a message that can never succeed could not be moved to the dead letters; it comes again", "runId", message.RunOf(r.Body), "message", r.ID, "group", r.Group, "error", err)
		return false
	}
	c.Log.ErrorContext(ctx, "message moved to the dead letters", "runId", message.RunOf(r.Body), "message", r.ID, "group", r.Group, "reason", f.Err.Error())
	return true
}

func (c *Consumer) hide(ctx context.Context, r queue.Received, receipt string, f queue.Failure, first time.Duration) {
	// Also a message that was not begun: while it stays hidden, its group is not delivered, whatever the failed one asks.
	if err := c.Visibility.Hide(ctx, receipt, Rest(r.Receives, f.RetryAfter, first)); err != nil {
		c.Log.WarnContext(ctx, "a failed message rests as long as the queue is set, not longer", "runId", message.RunOf(r.Body), "message", r.ID, "error", err)
	}
}

const (
	maxFirstRest = 30 * time.Second
	maxRest      = time.Hour
)

// firstRest is how long a message rests that failed for the first time: a quarter of the invocation's time, since a
// function that is set up to give up sooner is to try again sooner, and half a minute at most.
func firstRest(ctx context.Context) time.Duration {
	deadline, set := ctx.Deadline()
	if !set {
		return maxFirstRest
	}
	return min(max(time.Until(deadline)/4, time.Second), maxFirstRest)
}

// Rest is how long a message that failed rests: doubling with each receive from the first rest up to an hour, so that
// the receives that a queue allows outlast a vendor's outage, and never less than was asked for.
func Rest(receives int, atLeast, first time.Duration) time.Duration {
	rest := maxRest
	if n := max(receives, 1) - 1; n < 12 { // beyond 12 even a rest of one second has grown to an hour
		rest = min(first<<n, maxRest)
	}
	return max(rest, atLeast)
}
