package awstest

import (
	"context"
	"crypto/md5" // SQS answers with it and the SDK checks it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
)

type entry struct {
	ID            string `json:"Id"`
	Body          string `json:"MessageBody"`
	Group         string `json:"MessageGroupId"`
	Deduplication string `json:"MessageDeduplicationId"`
	Attributes    map[string]struct {
		StringValue string
	} `json:"MessageAttributes"`
}

func (c *Cloud) sqs(r *http.Request, operation string, body *json.Decoder) any {
	var in struct {
		entry
		QueueURL          string `json:"QueueUrl"`
		Entries           []entry
		ReceiptHandle     string
		VisibilityTimeout int
	}
	if err := body.Decode(&in); err != nil {
		return &fault{Type: "InvalidParameterValue", Message: err.Error()}
	}
	name := path.Base(in.QueueURL)
	switch operation {
	case "SendMessageBatch":
		out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
		for _, e := range in.Entries {
			c.send(r.Context(), name, e)
			out["Successful"] = append(out["Successful"], map[string]any{"Id": e.ID, "MessageId": "m-" + e.ID, "MD5OfMessageBody": sum(e.Body)})
		}
		return out
	case "SendMessage":
		letter := Letter{Body: in.Body, Group: in.Group, Attributes: map[string]string{}}
		for k, v := range in.Attributes {
			letter.Attributes[k] = v.StringValue
		}
		c.letters[name] = append(c.letters[name], letter)
		return map[string]string{"MessageId": "m", "MD5OfMessageBody": sum(in.Body)}
	case "ChangeMessageVisibility":
		c.hidden[in.ReceiptHandle] = time.Duration(in.VisibilityTimeout) * time.Second
		return map[string]string{}
	}
	return &fault{Type: "InvalidAction", Message: operation}
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
