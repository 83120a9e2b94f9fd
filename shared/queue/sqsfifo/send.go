// Package sqsfifo is the SQS side of package queue: it sends to a FIFO queue, lets a failed message rest, and moves a
// message that can never succeed to the dead letters.
package sqsfifo

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/cenkalti/backoff/v5" // exponential waits with jitter, well tried

	"github.com/synthsync/synthsync/shared/queue"
)

const (
	// maxEntries is how many messages one batch call takes (documented).
	maxEntries = 10
	// maxFruitless is how many batch calls in a row may get nothing onto the queue. Each is itself repeated by the SDK.
	maxFruitless = 5
)

// BatchAPI is what a Sender asks of the SQS client.
type BatchAPI interface {
	SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, opts ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// Sender sends messages to one FIFO queue. It is safe for use by many goroutines.
type Sender struct {
	api BatchAPI
	url string
}

// NewSender makes a Sender for the queue at a URL.
func NewSender(api BatchAPI, queueURL string) *Sender { return &Sender{api, queueURL} }

// SendError says that not all messages are known to be on the queue.
type SendError struct {
	Queue  string
	Unsent int // of Total, not known to be on the queue
	Total  int
	Err    error
}

func (e *SendError) Error() string {
	return fmt.Sprintf("send to queue %s: %d of %d messages not sent: %v", e.Queue, e.Unsent, e.Total, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// Send puts messages on the queue, in order within each group: a message goes out when the one before it in its group is
// known to be on the queue. What SQS refuses for a fault of the message itself is given up together with the rest of its
// group, the others go on; anything else is sent again, which deduplication makes safe. The error is a *SendError.
func (s *Sender) Send(ctx context.Context, messages []queue.Message) error {
	o := &outbox{pending: messages}
	o.dropUnfit()
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = 200*time.Millisecond, 5*time.Second
	for fruitless := 0; len(o.pending) > 0; {
		batch := o.next()
		out, err := s.api.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &s.url, Entries: entries(batch)})
		var last error
		if err != nil {
			if ctx.Err() != nil || !repeatable(err) {
				o.faults = append(o.faults, err)
				break
			}
			last = err
		} else {
			var accepted int
			accepted, last = o.settle(batch, out)
			if last == nil || accepted > 0 {
				fruitless = 0
				waits.Reset()
				continue
			}
		}
		if fruitless++; fruitless == maxFruitless {
			o.faults = append(o.faults, fmt.Errorf("after %d calls that brought nothing onto the queue: %w", fruitless, last))
			break
		}
		if err := sleep(ctx, waits.NextBackOff()); err != nil {
			o.faults = append(o.faults, errors.Join(err, last))
			break
		}
	}
	if unsent := len(o.pending) + o.dropped; unsent > 0 {
		return &SendError{Queue: name(s.url), Unsent: unsent, Total: len(messages), Err: o.err()}
	}
	return nil
}

func entries(batch []queue.Message) []types.SendMessageBatchRequestEntry {
	out := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i, m := range batch {
		out[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(m.Body)),
			MessageGroupId: aws.String(m.Group), MessageDeduplicationId: aws.String(m.DeduplicationID),
		}
	}
	return out
}

// repeatable tells whether another call may do better: by the SDK's own list of passing faults.
func repeatable(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// name is the queue's name, the last part of its URL.
func name(url string) string { return path.Base(url) }

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
