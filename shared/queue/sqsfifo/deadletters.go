package sqsfifo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/synthsync/synthsync/shared/queue"
)

// The message attributes of a dead letter. One that SQS moved by itself, having been received too often, has none.
const (
	AttributeReason   = "reason"
	AttributeOriginal = "originalMessageId"
	AttributeReceives = "receives"
	AttributeSentAt   = "sentAt" // RFC 3339
)

// maxReason is how many bytes of a reason are kept: enough for a person, and no whole page that a vendor answered.
const maxReason = 2048

// SendAPI is what DeadLetters asks of the SQS client.
type SendAPI interface {
	SendMessage(ctx context.Context, in *sqs.SendMessageInput, opts ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// DeadLetters puts messages that can never succeed where the operator finds them.
type DeadLetters struct {
	api SendAPI
	url string
}

// NewDeadLetters makes DeadLetters for the dead-letter queue (FIFO) at a URL.
func NewDeadLetters(api SendAPI, queueURL string) *DeadLetters { return &DeadLetters{api, queueURL} }

// Bury copies a message to the dead letters with the reason as an attribute. After it, and only if it went well, the
// message may be deleted from its queue. The message's own id is the deduplication id, so that burying it twice, because
// the deletion was lost, leaves one letter.
func (d *DeadLetters) Bury(ctx context.Context, r queue.Received, reason string) error {
	attributes := map[string]types.MessageAttributeValue{
		AttributeOriginal: text(r.ID),
		AttributeReceives: {DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(r.Receives))},
	}
	if !r.SentAt.IsZero() {
		attributes[AttributeSentAt] = text(r.SentAt.UTC().Format(time.RFC3339Nano))
	}
	attributes[AttributeReason] = text(short(reason))
	if size := len(r.Body) + sizeOf(attributes); size > queue.MaxMessage {
		attributes = nil // a body that fills a message leaves no room; the log has the reason
	}
	_, err := d.api.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &d.url, MessageBody: aws.String(string(r.Body)), MessageAttributes: attributes,
		MessageGroupId: &r.Group, MessageDeduplicationId: &r.ID,
	})
	if err != nil {
		return fmt.Errorf("move message %s of group %s to queue %s: %w", r.ID, r.Group, name(d.url), err)
	}
	return nil
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

// short makes a reason fit for an attribute: never empty, in characters that SQS takes, and of bounded length.
func short(reason string) string {
	clean := strings.Map(func(r rune) rune {
		if queue.Allowed(r) {
			return r
		}
		return '\ufffd'
	}, strings.TrimSpace(strings.ToValidUTF8(reason, "\ufffd")))
	if clean == "" {
		return "no reason was given"
	}
	const cut = "…"
	if len(clean) <= maxReason {
		return clean
	}
	clean = clean[:maxReason-len(cut)]
	for !utf8.ValidString(clean) {
		clean = clean[:len(clean)-1]
	}
	return clean + cut
}

// sizeOf is what attributes add to a message: names, types and values.
func sizeOf(attributes map[string]types.MessageAttributeValue) int {
	size := 0
	for name, a := range attributes {
		size += len(name) + len(aws.ToString(a.DataType)) + len(aws.ToString(a.StringValue))
	}
	return size
}
