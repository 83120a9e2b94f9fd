package letters

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
)

// API is what this package asks of the SQS client.
type API interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	StartMessageMoveTask(context.Context, *sqs.StartMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error)
	ListMessageMoveTasks(context.Context, *sqs.ListMessageMoveTasksInput, ...func(*sqs.Options)) (*sqs.ListMessageMoveTasksOutput, error)
	CancelMessageMoveTask(context.Context, *sqs.CancelMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.CancelMessageMoveTaskOutput, error)
}

// Box is one dead-letter queue at SQS, and where its letters belong.
type Box struct {
	API    API
	Queue  Queue
	URL    string // of the dead letters
	Source string // URL of the queue they died on; empty where nothing is moved back
}

const (
	// hold is how long a letter is hidden from others while it is looked at, unless it is given back before.
	hold = 2 * time.Minute
	// looking bounds a look, so that it ends before the first letter it holds shows again.
	looking = hold - 30*time.Second
	// perCall is how many messages one call takes (documented).
	perCall = 10
	// emptyAnswers in a row end a look: one may be empty while messages are there (documented).
	emptyAnswers = 2
)

// held is a letter in our hands.
type held struct {
	Letter
	receipt    string
	attributes map[string]types.MessageAttributeValue
}

// list looks at every letter that can be seen, and gives them all back.
func (b *Box) list(ctx context.Context) (letters []Letter, err error) {
	var mine []held
	defer func() { err = firstOf(err, b.giveBack(ctx, mine)) }()
	err = b.each(ctx, func(batch []held) (bool, error) {
		mine = append(mine, batch...)
		for _, h := range batch {
			letters = append(letters, h.Letter)
		}
		return true, nil
	})
	return letters, err
}

// each hands over letters batch by batch until there are no more to be had, or more is false. A letter that shows again
// ends it: a round is complete.
func (b *Box) each(ctx context.Context, do func([]held) (more bool, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, looking, errLongLook)
	defer cancel()
	seen := map[string]bool{}
	for empty := 0; empty < emptyAnswers; {
		batch, err := b.receive(ctx)
		if err != nil {
			if context.Cause(ctx) == errLongLook {
				return nil // the rest is for the next look
			}
			return err
		}
		if len(batch) == 0 {
			empty++
			continue
		}
		empty = 0
		again := false
		for _, h := range batch {
			again = again || seen[h.ID]
			seen[h.ID] = true
		}
		more, err := do(batch)
		if err != nil || !more || again {
			return err
		}
	}
	return nil
}

var errLongLook = fmt.Errorf("a look at the dead letters takes at most %s", looking)

func (b *Box) receive(ctx context.Context) ([]held, error) {
	out, err := b.API.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &b.URL, MaxNumberOfMessages: perCall, VisibilityTimeout: int32(hold / time.Second), WaitTimeSeconds: 1,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("receive from queue %s: %w", path.Base(b.URL), err)
	}
	batch := make([]held, 0, len(out.Messages))
	for _, m := range out.Messages {
		batch = append(batch, b.held(m))
	}
	return batch, nil
}

func (b *Box) held(m types.Message) held {
	l := Letter{ID: aws.ToString(m.MessageId), Queue: b.Queue, Group: m.Attributes["MessageGroupId"], Body: []byte(aws.ToString(m.Body))}
	l.DiedAt = millis(m.Attributes["SentTimestamp"])
	text := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
	l.Reason = text(sqsfifo.AttributeReason)
	l.SentAt, _ = time.Parse(time.RFC3339Nano, text(sqsfifo.AttributeSentAt)) // zero when it is not said
	l.Receives, _ = strconv.Atoi(text(sqsfifo.AttributeReceives))
	if l.Reason == "" && (b.Queue == Usage || b.Queue == Accounts) {
		// SQS moved it by itself, which it does only after a worker that was to say why was cut off.
		l.Reason = "received too often, and the last worker was cut off before it could say why; see the log of the function"
		l.SentAt, l.DiedAt = l.DiedAt, time.Time{} // a moved message keeps the time it was first sent (documented)
		l.Receives, _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	}
	if b.Queue == Schedules {
		l.Reason = text("ERROR_MESSAGE") // as EventBridge Scheduler names it (documented)
	}
	l.read()
	return held{l, aws.ToString(m.ReceiptHandle), m.MessageAttributes}
}

func millis(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// giveBack makes letters visible again at once, also when the command is being ended: nothing is hidden from the next
// look, which may be the replay.
func (b *Box) giveBack(ctx context.Context, letters []held) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	var first error
	for len(letters) > 0 {
		n := min(perCall, len(letters))
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &b.URL}
		for i, h := range letters[:n] {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(h.receipt), VisibilityTimeout: 0,
			})
		}
		out, err := b.API.ChangeMessageVisibilityBatch(ctx, in)
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("%s: %s", aws.ToString(out.Failed[0].Code), aws.ToString(out.Failed[0].Message))
		}
		if err != nil {
			first = firstOf(first, fmt.Errorf("give letters back to queue %s (they show again within %s): %w", path.Base(b.URL), hold, err))
		}
		letters = letters[n:]
	}
	return first
}

// depth is how many letters lie in the queue, also those that cannot be seen now. It is approximate.
func (b *Box) depth(ctx context.Context, url string) (int, error) {
	out, err := b.API.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	if err != nil {
		return 0, fmt.Errorf("ask queue %s for its length: %w", path.Base(url), err)
	}
	visible, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible + hidden, nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
