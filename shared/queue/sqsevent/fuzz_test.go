package sqsevent_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsevent"
)

// FuzzLambda sends any event through a consumer whose worker finds every third message dead, every third failed and
// every third done: whatever SQS sends, each message comes back, is buried, or has been worked.
func FuzzLambda(f *testing.F) {
	if text, err := os.ReadFile("testdata/event.json"); err == nil {
		f.Add(text, 0)
		f.Add(text, 3)
	}
	for _, text := range []string{
		`{"Records":[]}`, `{}`, `{"Records":[{"body":"x"}]}`, `{"Records":[{"messageId":"m","attributes":{}}]}`,
		`{"Records":[{"messageId":"m","attributes":{"MessageGroupId":"1","ApproximateReceiveCount":"-9","SentTimestamp":"99999999999999999999"}}]}`,
		`{"Records":[{"messageId":"m","attributes":{"MessageGroupId":"1"}},{"messageId":"m","attributes":{"MessageGroupId":"2"}}]}`,
	} {
		f.Add([]byte(text), 1)
	}
	f.Fuzz(func(t *testing.T, text []byte, maxReceives int) {
		var event events.SQSEvent
		if json.Unmarshal(text, &event) != nil {
			return // the runtime refuses it before we see it
		}
		c := &calls{hidden: map[string]time.Duration{}, buried: map[string]string{}}
		fate := map[string]string{} // by message id
		consumer := sqsevent.Consumer{
			Visibility: c, DeadLetters: c, Log: slog.New(slog.DiscardHandler), MaxReceives: maxReceives,
			Handle: func(_ context.Context, batch []queue.Received) []queue.Failure {
				if len(batch) != len(event.Records) {
					t.Fatalf("%d of %d messages reach the worker", len(batch), len(event.Records))
				}
				var failures []queue.Failure
				for i, r := range batch {
					if r.ID == "" || r.Group == "" {
						t.Fatalf("a message without id or group: %+v", r)
					}
					if string(r.Body) != event.Records[i].Body {
						t.Fatalf("the body of %s was changed", r.ID)
					}
					if _, seen := fate[r.ID]; seen {
						continue // a batch that names a message twice has one verdict for it
					}
					switch fate[r.ID] = [...]string{"dead", "failed", "done"}[i%3]; fate[r.ID] {
					case "dead":
						failures = append(failures, queue.Fail(r, queue.Dead(errors.New("unreadable"))))
					case "failed":
						failures = append(failures, queue.Fail(r, errors.New("busy")))
					}
				}
				return failures
			},
		}
		response, err := consumer.Lambda(t.Context(), event)
		if err != nil {
			if len(fate) > 0 || !strings.Contains(err.Error(), "record") && !strings.Contains(err.Error(), "message") {
				t.Fatalf("after %d verdicts: %v", len(fate), err)
			}
			return
		}
		again := map[string]bool{}
		for _, b := range response.BatchItemFailures {
			again[b.ItemIdentifier] = true
		}
		for id, what := range fate {
			_, buried := c.buried[id]
			if n := btoi(buried) + btoi(again[id]); n != btoi(what != "done") {
				t.Fatalf("message %s is %s; buried %v, comes again %v", id, what, buried, again[id])
			}
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
