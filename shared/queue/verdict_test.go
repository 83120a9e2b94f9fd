package queue_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
)

var errPlain = errors.New("plain")

func TestFail_ReadsTheVerdictFromTheError(t *testing.T) {
	dead, wait := queue.Dead(errPlain), queue.RetryAfter(errPlain, time.Minute)
	for name, tt := range map[string]struct {
		err   error
		after time.Duration
		dead  bool
	}{
		"plain":                           {errPlain, 0, false},
		"dead":                            {dead, 0, true},
		"dead, wrapped":                   {fmt.Errorf("company 1: %w", dead), 0, true},
		"rest":                            {wait, time.Minute, false},
		"rest, wrapped":                   {fmt.Errorf("company 1: %w", wait), time.Minute, false},
		"rests joined: the longest":       {errors.Join(wait, queue.RetryAfter(errPlain, time.Hour), errPlain), time.Hour, false},
		"rests nested: the longest":       {queue.RetryAfter(queue.RetryAfter(errPlain, time.Hour), time.Second), time.Hour, false},
		"a rest below zero":               {queue.RetryAfter(errPlain, -time.Second), 0, false},
		"all joined are dead":             {errors.Join(dead, queue.Dead(errPlain)), 0, true},
		"one joined is not dead":          {errors.Join(dead, errPlain), 0, false},
		"one joined is not dead, wrapped": {fmt.Errorf("company 1: %w", errors.Join(dead, errPlain)), 0, false},
		"a join called dead":              {queue.Dead(errors.Join(errPlain, errPlain)), 0, true},
		"dead, but another try is asked":  {errors.Join(dead, wait), time.Minute, false},
		"dead, and rest 0 is asked":       {errors.Join(dead, queue.RetryAfter(errPlain, 0)), 0, false},
		"dead within a rest":              {queue.RetryAfter(dead, time.Minute), time.Minute, false},
	} {
		f := queue.Fail(queue.Received{ID: "7"}, tt.err)
		if f.ID != "7" || f.RetryAfter != tt.after || f.Dead != tt.dead || !errors.Is(f.Err, errPlain) {
			t.Errorf("%s: %+v, want after %s, dead %t", name, f, tt.after, tt.dead)
		}
	}
}

func TestMarks_KeepTheWords_AndNilStaysNil(t *testing.T) {
	if queue.Dead(nil) != nil || queue.RetryAfter(nil, time.Second) != nil {
		t.Error("no error became one")
	}
	if text := queue.Dead(queue.RetryAfter(errPlain, time.Hour)).Error(); text != "plain" {
		t.Errorf("the text is %q", text)
	}
}

func TestFailAll_OneVerdictForEach_NeverNil(t *testing.T) {
	if got := queue.FailAll(nil, errPlain); got == nil || len(got) != 0 {
		t.Errorf("an empty batch gives %v", got)
	}
	got := queue.FailAll([]queue.Received{{ID: "1"}, {ID: "2"}}, queue.RetryAfter(errPlain, time.Minute))
	if len(got) != 2 || got[0].ID != "1" || got[1].ID != "2" || got[1].RetryAfter != time.Minute {
		t.Errorf("got %+v", got)
	}
}

func TestGroupFailed_OnlyWhenAFailedGroupGoesOn(t *testing.T) {
	first := []queue.Received{{ID: "1", Group: "a"}, {ID: "2", Group: "b"}}
	for rest, want := range map[string]bool{"a": true, "b": false, "c": false} {
		got := queue.GroupFailed([]queue.Failure{{ID: "1"}}, first, []queue.Received{{ID: "3", Group: rest}})
		if got != want {
			t.Errorf("group %s: %t", rest, got)
		}
	}
}

func TestWaits_OnlyWhatNothingIsWrongWith(t *testing.T) {
	wrong := errors.New("refused")
	for err, want := range map[error]bool{
		queue.Wait(wrong, time.Minute):                    true,
		fmt.Errorf("company 1: %w", queue.Wait(wrong, 0)): true,
		queue.RetryAfter(queue.ErrNoTime, time.Second):    true,
		queue.RetryAfter(queue.ErrGroup, time.Second):     true,
		queue.RetryAfter(wrong, time.Minute):              false,
		queue.Dead(wrong):                                 false,
		wrong:                                             false,
	} {
		if got := queue.Waits(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
	if f := queue.Fail(queue.Received{ID: "1"}, queue.Wait(wrong, time.Minute)); f.RetryAfter != time.Minute || f.Dead {
		t.Errorf("%+v", f)
	}
}
