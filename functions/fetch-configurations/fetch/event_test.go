package fetch_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

func TestParseEvent_OfTheSchedule(t *testing.T) {
	e, err := fetch.ParseEvent([]byte(`{"executionId":"d32c5kddcf5bb8c3","scheduledTime":"2026-11-23T02:15:00Z"}`))
	if err != nil || e.ExecutionID != "d32c5kddcf5bb8c3" || !e.ScheduledTime.Equal(time.Date(2026, 11, 23, 2, 15, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", e, err)
	}
}

// The schedule's input with its placeholders, sent by hand, must not make every run so started one and the same.
func TestParseEvent_PlaceholdersThatNobodyFilledIn_AreNotGiven(t *testing.T) {
	e, err := fetch.ParseEvent([]byte(`{"executionId":"<aws.scheduler.execution-id>","scheduledTime":"<aws.scheduler.scheduled-time>"}`))
	if err != nil || e != (fetch.Event{}) {
		t.Errorf("%+v, %v", e, err)
	}
}
