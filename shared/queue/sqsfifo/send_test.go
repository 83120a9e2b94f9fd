package sqsfifo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
)

// messages makes one message per group named; bodies are group and place.
func messages(groups ...string) []queue.Message {
	out := make([]queue.Message, len(groups))
	for i, g := range groups {
		body := fmt.Sprintf("%s%d", g, i+1)
		out[i] = queue.Message{Group: g, DeduplicationID: "run." + body, Body: []byte(body)}
	}
	return out
}

func many(n int) []queue.Message {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprint(i + 1)
	}
	return messages(groups...)
}

// sending runs a test of Send in virtual time.
func sending(t *testing.T, f *fake, test func(t *testing.T, send func(context.Context, []queue.Message) error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		test(t, sqsfifo.NewSender(f.client(), queueURL).Send)
	})
}

func TestSend_BatchesOfTen_WithGroupAndDeduplicationID(t *testing.T) {
	f := &fake{}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), many(23)); err != nil {
			t.Fatal(err)
		}
		var sizes []int
		for _, r := range f.requests {
			sizes = append(sizes, len(r.Entries))
			if r.QueueURL != queueURL {
				t.Errorf("sent to %s", r.QueueURL)
			}
		}
		if fmt.Sprint(sizes) != "[10 10 3]" || len(f.queue) != 23 {
			t.Errorf("batches %v, %d on the queue", sizes, len(f.queue))
		}
		if e := f.queue[22]; e.MessageBody != "2323" || e.MessageGroupID != "23" || e.MessageDeduplicationID != "run.2323" {
			t.Errorf("the last message: %+v", e)
		}
	})
}

func TestSend_Nothing_AsksNothing(t *testing.T) {
	f := &fake{}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), nil); err != nil || len(f.requests) > 0 {
			t.Errorf("err = %v, %d requests", err, len(f.requests))
		}
	})
}

func TestSend_ABatchIsAtMostOneMebibyte(t *testing.T) {
	f := &fake{}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		all := many(5)
		for i := range all {
			all[i].Body = []byte(strings.Repeat("x", 300<<10))
		}
		all[4].Body = []byte(strings.Repeat("x", queue.MaxMessage))
		if err := send(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		for _, r := range f.requests {
			size := 0
			for _, e := range r.Entries {
				size += len(e.MessageBody)
			}
			if size > queue.MaxMessage {
				t.Errorf("a batch of %d bytes", size)
			}
		}
		if len(f.requests) != 3 || len(f.queue) != 5 {
			t.Errorf("%d requests, %d on the queue", len(f.requests), len(f.queue))
		}
	})
}

func TestSend_AGroupKeepsItsOrder_WhenAnEntryFailsForAWhile(t *testing.T) {
	f := &fake{refuse: func(call int, e entry) (string, bool) {
		if call <= 2 && e.MessageBody == "a1" {
			return "InternalError", false
		}
		return "", false
	}}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), messages("a", "b", "a", "a", "b")); err != nil {
			t.Fatal(err)
		}
		if got := f.group("a"); got != "a1 a3 a4" {
			t.Errorf("group a: %s", got)
		}
		if got := f.group("b"); got != "b2 b5" {
			t.Errorf("group b: %s", got)
		}
	})
}

func TestSend_ASendersFault_IsNotRepeated_AndTakesOnlyItsGroupAlong(t *testing.T) {
	f := &fake{refuse: func(_ int, e entry) (string, bool) {
		if e.MessageBody == "a1" {
			return "InvalidMessageContents", true
		}
		return "", false
	}}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		err := send(t.Context(), messages("a", "b", "a", "c"))
		var failed *sqsfifo.SendError
		if !errors.As(err, &failed) || failed.Unsent != 2 || failed.Total != 4 || failed.Queue != "usage.fifo" {
			t.Fatalf("err = %#v", err)
		}
		for _, part := range []string{"usage.fifo", "2 of 4", "group a", "InvalidMessageContents"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in: %v", part, err)
			}
		}
		if f.group("a") != "" || f.group("b") != "b2" || f.group("c") != "c4" || len(f.requests) != 1 {
			t.Errorf("on the queue: %+v after %d requests", f.queue, len(f.requests))
		}
	})
}

