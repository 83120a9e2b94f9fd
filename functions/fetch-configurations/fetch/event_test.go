package fetch_test

import (
	"errors"
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

func TestParseEvent_WhatIsWrong_IsNamed(t *testing.T) {
	for body, want := range map[string]fetch.EventError{
		`{"forced":true}`:     {Field: "forced", Reason: "unknown"},
		`{"force":"yes"}`:     {Field: "force", Reason: `cannot be "yes"`},
		`{"force":null}`:      {Field: "force", Reason: "cannot be null"},
		`{"force":true} {}`:   {Field: "(whole event)", Reason: "something follows the JSON object"},
		`{"scheduledTime":7}`: {Field: "scheduledTime", Reason: "cannot be 7"},
	} {
		_, err := fetch.ParseEvent([]byte(body))
		var wrong *fetch.EventError
		if !errors.As(err, &wrong) || *wrong != want {
			t.Errorf("%s: %v, want %v", body, err, &want)
		}
	}
}
