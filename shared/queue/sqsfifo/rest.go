package sqsfifo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// maxHidden is how long a message can be hidden. SQS allows 12 hours counted from its receipt and refuses what goes
// beyond; an invocation that received it may have lasted 15 minutes by then.
const maxHidden = 12*time.Hour - 15*time.Minute

// VisibilityAPI is what a Visibility asks of the SQS client.
type VisibilityAPI interface {
	ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, opts ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Visibility decides when messages received from one queue are delivered again.
type Visibility struct {
	api VisibilityAPI
	url string
}

// NewVisibility makes a Visibility for the queue at a URL.
func NewVisibility(api VisibilityAPI, queueURL string) *Visibility { return &Visibility{api, queueURL} }

// Hide hides a received message, named by its receipt, for some time from now: whole seconds, rounded up, at most
// eleven hours and three quarters.
func (v *Visibility) Hide(ctx context.Context, receipt string, wait time.Duration) error {
	wait = min(max(wait, 0), maxHidden)
	_, err := v.api.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &v.url, ReceiptHandle: &receipt, VisibilityTimeout: int32((wait + time.Second - 1) / time.Second),
	})
	if err != nil {
		return fmt.Errorf("hide a message of queue %s for %s: %w", name(v.url), wait, err)
	}
	return nil
}
