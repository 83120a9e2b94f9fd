package message_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

// named fails unless an error is this package's and names a field.
func named(t *testing.T, err error) {
	t.Helper()
	var fault *message.Error
	if !errors.As(err, &fault) || fault.Field == "" || fault.Reason == "" {
		t.Fatalf("an error that names no field: %v", err)
	}
}

func FuzzDecodeUsage(f *testing.F) {
	for _, body := range []string{
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00.123Z","account":{"id":"175","name":"Contoso"},"counts":{"Managed Servers":3,"Managed Workstations":0}}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","account":{"id":"175","name":""},"counts":{"A":9223372036854775807}}`,
		`{"version":2}`, `{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","account":{"id":"0175"},"counts":{"A":-1}}`,
		`{"version":1,"runId":"r","observedAt":"9999-12-31T23:59:59-01:00","account":{"id":"1"},"counts":{"A":1e3}}`, `{}{}`, ``, `null`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := message.DecodeUsage(body)
		if err != nil {
			named(t, err)
			return
		}
		if len(m.Counts) == 0 || m.RunID == "" || m.ObservedAt.IsZero() {
			t.Fatalf("half a message: %+v", m)
		}
		for service, units := range m.Counts {
			if service == "" || units < 0 {
				t.Fatalf("a count that nobody can mean: %q: %d", service, units)
			}
		}
		// What is taken from one queue can be put on another: a replay does.
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("it was read, and cannot be written: %v", err)
		}
		if err := (queue.Message{Group: m.Group(), DeduplicationID: m.DeduplicationID(), Body: again}).Check(); err != nil && len(again) < queue.MaxMessage {
			t.Fatalf("no queue takes it: %v", err)
		}
		reread, err := message.DecodeUsage(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, reread); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecodeAccounts(f *testing.F) {
	for _, body := range []string{
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00.123Z","account":{"id":"175","name":"Contoso"}}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","services":[{"name":"Managed Servers","description":"Servers","category":"other","subcategory":"other"}]}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","services":[]}`,
		`{"version":1,"runId":"r","observedAt":"0001-01-01T00:00:00.0001Z","account":{"id":"1"},"services":null}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","services":[null]}`, `[]`, `{"version":"1"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := message.DecodeAccounts(body)
		if err != nil {
			named(t, err)
			return
		}
		if (m.Account == nil) == (m.Services == nil) || m.RunID == "" || m.ObservedAt.IsZero() {
			t.Fatalf("half a message: %+v", m)
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("it was read, and cannot be written: %v", err)
		}
		if err := (queue.Message{Group: m.Group(), DeduplicationID: m.DeduplicationID(), Body: again}).Check(); err != nil && len(again) < queue.MaxMessage {
			t.Fatalf("no queue takes it: %v", err)
		}
		reread, err := message.DecodeAccounts(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, reread); diff != "" {
			t.Fatal(diff)
		}
	})
}
