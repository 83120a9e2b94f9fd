package lambdatest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Message is a message of an SQS queue as a function gets it. Only Body is needed; what is empty gets a likely value.
type Message struct {
	ID               string // the message id, a UUID
	Body             string
	Group            string // the message group; on a FIFO queue only
	Deduplication    string // the deduplication id; on a FIFO queue only
	Receives         int    // how often it was received, this time included; default 1
	Sent             time.Time
	Attributes       map[string]string // message attributes, of type String
	DeadLetterSource string            // ARN of the queue that it was a dead letter of, if it came back from there
}

// Batch is what one invocation gets from a queue.
type Batch struct {
	Event    []byte // the event document
	Messages []Message
}

// QueueARN is the ARN of a queue in this package's account and Region.
func QueueARN(name string) string { return "arn:aws:sqs:" + region + ":" + account + ":" + name }

// SQSEvent makes the document by which Lambda hands messages to a function. A queue whose ARN ends in .fifo is a FIFO
// queue: its messages have a group, a deduplication id and a sequence number. It has the keys of the documented
// examples, in their spelling.
func SQSEvent(queueARN string, messages ...Message) Batch {
	type attribute struct {
		StringValue      string   `json:"stringValue"`
		StringListValues []string `json:"stringListValues"`
		BinaryListValues []string `json:"binaryListValues"`
		DataType         string   `json:"dataType"`
	}
	type record struct {
		MessageID         string               `json:"messageId"`
		ReceiptHandle     string               `json:"receiptHandle"`
		Body              string               `json:"body"`
		Attributes        map[string]string    `json:"attributes"`
		MessageAttributes map[string]attribute `json:"messageAttributes"`
		MD5OfBody         string               `json:"md5OfBody"`
		EventSource       string               `json:"eventSource"`
		EventSourceARN    string               `json:"eventSourceARN"`
		AWSRegion         string               `json:"awsRegion"`
	}
	b := Batch{Messages: make([]Message, len(messages))}
	records := make([]record, len(messages))
	for i, m := range messages {
		m = m.withDefaults(i)
		sum := md5.Sum([]byte(m.Body)) // what SQS puts there, no protection
		sent := strconv.FormatInt(m.Sent.UnixMilli(), 10)
		r := record{
			MessageID:     m.ID,
			ReceiptHandle: "AQEB" + base64.StdEncoding.EncodeToString([]byte(m.ID+m.ID)),
			Body:          m.Body,
			Attributes: map[string]string{
				"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
				"SentTimestamp":                    sent,
				"SenderId":                         "AROALAMBDATEST:fetch-configurations",
				"ApproximateFirstReceiveTimestamp": sent,
			},
			MessageAttributes: map[string]attribute{},
			MD5OfBody:         hex.EncodeToString(sum[:]),
			EventSource:       "aws:sqs",
			EventSourceARN:    queueARN,
			AWSRegion:         region,
		}
		if strings.HasSuffix(queueARN, ".fifo") {
			r.Attributes["MessageGroupId"] = m.Group
			r.Attributes["MessageDeduplicationId"] = m.Deduplication
			r.Attributes["SequenceNumber"] = fmt.Sprintf("188494964604%08d", i+1)
		}
		if m.DeadLetterSource != "" {
			r.Attributes["DeadLetterQueueSourceArn"] = m.DeadLetterSource
		}
		for k, v := range m.Attributes {
			r.MessageAttributes[k] = attribute{v, []string{}, []string{}, "String"}
		}
		b.Messages[i], records[i] = m, r
	}
	b.Event = mustJSON(map[string]any{"Records": records})
	return b
}

func (m Message) withDefaults(i int) Message {
	if m.ID == "" {
		m.ID = newID()
	}
	if m.Group == "" {
		m.Group = "group-" + strconv.Itoa(i+1)
	}
	if m.Deduplication == "" {
		m.Deduplication = m.ID
	}
	if m.Receives == 0 {
		m.Receives = 1
	}
	if m.Sent.IsZero() {
		m.Sent = time.Now()
	}
	return m
}

// SchedulerEvent makes the event that EventBridge Scheduler sends: the Input of the template's schedule with its two
// place holders filled. An execution id looks like d32c5kddcf5bb8c3; a retry by the Scheduler has another one.
func SchedulerEvent(executionID string, scheduled time.Time) []byte {
	return mustJSON(struct {
		ExecutionID   string `json:"executionId"`
		ScheduledTime string `json:"scheduledTime"`
	}{executionID, scheduled.UTC().Format(time.RFC3339)})
}

// mustJSON encodes strings and maps of them, which cannot fail.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
