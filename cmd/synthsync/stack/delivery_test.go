package stack_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/stack"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

var observed = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// queued is the ledger of a run that has queued its messages.
type queued struct {
	*testing.T
	*ledger.Ledger
}

func newQueued(t *testing.T) queued {
	t.Helper()
	q := queued{t, ledger.New(memory.New(), time.Now)}
	if err := q.SaveRun(context.Background(), ledger.Run{ID: "r1", ObservedAt: observed}); err != nil {
		t.Fatal(err)
	}
	return q
}

// intend records for so many companies that a run means to tell them something.
func (q queued) intend(companies int, intent ledger.Intent) {
	q.Helper()
	for i := range companies {
		if err := q.NoteAccount(context.Background(), fmt.Sprint(intent, i), func(a *ledger.Account) { a.Intent = &intent }); err != nil {
			q.Fatal(err)
		}
	}
}

func (q queued) became(o ledger.Outcomes) {
	q.Helper()
	if err := q.AddOutcomes(context.Background(), observed, o, true); err != nil {
		q.Fatal(err)
	}
}

func TestDelivery_WhatIsOpenIsCountedInCounts(t *testing.T) {
	open, ended := ledger.Intent{RunID: "r1", ObservedAt: observed}, ledger.Intent{RunID: "r1", ObservedAt: observed, Ended: true}
	newer := ledger.Intent{RunID: "r2", ObservedAt: observed.Add(time.Hour)}
	for name, c := range map[string]struct {
		due     int
		intents map[ledger.Intent]int
		became  ledger.Outcomes
		want    stack.Delivery
	}{
		"nothing has come to an end":              {6, map[ledger.Intent]int{open: 2}, ledger.Outcomes{}, stack.Delivery{Open: 6}},
		"two of three services could not be made": {300, map[ledger.Intent]int{open: 100}, ledger.Outcomes{Posted: 100}, stack.Delivery{Open: 200}},
		"all has": {6, map[ledger.Intent]int{ended: 2}, ledger.Outcomes{Posted: 5, Lost: 1}, stack.Delivery{}},
		"all has, and a worker died before it wrote its sum": {6, map[ledger.Intent]int{ended: 2}, ledger.Outcomes{Posted: 3}, stack.Delivery{}},
		"a copy was counted twice":                           {6, map[ledger.Intent]int{open: 1, ended: 1}, ledger.Outcomes{Posted: 3, Unmapped: 4}, stack.Delivery{Open: 1}},
		"a person said hold":                                 {6, map[ledger.Intent]int{open: 2}, ledger.Outcomes{Posted: 1, Superseded: 5}, stack.Delivery{Untold: 5}},
		"a person said hold, and a message had died":         {6, map[ledger.Intent]int{open: 2}, ledger.Outcomes{Superseded: 3}, stack.Delivery{Open: 3, Untold: 3}},
		"a newer run has spoken":                             {6, map[ledger.Intent]int{newer: 2}, ledger.Outcomes{Superseded: 6}, stack.Delivery{}},
		"a newer run has spoken to one of two":               {6, map[ledger.Intent]int{newer: 1, open: 1}, ledger.Outcomes{Superseded: 3}, stack.Delivery{Open: 3}},
	} {
		q := newQueued(t)
		for intent, companies := range c.intents {
			q.intend(companies, intent)
		}
		q.became(c.became)
		run, _, err := q.RunAt(context.Background(), observed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stack.DeliveryOf(context.Background(), q.Ledger, run, c.due); err != nil || got != c.want {
			t.Errorf("%s: %+v, want %+v; %v", name, got, c.want, err)
		}
	}
}

// unseen is progress that nobody looks at.
type unseen struct{}

func (unseen) Told(int, int)                         {}
func (unseen) Waiting(string, string, time.Duration) {}

func (q queued) follow(result *fetch.Result) (stack.Delivery, time.Duration) {
	q.Helper()
	begun := time.Now()
	d, err := stack.Follow(context.Background(), q.Ledger, result, 3*time.Minute, time.Now, unseen{})
	if err != nil {
		q.Fatal(err)
	}
	return d, time.Since(begun)
}

func TestFollow_APersonSaysHold_NothingIsWaitedForThatNobodyTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueued(t)
		q.intend(2, ledger.Intent{RunID: "r1", ObservedAt: observed})
		q.became(ledger.Outcomes{Superseded: 6})
		result := fetch.Result{RunID: "r1", ObservedAt: observed, Due: 6}
		if d, took := q.follow(&result); d != (stack.Delivery{Untold: 6}) || took > 2*time.Second || result.Usage.Failed != 0 {
			t.Errorf("%+v after %s, %+v", d, took, result.Usage)
		}
	})
}

func TestFollow_NothingHappens_EndsWhenPatienceDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueued(t)
		q.intend(2, ledger.Intent{RunID: "r1", ObservedAt: observed})
		q.became(ledger.Outcomes{Posted: 2})
		result := fetch.Result{RunID: "r1", ObservedAt: observed, Due: 6}
		if d, took := q.follow(&result); d != (stack.Delivery{Open: 4}) || took < 3*time.Minute || took > 4*time.Minute || result.Usage != (ledger.Outcomes{Posted: 2, Failed: 4}) {
			t.Errorf("%+v after %s, %+v", d, took, result.Usage)
		}
	})
}

// What the reading stage found unchanged is no message's, and stays in the sum.
func TestFollow_AllIsTold_EndsAtOnceWithTheSumOfBothStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueued(t)
		q.intend(2, ledger.Intent{RunID: "r1", ObservedAt: observed, Ended: true})
		q.became(ledger.Outcomes{Posted: 6})
		result := fetch.Result{RunID: "r1", ObservedAt: observed, Due: 6, Usage: ledger.Outcomes{Unchanged: 30}}
		if d, took := q.follow(&result); d != (stack.Delivery{}) || took > 2*time.Second || result.Usage != (ledger.Outcomes{Posted: 6, Unchanged: 30}) {
			t.Errorf("%+v after %s, %+v", d, took, result.Usage)
		}
	})
}
