package awstest

import (
	"context"
	"crypto/md5" // SQS answers with it and the SDK checks it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
)

type attribute struct {
	DataType, StringValue string
}

type entry struct {
	ID                string               `json:"Id"`
	Body              string               `json:"MessageBody"`
	Group             string               `json:"MessageGroupId"`
	Deduplication     string               `json:"MessageDeduplicationId"`
	Attributes        map[string]attribute `json:"MessageAttributes"`
	ReceiptHandle     string
	VisibilityTimeout int
}

type sqsInput struct {
	entry
	QueueURL            string `json:"QueueUrl"`
	Entries             []entry
	MaxNumberOfMessages int
	SourceARN           string `json:"SourceArn"`
	DestinationARN      string `json:"DestinationArn"`
}

func (c *Cloud) sqs(r *http.Request, operation string, body *json.Decoder) any {
	var in sqsInput
	if err := body.Decode(&in); err != nil {
		return &fault{Type: "InvalidParameterValue", Message: err.Error()}
	}
	name := path.Base(in.QueueURL)
	now := c.now()
	switch operation {
	case "SendMessageBatch":
		out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
		for _, e := range in.Entries {
			c.send(r.Context(), name, e)
			out["Successful"] = append(out["Successful"], map[string]any{"Id": e.ID, "MessageId": "m-" + e.ID, "MD5OfMessageBody": sum(e.Body)})
		}
		return out
	case "SendMessage":
		id := "m"
		if c.queues[name] != nil {
			c.send(r.Context(), name, in.entry)
		} else {
			id = c.box(name).send(letterOf(in.entry), in.Deduplication, now)
		}
		return map[string]string{"MessageId": id, "MD5OfMessageBody": sum(in.Body)}
	case "ReceiveMessage":
		return c.receive(name, in, now)
	case "DeleteMessage":
		c.box(name).remove(in.ReceiptHandle)
		return map[string]string{}
	case "ChangeMessageVisibility":
		c.hidden[in.ReceiptHandle] = time.Duration(in.VisibilityTimeout) * time.Second
		return map[string]string{}
	case "ChangeMessageVisibilityBatch":
		out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
		for _, e := range in.Entries {
			if c.box(name).hide(e.ReceiptHandle, time.Duration(e.VisibilityTimeout)*time.Second, now) {
				out["Successful"] = append(out["Successful"], map[string]any{"Id": e.ID})
			} else {
				out["Failed"] = append(out["Failed"], map[string]any{"Id": e.ID, "Code": "MessageNotInflight", "Message": "it is gone", "SenderFault": true})
			}
		}
		return out
	case "GetQueueAttributes":
		return map[string]any{"Attributes": c.attributes(name, now)}
	}
	return c.moveTask(operation, in)
}

func letterOf(e entry) Letter {
	l := Letter{Body: e.Body, Group: e.Group, Attributes: map[string]string{}}
	for k, v := range e.Attributes {
		l.Attributes[k] = v.StringValue
	}
	return l
}

func (c *Cloud) box(name string) *box {
	if c.boxes[name] == nil {
		c.boxes[name] = &box{}
	}
	return c.boxes[name]
}

func (c *Cloud) receive(name string, in sqsInput, now time.Time) any {
	hide := 30 * time.Second
	if in.VisibilityTimeout > 0 {
		hide = time.Duration(in.VisibilityTimeout) * time.Second
	}
	messages := []map[string]any{}
	for _, l := range c.box(name).receive(max(in.MaxNumberOfMessages, 1), hide, now) {
		attributes := map[string]attribute{}
		for k, v := range l.Attributes {
			attributes[k] = attribute{"String", v}
		}
		messages = append(messages, map[string]any{
			"MessageId": l.id, "ReceiptHandle": l.receipt, "Body": l.Body, "MD5OfBody": sum(l.Body), "MessageAttributes": attributes,
			"Attributes": map[string]string{
				"MessageGroupId": l.Group, "ApproximateReceiveCount": strconv.Itoa(l.receives), "SentTimestamp": strconv.FormatInt(l.sentAt.UnixMilli(), 10),
			},
		})
	}
	return map[string]any{"Messages": messages}
}

func (c *Cloud) attributes(name string, now time.Time) map[string]string {
	b := c.box(name)
	hidden := b.hidden(now)
	visible := len(b.letters) - hidden
	if q := c.queues[name]; q != nil {
		visible = q.Len()
	}
	return map[string]string{
		"QueueArn":                              "arn:aws:sqs:eu-central-1:000000000000:" + name,
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
	}
}

func (c *Cloud) send(ctx context.Context, name string, e entry) {
	err := c.queue(name).Send(ctx, []queue.Message{{Group: e.Group, DeduplicationID: e.Deduplication, Body: []byte(e.Body)}})
	if err != nil {
		c.t.Errorf("queue %s: %v", name, err)
	}
}

func sum(body string) string {
	s := md5.Sum([]byte(body))
	return hex.EncodeToString(s[:])
}
