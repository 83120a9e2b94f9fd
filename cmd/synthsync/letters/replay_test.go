package letters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/awstest"
)

func TestReplay_OfOneCompany_LeavesTheOthersWhereTheyAre(t *testing.T) {
	o := open(t)
	o.cloud.AllowMoveTasks() // which moves all or nothing, and is not for this
	o.told("1", 12, observed.Add(-time.Hour))
	for n := range 13 { // more than one answer holds
		o.die(usage("1", int64(n), observed.Add(time.Duration(n)*time.Minute)), "503")
	}
	o.die(usage("2", 9, observed), "503")
	o.ahead = time.Hour
	moved, err := o.desk().Replay(t.Context(), letters.Select{Company: "1"}, 500)
	if err != nil || moved.Sent != 13 || moved.Left != 1 || moved.ByTask != 0 || moved.Behind != 0 {
		t.Fatalf("%+v %v", moved, err)
	}
	got := o.bodies(usageQueue)
	if len(got) != 13 {
		t.Fatalf("%d messages on the queue", len(got))
	}
	for n, body := range got {
		if want, _ := usage("1", int64(n), observed.Add(time.Duration(n)*time.Minute)).Encode(); body != string(want) {
			t.Errorf("message %d is %s", n, body)
		}
	}
	if left := o.cloud.Letters(usageDead); len(left) != 1 || left[0].Group != "2" {
		t.Errorf("left: %+v", left)
	}
}

func TestReplay_WhereNotAllCanBeSeen_IsNotLeftToTheService(t *testing.T) {
	o := open(t)
	o.cloud.AllowMoveTasks()
	o.services(observed)
	for n := range 13 { // SQS shows ten of a company
		o.die(usage("1", int64(n), observed.Add(time.Duration(n)*time.Minute)), "503")
	}
	o.ahead = time.Hour
	moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500)
	if err != nil || moved.Sent != 13 || moved.ByTask != 0 || moved.Behind != 0 {
		t.Errorf("%+v %v", moved, err)
	}
}

func TestReplay_Twice_IsNeverSwallowed(t *testing.T) {
	o := open(t)
	o.services(observed)
	for range 2 { // it dies again at once, and is replayed again within SQS's five minutes
		o.die(usage("1", 4, observed), "503")
		if moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500); err != nil || moved.Sent != 1 {
			t.Fatalf("%+v %v", moved, err)
		}
	}
	if got := o.bodies(usageQueue); len(got) != 2 {
		t.Errorf("%d messages on the queue, want both", len(got))
	}
}

func TestReplay_UnreadableLetters_AreLeft(t *testing.T) {
	o := open(t)
	o.cloud.AllowMoveTasks()
	o.services(observed)
	o.cloud.Bury(usageDead, awstest.Letter{Group: "4", Body: "{}"})
	o.die(usage("1", 4, observed), "503")
	o.ahead = time.Hour
	moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500)
	if err != nil || moved.Sent != 1 || moved.Skipped != 1 || moved.ByTask != 0 {
		t.Errorf("%+v %v", moved, err)
	}
}

func TestReplay_ByTheQueueServiceItself_WhereItCan(t *testing.T) {
	for name, c := range map[string]struct {
		allow  bool
		ahead  time.Duration
		byTask int
	}{
		"old letters": {true, time.Hour, 3},
		"letters that SQS might take for repeats": {true, time.Minute, 0},
		"no such task": {false, time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			if c.allow {
				o.cloud.AllowMoveTasks()
			}
			o.services(observed)
			for company := range 3 {
				o.die(usage(fmt.Sprint(company+1), 4, observed), "503")
			}
			o.ahead = c.ahead
			moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500)
			if err != nil || moved.Sent != 3 || moved.ByTask != c.byTask {
				t.Errorf("%+v %v", moved, err)
			}
			if got := o.bodies(usageQueue); len(got) != 3 || len(o.cloud.Letters(usageDead)) != 0 {
				t.Errorf("%d on the queue, %d letters left", len(got), len(o.cloud.Letters(usageDead)))
			}
		})
	}
}

// The replay is ended before and after each of its calls, and started again: whatever it was doing, every letter is on
// its queue in the end, and none in neither place at any time.
func TestReplay_EndedAtEachStep_LosesNothing(t *testing.T) {
	const companies = 12
	type hook func(*awstest.Cloud, func(string) error)
	for when, set := range map[string]hook{"before": (*awstest.Cloud).Before, "after": (*awstest.Cloud).After} {
		for step, ended := 1, true; ended; step++ {
			o := open(t)
			o.services(observed)
			var all []string
			for c := range companies {
				m := usage(fmt.Sprint(c+1), int64(c), observed)
				body, _ := m.Encode()
				all = append(all, string(body))
				o.die(m, "503")
			}
			ctx, end := context.WithCancel(t.Context())
			calls := 0
			ended = false
			set(o.cloud, func(string) error {
				if calls++; calls == step {
					ended = true
					end()
				}
				if ended {
					return errors.New("the command is gone")
				}
				return nil
			})
			_, err := o.desk().Replay(ctx, letters.Select{}, 500)
			end()
			if ended && err == nil && step < companies {
				t.Errorf("%s call %d: no error", when, step)
			}
			set(o.cloud, nil)
			o.complete(fmt.Sprintf("%s call %d", when, step), all)
			o.cloud.Elapse(3 * time.Minute) // what was held shows again
			if _, err := o.desk().Replay(t.Context(), letters.Select{}, 500); err != nil {
				t.Fatalf("%s call %d: the next replay: %v", when, step, err)
			}
			if left := o.cloud.Letters(usageDead); len(left) > 0 {
				t.Errorf("%s call %d: %d letters left", when, step, len(left))
			}
			o.complete(fmt.Sprintf("%s call %d, replayed", when, step), all)
			if t.Failed() {
				return
			}
		}
	}
}

// complete fails if a message is neither on its queue nor with the dead letters.
func (o *office) complete(when string, all []string) {
	o.t.Helper()
	present := o.bodies(usageQueue)
	for _, l := range o.cloud.Letters(usageDead) {
		present = append(present, l.Body)
	}
	for _, body := range all {
		if !slices.Contains(present, body) {
			o.t.Errorf("%s: lost %s", when, body)
		}
	}
}

// A letter that was sent and could not be deleted may have been worked and have died meanwhile: the next replay sends it
// anew, and SQS does not take it for a repetition.
func TestReplay_OfALetterThatCouldNotBeDeleted_SendsItAnew(t *testing.T) {
	o := open(t)
	o.services(observed)
	o.die(usage("1", 4, observed), "503")
	o.cloud.Before(func(operation string) error {
		if operation == "DeleteMessage" {
			return errors.New("not now")
		}
		return nil
	})
	if moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500); err != nil || moved.Sent != 1 || moved.Unsure != 1 {
		t.Fatalf("%+v %v", moved, err)
	}
	o.cloud.Before(nil)
	o.cloud.Elapse(3 * time.Minute)
	if moved, err := o.desk().Replay(t.Context(), letters.Select{}, 500); err != nil || moved.Sent != 1 || moved.Unsure != 0 {
		t.Fatalf("%+v %v", moved, err)
	}
	if got := o.bodies(usageQueue); len(got) != 2 || len(o.cloud.Letters(usageDead)) != 0 {
		t.Errorf("%d messages on the queue, %d letters left", len(got), len(o.cloud.Letters(usageDead)))
	}
}