func TestSend_WhatNoQueueTakes_IsNotEvenAsked(t *testing.T) {
	f := &fake{}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		all := messages("a", "b", "a")
		all[0].Body = []byte("\x00")
		err := send(t.Context(), all)
		var failed *sqsfifo.SendError
		if !errors.As(err, &failed) || failed.Unsent != 2 || f.group("b") != "b2" || f.group("a") != "" {
			t.Errorf("err = %v, on the queue: %+v", err, f.queue)
		}
		if all[1].Group != "b" || all[2].Group != "a" {
			t.Error("the caller's slice was changed")
		}
	})
}

func TestSend_AnAnswerThatWasLost_IsSentAgain_AndLeavesOneMessageEach(t *testing.T) {
	f := &fake{lose: func(call int) bool { return call <= 4 }} // more than the SDK itself tries
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), many(3)); err != nil {
			t.Fatal(err)
		}
		if len(f.requests) != 5 || len(f.queue) != 3 {
			t.Errorf("%d requests, %d on the queue", len(f.requests), len(f.queue))
		}
		for _, r := range f.requests {
			if r.Entries[0].MessageDeduplicationID != "run.11" {
				t.Errorf("sent again under another deduplication id: %+v", r.Entries[0])
			}
		}
	})
}

func TestSend_AMessageThatTheAnswerDoesNotMention_IsSentAgain(t *testing.T) {
	f := &fake{hide: func(call int, e entry) bool { return call == 1 && e.MessageGroupID == "2" }}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), many(3)); err != nil {
			t.Fatal(err)
		}
		if len(f.requests) != 2 || len(f.requests[1].Entries) != 1 || f.requests[1].Entries[0].MessageGroupID != "2" {
			t.Errorf("requests: %+v", f.requests)
		}
	})
}

func TestSend_AQueueThatTakesNothing_IsGivenUp(t *testing.T) {
	f := &fake{refuse: func(int, entry) (string, bool) { return "InternalError", false }}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		start := time.Now()
		err := send(t.Context(), many(12))
		var failed *sqsfifo.SendError
		if !errors.As(err, &failed) || failed.Unsent != 12 || !strings.Contains(err.Error(), "InternalError") {
			t.Errorf("err = %v", err)
		}
		if len(f.requests) != 5 || time.Since(start) > 30*time.Second {
			t.Errorf("%d requests in %s", len(f.requests), time.Since(start))
		}
	})
}

func TestSend_AsLongAsSomeGetThrough_ItGoesOn(t *testing.T) {
	f := &fake{refuse: func(call int, _ entry) (string, bool) {
		if call%2 == 1 {
			return "InternalError", false
		}
		return "", false
	}}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		if err := send(t.Context(), many(100)); err != nil || len(f.queue) != 100 {
			t.Errorf("err = %v, %d on the queue", err, len(f.queue))
		}
	})
}

func TestSend_AFaultThatDoesNotPass_EndsAtOnce(t *testing.T) {
	f := &fake{fail: func(call int, _ request) (int, string) {
		if call == 2 {
			return 403, "AccessDeniedException"
		}
		return 0, ""
	}}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		err := send(t.Context(), many(30))
		var failed *sqsfifo.SendError
		if !errors.As(err, &failed) || failed.Unsent != 20 || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("err = %v", err)
		}
		if len(f.requests) != 2 {
			t.Errorf("%d requests", len(f.requests))
		}
	})
}

func TestSend_TheContextEnds_SaysHowManyAreUnsent(t *testing.T) {
	f := &fake{refuse: func(_ int, e entry) (string, bool) {
		if e.MessageGroupID == "1" {
			return "InternalError", false
		}
		return "", false
	}}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := send(ctx, many(4))
		var failed *sqsfifo.SendError
		if !errors.As(err, &failed) || failed.Unsent != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestSend_ManyFaults_AreSummedUp(t *testing.T) {
	f := &fake{refuse: func(int, entry) (string, bool) { return "InvalidMessageContents", true }}
	sending(t, f, func(t *testing.T, send func(context.Context, []queue.Message) error) {
		err := send(t.Context(), many(100))
		if err == nil || strings.Count(err.Error(), "InvalidMessageContents") != 5 || !strings.Contains(err.Error(), "95 more") {
			t.Errorf("err = %v", err)
		}
	})
}
