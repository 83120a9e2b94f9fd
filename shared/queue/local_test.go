package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/queue"
)

const visibility = 30 * time.Second

// send puts messages of the groups given on the queue; their bodies are group and place.
func send(t *testing.T, l *queue.Local, groups ...string) {
	t.Helper()
	var messages []queue.Message
	for i, g := range groups {
		body := fmt.Sprintf("%s%d", g, i+1)
		messages = append(messages, queue.Message{Group: g, DeduplicationID: "test." + body, Body: []byte(body)})
	}
	if err := l.Send(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
}

func bodies(batch []queue.Received) string {
	var out []string
	for _, r := range batch {
		out = append(out, string(r.Body))
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, batch []queue.Received, want string) {
	t.Helper()
	if got := bodies(batch); got != want {
		t.Fatalf("received %q, want %q", got, want)
	}
}

func inBubble(t *testing.T, maxReceives int, test func(t *testing.T, l *queue.Local)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, queue.NewLocal(visibility, maxReceives)) })
}

func TestLocal_DeliversInOrder_AndDeletesWhatSucceeded(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "b", "a")
		got := l.Receive(10)
		expect(t, got, "a1 b2 a3")
		if got[0].Receives != 1 || !got[0].SentAt.Equal(time.Now()) || got[0].ID == got[1].ID {
			t.Errorf("received %+v", got[0])
		}
		l.Settle(got, nil)
		if l.Len() != 0 || len(l.Dead()) != 0 {
			t.Errorf("%d left, %d dead", l.Len(), len(l.Dead()))
		}
		if _, waiting := l.NextDue(); waiting {
			t.Error("an empty queue has something due")
		}
	})
}

func TestLocal_AGroupWithAMessageBeingWorked_IsNotDelivered(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "a", "b")
		first := l.Receive(1)
		expect(t, first, "a1")
		second := l.Receive(10)
		expect(t, second, "b3")
		l.Settle(first, nil)
		expect(t, l.Receive(10), "a2")
	})
}

func TestLocal_WhatWasNotSettled_ComesAgainAfterTheVisibilityTimeout(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "a")
		expect(t, l.Receive(10), "a1 a2")
		time.Sleep(visibility - time.Nanosecond)
		expect(t, l.Receive(10), "")
		time.Sleep(time.Nanosecond)
		again := l.Receive(10)
		expect(t, again, "a1 a2")
		if again[0].Receives != 2 {
			t.Errorf("receives = %d", again[0].Receives)
		}
	})
}

func TestLocal_AFailedMessageRests_AndItsGroupWaits(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "a", "b")
		got := l.Receive(10)
		l.Settle(got, []queue.Failure{
			queue.Fail(got[0], queue.RetryAfter(errPlain, time.Minute)), queue.Fail(got[1], queue.RetryAfter(queue.ErrGroup, 90*time.Second)),
		})
		due, waiting := l.NextDue()
		if !waiting || !due.Equal(time.Now().Add(90*time.Second)) {
			t.Errorf("due in %s: a group is free when none of it rests any more", time.Until(due))
		}
		time.Sleep(time.Minute)
		expect(t, l.Receive(10), "")
		time.Sleep(30 * time.Second)
		expect(t, l.Receive(10), "a1 a2")
	})
}

func TestLocal_NextDue_IsTheFirstGroupThatIsFree(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "a", "b")
		got := l.Receive(10)
		l.Settle(got, []queue.Failure{
			queue.Fail(got[0], queue.RetryAfter(errPlain, time.Minute)), queue.Fail(got[1], queue.ErrGroup),
			queue.Fail(got[2], queue.RetryAfter(errPlain, 20*time.Second)),
		})
		if due, _ := l.NextDue(); !due.Equal(time.Now().Add(20 * time.Second)) {
			t.Errorf("due in %s", time.Until(due))
		}
	})
}

func TestLocal_Deduplication_FiveMinutes_EvenWhenTheFirstIsDone(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, l *queue.Local) {
		send(t, l, "a")
		l.Settle(l.Receive(1), nil)
		time.Sleep(5*time.Minute - time.Nanosecond)
		send(t, l, "a")
		if l.Len() != 0 {
			t.Error("a second message with the same id was taken")
		}
		time.Sleep(time.Nanosecond)
		send(t, l, "a")
		if l.Len() != 1 {
			t.Error("after five minutes the id is free again")
		}
	})
}

func TestLocal_FailedTooOften_DiesWithItsLastReason_AndTheGroupGoesOn(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "a")
		for range 2 {
			got := l.Receive(1)
			expect(t, got, "a1")
			l.Settle(got, []queue.Failure{queue.Fail(got[0], errPlain)})
		}
		expect(t, l.Receive(1), "a2")
		dead := l.Dead()
		if len(dead) != 1 || string(dead[0].Body) != "a1" || !strings.Contains(dead[0].Reason, "2 times") || !strings.Contains(dead[0].Reason, "plain") {
			t.Errorf("dead letters: %+v", dead)
		}
	})
}

