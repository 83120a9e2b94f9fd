package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A worker's count is under way while an older export is imported. Whatever is answered, it is not known what stands: the
// import has forgotten who else was under way, and the next run tells it again.
func TestImport_AnAnswerComesAfterIt_ThePairStaysUnknown(t *testing.T) {
	for name, answer := range map[string]ledger.Result{"accepted": yes, "refused": no, "no map": {Answer: ledger.Unmapped, Definite: true}, "unclear": unclear} {
		b := newBook(t)
		transfer := moved(t, b.Ledger)
		telling := b.start("a", start.Add(time.Hour), servers(5))
		_, err := b.Import(t.Context(), transfer, true, ledger.Act{Actor: "a person"})
		b.must(err)
		before := b.pair("Servers")
		b.finish(telling, answer)
		if p := b.pair("Servers"); p.State == ledger.Told || p.NoMap || p.State != before.State {
			t.Errorf("%s: %+v became %+v", name, before, p)
		}
	}
}

// The export does not know an account, of which a newer run has spoken since. A worker who took up an older message about it
// before the import tells and makes nothing.
func TestImport_AnOlderWordAboutAnAccountThatTheExportDoesNotKnow_IsSuperseded(t *testing.T) {
	b := newBook(t)
	transfer := moved(t, b.Ledger)
	older, _, err := b.Issued(t.Context())
	b.must(err)
	newer := older.Add(time.Hour)
	_, err = b.StartTelling(t.Context(), "newer", newer, "9", servers(5), b.services, "a")
	b.must(err)
	b.now = newer
	_, err = b.Import(t.Context(), transfer, true, ledger.Act{Actor: "a person"})
	b.must(err)
	var superseded *ledger.SupersededError
	if _, err := b.StartTelling(t.Context(), "older", older, "9", servers(3), b.services, "b"); !errors.As(err, &superseded) {
		t.Errorf("told: %v", err)
	}
	if _, err := b.ClaimAccount(t.Context(), "9", "older", older, func(*ledger.Account) error { return nil }); !errors.As(err, &superseded) {
		t.Errorf("made: %v", err)
	}
	if _, err := b.StartTelling(t.Context(), "next", newer.Add(time.Hour), "9", servers(4), b.services, "c"); err != nil {
		t.Errorf("the next run: %v", err)
	}
}

// A fall is looked for in the days of both places; of a day that both know, this one's total is nearer to what was told.
func TestImport_TotalsOfTheLastDays_AreThoseOfBothPlaces(t *testing.T) {
	b := newBook(t)
	b.must(b.NoteHistory(t.Context(), start, map[string]int64{"s": 10}, nil))
	b.must(b.NoteHistory(t.Context(), start.AddDate(0, 0, 1), map[string]int64{"s": 11}, nil))
	transfer := moved(t, b.Ledger)
	b.must(b.NoteHistory(t.Context(), start.AddDate(0, 0, 1), map[string]int64{"s": 12}, []string{"s"}))
	b.must(b.NoteHistory(t.Context(), start.AddDate(0, 0, 2), map[string]int64{"s": 103}, nil))
	_, err := b.Import(t.Context(), transfer, true, ledger.Act{Actor: "a person"})
	b.must(err)
	history, err := b.History(t.Context())
	b.must(err)
	if highest, _, _ := history.Highest("s"); highest != 103 || len(history.Days) != 3 || history.Days[1].Services["s"] != 12 {
		t.Errorf("got %+v", history)
	}
}

// At the time of the export the account was gone, after a disconnect, and a pair of it had only ever had "no map". It was told
// since: the account comes back with that count, which nobody may take for never told.
func TestImport_APairWithoutAMapOfAnAccountThatWasGone_IsNotNeverTold(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(4)), ledger.Result{Answer: ledger.Unmapped, Definite: true})
	b.must(b.NoteAccount(t.Context(), "175", func(a *ledger.Account) { a.Missing() }))
	transfer := moved(t, b.Ledger)
	_, err := b.Import(t.Context(), transfer, true, ledger.Act{Actor: "a person"})
	b.must(err)
	b.must(b.NoteAccount(t.Context(), "175", func(a *ledger.Account) { a.Stands("Contoso") }))
	if p := b.pair("Servers"); p.State != ledger.Unknown || p.NoMap {
		t.Errorf("got %+v, want unknown", p)
	}
}
