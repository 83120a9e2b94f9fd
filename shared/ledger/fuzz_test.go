package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// FuzzDocuments puts any document in any place of a ledger and asks everything that is asked of it. What cannot be read
// is an error that names the document; what can be read can be worked with, and is the same after it was written again.
func FuzzDocuments(f *testing.F) {
	places := []ledger.Key{
		{Kind: "account", ID: "175"}, {Kind: "state", ID: "head"}, {Kind: "state", ID: "services"}, {Kind: "state", ID: "baseline"},
		{Kind: "state", ID: "held"}, {Kind: "state", ID: "hand"}, {Kind: "state", ID: "tenant"}, {Kind: "state", ID: "last"},
		{Kind: "state", ID: "rebuild"}, {Kind: "state", ID: "history"}, {Kind: "state", ID: "refusal-" + ledger.Autotask}, {Kind: "release", ID: "175"},
		{Kind: "letter", ID: "m-1"}, {Kind: "run", ID: "1772331300000"}, {Kind: "act", ID: "1"},
	}
	for n, body := range []string{
		`{"name":"Contoso","exists":true,"adopted":true,"intent":{"runId":"r","observedAt":"2026-03-01T02:15:00Z"},"pairs":{"Servers":{"state":"told","units":3,"observedAt":"2026-03-01T02:15:00Z","serviceId":"s1","everTold":true}}}`,
		`{"format":1,"issued":"2026-03-01T02:15:00Z","lease":{"runId":"r","until":"2026-03-01T02:30:00Z"}}`,
		`{"list":[{"key":"Servers","name":"Servers","id":"s1","ruled":true}],"lookedAt":"2026-03-01T02:15:00Z"}`,
		`{"runId":"r","observedAt":"2026-03-01T02:15:00Z","services":{"Servers":3}}`,
		`{"runId":"r","observedAt":"2026-03-01T02:15:00Z","holds":[{"key":"|Servers|falls","was":30,"now":3}]}`,
		`{"mode":{"mode":"observe"}}`, `{"autotask":{"database":9,"name":"Own"}}`, `"2026-03-01T02:15:00Z"`, `{}`,
		`{"days":[{"day":"2026-03-01","services":{"Servers":3}}]}`, `{}`, `{}`,
		`{"queue":"usage","group":"175","body":{},"reason":"x"}`, `{"runId":"r","observedAt":"2026-03-01T02:15:00Z","state":"done"}`, `{"what":"approve"}`,
	} {
		f.Add(uint8(n), []byte(body))
	}
	for n := range places {
		f.Add(uint8(n), []byte(`null`))
		f.Add(uint8(n), []byte(`[]`))
	}
	f.Add(uint8(0), []byte(`{"pairs":{"Servers":{"state":"maybe","units":-1,"prior":{"state":"maybe","prior":{}},"open":{"t":{"begun":"0001-01-01T00:00:00Z"}}},"":{"state":"else"}}}`))
	f.Add(uint8(1), []byte(`{"format":99}`))
	f.Add(uint8(1), []byte(`{"issued":"9999-12-31T23:59:59.999Z"}`))
	now := time.Date(2026, 3, 2, 2, 15, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, place uint8, body []byte) {
		key := places[int(place)%len(places)]
		store := memory.New()
		store.Now = func() time.Time { return now }
		if store.Write(t.Context(), ledger.Write{Key: key, Body: body}) != nil {
			return // no store takes it
		}
		book := ledger.New(store, func() time.Time { return now })
		for name, ask := range questions {
			err := ask(t.Context(), book)
			var newer *ledger.FormatError
			if err != nil && !errors.As(err, &newer) && !strings.Contains(err.Error(), string(key.Kind)) && !strings.Contains(err.Error(), key.ID) {
				t.Fatalf("%s: an error that does not say which document it is (%s): %v", name, key, err)
			}
		}
		before, err := book.Account(t.Context(), "175")
		if err != nil {
			return
		}
		if err := book.NoteAccount(t.Context(), "175", func(*ledger.Account) {}); err != nil {
			t.Fatalf("it was read, and cannot be written: %v", err)
		}
		after, err := book.Account(t.Context(), "175")
		if diff := cmp.Diff(before, after, cmpopts.IgnoreUnexported(ledger.Account{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
		telling(t, book, now)
	})
}

// questions are all that is read of a ledger.
var questions = map[string]func(context.Context, *ledger.Ledger) error{
	"Accounts": func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Accounts(ctx); return err },
	"Check":    func(ctx context.Context, l *ledger.Ledger) error { return l.Check(ctx) },
	"Services": func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Services(ctx); return err },
	"Baseline": func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Baseline(ctx); return err },
	"Held":     func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Held(ctx); return err },
	"Hand":     func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Hand(ctx); return err },
	"Tenant":   func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Tenant(ctx); return err },
	"LastRun":  func(ctx context.Context, l *ledger.Ledger) error { _, _, err := l.LastRun(ctx); return err },
	"Releases": func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Releases(ctx); return err },
	"Letters":  func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Letters(ctx); return err },
	"Acts":     func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Acts(ctx); return err },
	"GoodRun":  func(ctx context.Context, l *ledger.Ledger) error { _, _, err := l.GoodRun(ctx); return err },
	"History": func(ctx context.Context, l *ledger.Ledger) error {
		h, err := l.History(ctx)
		h.Highest("Servers")
		return err
	},
	"RebuildOwed": func(ctx context.Context, l *ledger.Ledger) error {
		_, err := l.RebuildOwed(ctx, time.Minute)
		return err
	},
	"LastRefusal": func(ctx context.Context, l *ledger.Ledger) error {
		_, _, err := l.LastRefusal(ctx, ledger.Autotask)
		return err
	},
}

// telling tells a count to whatever account stands there: told is told, with what was tried.
func telling(t *testing.T, book *ledger.Ledger, now time.Time) {
	t.Helper()
	var services ledger.Services
	services.Apply([]ledger.Rule{{Name: "Servers"}})
	services.Link([]ledger.Standing{{ID: "s1", Name: "Servers"}}, ledger.Services{})
	begun, err := book.StartTelling(t.Context(), "r2", now, "175", map[string]int64{"Servers": 5}, services, "2b6f0a7e")
	if err != nil || len(begun.Counts) == 0 {
		return // a newer run has spoken, or nothing is due
	}
	results := map[string]ledger.Result{}
	for _, c := range begun.Counts {
		results[c.Service.Key] = ledger.Result{Answer: ledger.Accepted, Definite: true}
	}
	a, err := book.FinishTelling(t.Context(), begun, results, true)
	if err != nil {
		t.Fatal(err)
	}
	if p := a.Pairs["Servers"]; p.Units != 5 || p.State != ledger.Told && p.State != ledger.MaybeTold {
		body, _ := json.Marshal(p)
		t.Fatalf("after an accepted answer the ledger says %s", body)
	}
}