func TestLocal_DeadMessage_DiesAtOnce(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "b")
		got := l.Receive(10)
		l.Settle(got, []queue.Failure{queue.Fail(got[0], queue.Dead(errPlain)), {ID: got[1].ID, Dead: true}})
		dead := l.Dead()
		if l.Len() != 0 || len(dead) != 2 || dead[0].Reason != "plain" || dead[1].Reason == "" {
			t.Errorf("%d left; dead letters: %+v", l.Len(), dead)
		}
	})
}

func TestLocal_AVerdictThatComesTooLate_ChangesNothing(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, l *queue.Local) {
		send(t, l, "a")
		slow := l.Receive(1)
		time.Sleep(visibility)
		quick := l.Receive(1)
		l.Settle(slow, []queue.Failure{queue.Fail(slow[0], errPlain)})
		expect(t, l.Receive(1), "")
		l.Settle(slow, nil)
		if l.Len() != 1 {
			t.Error("the slow worker deleted what another is working on")
		}
		l.Settle(quick, nil)
		if l.Len() != 0 {
			t.Error("the newer receiver's verdict was not taken")
		}
	})
}

func TestLocal_Left_SaysWhyEachIsLeft(t *testing.T) {
	inBubble(t, 10, func(t *testing.T, l *queue.Local) {
		send(t, l, "a", "b")
		got := l.Receive(1)
		l.Settle(got, []queue.Failure{queue.Fail(got[0], errPlain)})
		left := l.Left()
		if len(left) != 2 || left[0].Reason != "plain" || left[1].Reason != "not begun" {
			t.Errorf("left: %+v", left)
		}
	})
}

func TestLocal_Send_AllOrNone(t *testing.T) {
	l := queue.NewLocal(visibility, 3)
	err := l.Send(t.Context(), []queue.Message{{Group: "a", DeduplicationID: "1", Body: []byte("x")}, {Group: "a", Body: []byte("y")}})
	if err == nil || l.Len() != 0 {
		t.Errorf("err = %v, %d on the queue", err, l.Len())
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if err := l.Send(ctx, nil); !errors.Is(err, stop) {
		t.Errorf("err = %v", err)
	}
}

// However messages fail, each ends done or dead, and none is delivered before an earlier one of its group has ended.
func TestLocal_NothingLost_NothingOvertaken(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		groups := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 8).Draw(rt, "groups")
		verdicts := rapid.SliceOfN(rapid.IntRange(0, 4), 50, 50).Draw(rt, "verdicts")
		most := rapid.IntRange(1, 5).Draw(rt, "most")
		synctest.Test(t, func(t *testing.T) {
			l := queue.NewLocal(visibility, 3)
			send(t, l, groups...)
			ended := map[string]bool{}
			for step := 0; l.Len() > 0; step++ {
				got := l.Receive(most)
				for _, letter := range l.Dead() {
					ended[string(letter.Body)] = true
				}
				inBatch := map[string]bool{}
				for _, r := range got {
					inBatch[string(r.Body)] = true
					for i, g := range groups {
						earlier := fmt.Sprintf("%s%d", g, i+1)
						if earlier == string(r.Body) {
							break
						}
						if g == r.Group && !ended[earlier] && !inBatch[earlier] {
							t.Fatalf("%s was delivered before %s had ended", r.Body, earlier)
						}
					}
				}
				failures := queue.Process(t.Context(), got, queue.Options{}, func(_ context.Context, r queue.Received) error {
					switch verdicts[(step*7+len(r.Body)+int(r.Body[1]))%len(verdicts)] {
					case 0:
						return errPlain
					case 1:
						return queue.RetryAfter(errPlain, time.Minute)
					case 2:
						return queue.Dead(errPlain)
					}
					return nil
				})
				if step%5 == 4 {
					time.Sleep(visibility) // the worker was killed before it could settle
					continue
				}
				l.Settle(got, failures)
				for _, r := range got {
					ended[string(r.Body)] = !slices.Contains(ids(failures), r.ID)
				}
				if due, ok := l.NextDue(); ok {
					time.Sleep(time.Until(due))
				}
			}
			for _, letter := range l.Dead() {
				ended[string(letter.Body)] = true
			}
			for i, g := range groups {
				if !ended[fmt.Sprintf("%s%d", g, i+1)] {
					t.Fatalf("%s%d is neither done nor dead", g, i+1)
				}
			}
		})
	})
}
