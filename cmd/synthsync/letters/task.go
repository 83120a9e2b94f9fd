package letters

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// errNoTask says that a queue service has no task of its own for this: an emulator, or rights that are missing.
var errNoTask = errors.New("the queue service has no task that moves messages")

// deduplicationEnds is how long SQS may take a moved letter for a message it has had already: five minutes
// (documented), and some.
const deduplicationEnds = 6 * time.Minute

// taskFits tells why a box cannot be left to the queue service's own task, or nothing when it can. The task moves all
// or nothing, and keeps the deduplication ids of the dead letters.
func taskFits(all []Letter, choose Select, now time.Time) (why string) {
	if !choose.All() {
		return "only some letters are meant"
	}
	for _, l := range all {
		switch {
		case l.fault != nil:
			return "some letters cannot be read and are left"
		case now.Sub(later(l.SentAt, l.DiedAt)) < deduplicationEnds:
			return "some letters are so new that SQS might take them for repetitions"
		}
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// runTask has the queue service move a box's letters, at so many a second, and follows it to its end.
func (b *Box) runTask(ctx context.Context, perSecond int, moved func(total int64)) (int, error) {
	from, err := b.arn(ctx, b.URL)
	if err != nil {
		return 0, err
	}
	to, err := b.arn(ctx, b.Source)
	if err != nil {
		return 0, err
	}
	// The destination is named since letters that a worker put there itself have no source that SQS knows of.
	task, err := b.API.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: &from, DestinationArn: &to, MaxNumberOfMessagesPerSecond: aws.Int32(int32(perSecond)),
	})
	if err != nil {
		if noTask(err) {
			return 0, errNoTask
		}
		return 0, fmt.Errorf("have queue %s moved: %w", path.Base(b.URL), err)
	}
	return b.follow(ctx, from, aws.ToString(task.TaskHandle), moved)
}

// noTask tells a service without such a task from a fault: an action that is unknown or not allowed.
func noTask(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "InvalidAction", "UnknownOperationException", "UnknownOperation", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation",
		"NotImplemented", "InternalFailure", "AccessDenied", "AccessDeniedException", "InternalError":
		return true
	}
	var unsupported *types.UnsupportedOperation
	return errors.As(err, &unsupported)
}

func (b *Box) arn(ctx context.Context, url string) (string, error) {
	out, err := b.API.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	if err != nil {
		return "", fmt.Errorf("ask queue %s for its ARN: %w", path.Base(url), err)
	}
	return out.Attributes["QueueArn"], nil
}

// follow waits for a task's end. When the command is being ended, so is the task.
func (b *Box) follow(ctx context.Context, from, handle string, moved func(int64)) (int, error) {
	const every = time.Second
	for {
		out, err := b.API.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &from, MaxResults: aws.Int32(1)})
		if err == nil && len(out.Results) > 0 {
			t := out.Results[0]
			moved(t.ApproximateNumberOfMessagesMoved)
			switch aws.ToString(t.Status) {
			case "COMPLETED":
				return int(t.ApproximateNumberOfMessagesMoved), nil
			case "FAILED", "CANCELLED":
				return int(t.ApproximateNumberOfMessagesMoved), fmt.Errorf("the task that moves queue %s ended as %s: %s", path.Base(b.URL), aws.ToString(t.Status), aws.ToString(t.FailureReason))
			}
		} else if err != nil && ctx.Err() == nil {
			return 0, fmt.Errorf("follow the task that moves queue %s (it goes on by itself): %w", path.Base(b.URL), err)
		}
		timer := time.NewTimer(every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if _, err := b.API.CancelMessageMoveTask(end, &sqs.CancelMessageMoveTaskInput{TaskHandle: &handle}); err != nil {
				return 0, errors.Join(context.Cause(ctx), fmt.Errorf("cancel the task that moves queue %s: %w", path.Base(b.URL), err))
			}
			return 0, context.Cause(ctx)
		}
	}
}
