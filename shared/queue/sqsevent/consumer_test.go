package sqsevent_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsevent"
)

// calls notes what the consumer asked of SQS.
type calls struct {
	hidden map[string]time.Duration // by receipt
	buried map[string]string        // reason by message id
	err    error
}

func (c *calls) Hide(ctx context.Context, receipt string, wait time.Duration) error {
	c.hidden[receipt] = wait
	return errors.Join(c.err, ctx.Err())
}

func (c *calls) Bury(ctx context.Context, r queue.Received, reason string) error {
	c.buried[r.ID] = reason
	return errors.Join(c.err, ctx.Err())
}

func event(t *testing.T) events.SQSEvent {
	t.Helper()
	text, err := os.ReadFile("testdata/event.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.SQSEvent
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func consume(t *testing.T, ctx context.Context, c *calls, verdict func([]queue.Received) []queue.Failure) (string, error) {
	t.Helper()
	c.hidden, c.buried = map[string]time.Duration{}, map[string]string{}
	consumer := sqsevent.Consumer{
		Visibility: c, DeadLetters: c, Log: slog.New(slog.DiscardHandler),
		Handle: func(_ context.Context, batch []queue.Received) []queue.Failure { return verdict(batch) },
	}
	response, err := consumer.Lambda(ctx, event(t))
	text, jsonErr := json.Marshal(response)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	return string(text), err
}

func TestLambda_ReadsWhatSQSSays(t *testing.T) {
	_, err := consume(t, t.Context(), &calls{}, func(batch []queue.Received) []queue.Failure {
		for i := range batch {
			batch[i].SentAt = batch[i].SentAt.UTC()
		}
		sent := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
		want := []queue.Received{
			{ID: "m-1", Group: "175", Body: []byte(`{"version":1}`), Receives: 1, SentAt: sent},
			{ID: "m-2", Group: "175", Body: []byte(`{"version":2}`), Receives: 4, SentAt: sent},
			{ID: "m-3", Group: "services", Body: []byte(`{"version":3}`), Receives: 1, SentAt: sent},
		}
		if diff := cmp.Diff(want, batch); diff != "" {
			t.Error(diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLambda_NothingFailed_IsAnEmptyList_NotNull(t *testing.T) {
	got, err := consume(t, t.Context(), &calls{}, func([]queue.Received) []queue.Failure { return nil })
	if err != nil || got != `{"batchItemFailures":[]}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestLambda_FailedMessages_AreReported_AndRest(t *testing.T) {
	c := &calls{}
	got, _ := consume(t, t.Context(), c, func(batch []queue.Received) []queue.Failure {
		return []queue.Failure{
			queue.Fail(batch[0], queue.RetryAfter(errors.New("busy"), 15*time.Minute)),
			queue.Fail(batch[1], queue.RetryAfter(queue.ErrGroup, 15*time.Minute)),
		}
	})
	if got != `{"batchItemFailures":[{"itemIdentifier":"m-1"},{"itemIdentifier":"m-2"}]}` {
		t.Error(got)
	}
	// The message behind rests too: left hidden for the queue's whole time-out, it would block its group.
	if diff := cmp.Diff(map[string]time.Duration{"r-1": 15 * time.Minute, "r-2": 15 * time.Minute}, c.hidden); diff != "" {
		t.Error(diff)
	}
}

func TestLambda_ADeadMessage_IsBuried_AndNotReported(t *testing.T) {
	c := &calls{}
	dead := func(batch []queue.Received) []queue.Failure {
		return []queue.Failure{queue.Fail(batch[2], queue.Dead(errors.New("unreadable")))}
	}
	got, _ := consume(t, t.Context(), c, dead)
	if got != `{"batchItemFailures":[]}` || c.buried["m-3"] != "unreadable" || len(c.hidden) > 0 {
		t.Errorf("%s, buried %v, hidden %v", got, c.buried, c.hidden)
	}
	c.err = errors.New("no such queue")
	if got, _ := consume(t, t.Context(), c, dead); got != `{"batchItemFailures":[{"itemIdentifier":"m-3"}]}` {
		t.Errorf("a message that could not be buried must come again: %s", got)
	}
}

func TestLambda_TheInvocationsTimeIsOver_MessagesAreSettledAllTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &calls{}
	got, _ := consume(t, ctx, c, func(batch []queue.Received) []queue.Failure {
		cancel()
		return []queue.Failure{queue.Fail(batch[2], queue.Dead(errors.New("unreadable")))}
	})
	if got != `{"batchItemFailures":[]}` {
		t.Errorf("%s: the calls used the context that had ended", got)
	}
}

func TestLambda_NotAFIFOQueue_IsAnError(t *testing.T) {
	e := event(t)
	delete(e.Records[1].Attributes, "MessageGroupId")
	c := sqsevent.Consumer{}
	if _, err := c.Lambda(t.Context(), e); err == nil || !strings.Contains(err.Error(), "FIFO") {
		t.Errorf("err = %v", err)
	}
	e.Records[0].MessageId = ""
	if _, err := c.Lambda(t.Context(), e); err == nil {
		t.Error("accepted a record without an id")
	}
}

func TestRest_Doubles_UpToAnHour_NeverLessThanAsked(t *testing.T) {
	for _, tt := range []struct {
		receives int
		asked    time.Duration
		want     time.Duration
	}{
		{0, 0, 30 * time.Second},
		{1, 0, 30 * time.Second},
		{2, 0, time.Minute},
		{7, 0, 32 * time.Minute},
		{8, 0, time.Hour},
		{1000, 0, time.Hour},
		{1, 20 * time.Second, 30 * time.Second},
		{1, 15 * time.Minute, 15 * time.Minute},
		{3, 2 * time.Hour, 2 * time.Hour},
	} {
		if got := sqsevent.Rest(tt.receives, tt.asked, 30*time.Second); got != tt.want {
			t.Errorf("Rest(%d, %s) = %s, want %s", tt.receives, tt.asked, got, tt.want)
		}
	}
}

// SQS moves a message that was received too often without a word; the worker that knows why it failed is to say it.
func TestConsumer_TheLastFailure_IsNotedWithTheDeadLetter(t *testing.T) {
	e := event(t)
	failed := e.Records[0].MessageId
	for receives, buried := range map[string]bool{"9": false, "10": true, "11": true} {
		e.Records[0].Attributes["ApproximateReceiveCount"] = receives
		c := &calls{hidden: map[string]time.Duration{}, buried: map[string]string{}}
		consumer := sqsevent.Consumer{
			Visibility: c, DeadLetters: c, Log: slog.New(slog.DiscardHandler), MaxReceives: 10,
			Handle: func(_ context.Context, batch []queue.Received) []queue.Failure {
				return []queue.Failure{{ID: failed, Err: errors.New("the vendor is down")}}
			},
		}
		response, err := consumer.Lambda(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		reason, got := c.buried[failed]
		if got != buried || len(response.BatchItemFailures) == 1 == buried {
			t.Errorf("received %s times: buried %v, returned %d", receives, got, len(response.BatchItemFailures))
		}
		if buried && reason != "tried "+receives+" times: the vendor is down" {
			t.Errorf("reason %q", reason)
		}
	}
}

func TestLambda_TheFirstRest_IsAQuarterOfTheFunctionsTime_AtMostHalfAMinute(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		time.Second: time.Second, 8 * time.Second: 2 * time.Second, 60 * time.Second: 15 * time.Second,
		120 * time.Second: 30 * time.Second, 300 * time.Second: 30 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			c := &calls{}
			_, _ = consume(t, ctx, c, func(batch []queue.Received) []queue.Failure {
				time.Sleep(timeout / 2) // the work's own time does not shorten it
				return []queue.Failure{queue.Fail(batch[0], errors.New("unavailable"))}
			})
			if got := c.hidden["r-1"]; got != want {
				t.Errorf("a function of %s: the first rest is %s, want %s", timeout, got, want)
			}
		})
	}
}
