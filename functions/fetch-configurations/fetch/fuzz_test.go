package fetch_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

func FuzzParseEvent(f *testing.F) {
	for _, text := range []string{
		``, `{}`, `null`, ` {"executionId":"d32c5kddcf5bb8c3","scheduledTime":"2026-11-23T02:15:00Z"}`,
		`{"executionId":"<aws.scheduler.execution-id>","scheduledTime":"<aws.scheduler.scheduled-time>"}`,
		`{"dryRun":true}`, `{"force":true,"actor":"ann@example.com","reason":"three clients left"}`, `{"full":true}`,
		`{"dryrun":true}`, `{"dryRun":"true"}`, `{"dryRun":true,"rules":"- service: A\n  types: [B]\n"}`, `{"rules":"x"}`,
		`{"dryRun":null}`, `{"dryRun":true}{"force":true}`, `[1]`, `{"dryRun":true,"dryRun":false}`,
	} {
		f.Add([]byte(text))
	}
	known := map[string]bool{
		"executionId": true, "scheduledTime": true, "dryRun": true, "force": true, "full": true, "actor": true, "reason": true, "rules": true,
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := fetch.ParseEvent(data)
		if err != nil {
			var fault *fetch.EventError
			if !errors.As(err, &fault) || fault.Reason == "" || e != (fetch.Event{}) {
				t.Fatalf("%+v, %v", e, err)
			}
			return
		}
		// A misspelt "dryRun" must never become a run that tells, nor one that is said twice.
		names := 0
		for d := json.NewDecoder(strings.NewReader(string(data))); ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			if name, is := token.(string); is && d.InputOffset() < int64(len(data)) && strings.HasPrefix(strings.TrimSpace(string(data[d.InputOffset():])), ":") {
				names++
				if !known[name] {
					t.Fatalf("taken with the field %q: %+v", name, e)
				}
			}
		}
		var fields map[string]any
		if len(strings.TrimSpace(string(data))) > 0 {
			if err := json.Unmarshal(data, &fields); err != nil || len(fields) != names {
				t.Fatalf("%d names, %d fields, %v", names, len(fields), err)
			}
		}
		if fields["dryRun"] == true != e.DryRun || fields["force"] == true != e.Force || fields["full"] == true != e.Full {
			t.Fatalf("read as %+v", e)
		}
		if e.Rules != "" && !e.DryRun || len(e.ExecutionID) > 100 {
			t.Fatalf("a run that tells by rules out of an event, or an id that is too long: %+v", e)
		}
	})
}
