package letters_test

import (
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
)

// FuzzLetter: whatever lies with the dead letters is listed with a verdict, and a letter that a replay would have worked
// can be read by those who work it.
func FuzzLetter(f *testing.F) {
	for _, body := range []string{
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","account":{"id":"175","name":"Contoso"},"counts":{"Managed Servers":3}}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","account":{"id":"175","name":"Contoso"}}`,
		`{"version":1,"runId":"r","observedAt":"2026-11-23T02:00:00Z","services":[]}`,
		`{"version":"1.0","timestamp":"2026-11-23T02:15:00Z","requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"executionId":"d32"},"responsePayload":{"errorMessage":"Autotask refused the login","errorType":"RefusedError"}}`,
		`{"requestContext":7}`, `{"requestContext":{"condition":null}}`, ``, `null`, `[]`, `{`,
	} {
		for queue := range uint8(5) {
			f.Add(queue, []byte(body), "reason")
		}
	}
	book := ledger.New(memory.New(), time.Now)
	f.Fuzz(func(t *testing.T, queue uint8, body []byte, reason string) {
		kind := []letters.Queue{letters.Usage, letters.Accounts, letters.Runs, letters.Schedules, "else"}[queue%5]
		judge, err := letters.NewJudge(t.Context(), book)
		if err != nil {
			t.Fatal(err)
		}
		l := letters.Kept(ledger.Letter{ID: "m", Queue: string(kind), Group: "175", Body: body, Reason: reason})
		v := judge.Of(l)
		if v.Outcome == "" || v.Text == "" {
			t.Fatalf("no verdict: %+v", v)
		}
		if string(l.Body) != string(body) {
			t.Fatal("the letter was changed")
		}
		if kind != letters.Runs && l.Reason != reason {
			t.Fatalf("its reason was changed to %q", l.Reason)
		}
		switch kind {
		case letters.Usage:
			_, err = message.DecodeUsage(body)
		case letters.Accounts:
			_, err = message.DecodeAccounts(body)
		case letters.Runs, letters.Schedules:
			if v.Outcome != letters.NotMoved {
				t.Fatalf("a run is never replayed: %+v", v)
			}
			return
		default:
			if v.Outcome != letters.Dies {
				t.Fatalf("a letter of no queue of ours: %+v", v)
			}
			return
		}
		if (err != nil) != (v.Outcome == letters.Dies) || err != nil && !strings.Contains(v.Text, err.Error()) {
			t.Fatalf("verdict %+v, and reading it says %v", v, err)
		}
	})
}
