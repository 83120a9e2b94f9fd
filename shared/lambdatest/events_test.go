package lambdatest

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

func TestSQSEvent_HasTheShapeThatLambdaSends(t *testing.T) {
	sent := time.UnixMilli(1_700_000_000_123)
	b := SQSEvent(QueueARN("usage.fifo"), Message{
		ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Body: `{"version":1}`, Group: "175", Deduplication: "run-175",
		Receives: 2, Sent: sent, Attributes: map[string]string{"reason": "unreadable"},
		DeadLetterSource: QueueARN("usage-dead-letters.fifo"),
	})
	var got map[string][]map[string]any
	if err := json.Unmarshal(b.Event, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"messageId":     "059f36b4-87a3-44ab-83d2-661975830a7d",
		"receiptHandle": got["Records"][0]["receiptHandle"],
		"body":          `{"version":1}`,
		"attributes": map[string]any{
			"ApproximateReceiveCount": "2", "SentTimestamp": "1700000000123",
			"SenderId":                         "AROALAMBDATEST:fetch-configurations",
			"ApproximateFirstReceiveTimestamp": "1700000000123",
			"MessageGroupId":                   "175", "MessageDeduplicationId": "run-175",
			"SequenceNumber":           "18849496460400000001",
			"DeadLetterQueueSourceArn": "arn:aws:sqs:us-east-1:123456789012:usage-dead-letters.fifo",
		},
		"messageAttributes": map[string]any{"reason": map[string]any{
			"stringValue": "unreadable", "stringListValues": []any{}, "binaryListValues": []any{}, "dataType": "String",
		}},
		"md5OfBody":      "77efb8e3fa276d4674932392a66555e4",
		"eventSource":    "aws:sqs",
		"eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:usage.fifo",
		"awsRegion":      "us-east-1",
	}
	if !reflect.DeepEqual(got["Records"][0], want) {
		t.Errorf("got  %v\nwant %v", got["Records"][0], want)
	}
}

func TestSQSEvent_IsReadByTheLambdaLibrary(t *testing.T) {
	b := SQSEvent(QueueARN("accounts.fifo"), Message{Body: "one"}, Message{Body: "two"})
	var e events.SQSEvent
	if err := json.Unmarshal(b.Event, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Records) != 2 || e.Records[1].Body != "two" || e.Records[1].MessageId != b.Messages[1].ID {
		t.Fatalf("got %+v", e.Records)
	}
	if e.Records[0].Attributes["MessageGroupId"] == e.Records[1].Attributes["MessageGroupId"] {
		t.Error("messages without a group share one")
	}
	if e.Records[0].Attributes["SequenceNumber"] >= e.Records[1].Attributes["SequenceNumber"] {
		t.Error("sequence numbers do not grow")
	}
}

func TestSQSEvent_StandardQueue_HasNoGroup(t *testing.T) {
	b := SQSEvent(QueueARN("failed-runs"), Message{Body: "{}"})
	var e events.SQSEvent
	if err := json.Unmarshal(b.Event, &e); err != nil {
		t.Fatal(err)
	}
	if _, ok := e.Records[0].Attributes["MessageGroupId"]; ok {
		t.Error("a standard queue's message has a group")
	}
}

func TestSchedulerEvent_IsTheTemplatesInputWithItsPlaceHoldersFilled(t *testing.T) {
	at := time.Date(2026, 3, 1, 3, 15, 0, 0, time.FixedZone("", 3600))
	got := string(SchedulerEvent("d32c5kddcf5bb8c3", at))
	if want := `{"executionId":"d32c5kddcf5bb8c3","scheduledTime":"2026-03-01T02:15:00Z"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
