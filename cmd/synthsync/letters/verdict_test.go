package letters_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
)

// A ledger that was imported has forgotten the runs since its export. A letter of one of them says nothing any more, and a
// person who asks is not told that it would be posted.
func TestJudge_LettersOfBeforeAnImport_WouldBeSuperseded(t *testing.T) {
	now := observed
	book := ledger.New(memory.New(), func() time.Time { return now })
	held, err := book.Begin(t.Context(), "run", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.End(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if _, err := book.Export(t.Context(), &export, "here", "1"); err != nil {
		t.Fatal(err)
	}
	transfer, err := ledger.ReadTransfer(&export)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.Import(t.Context(), transfer, true, ledger.Act{Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	judge, err := letters.NewJudge(t.Context(), book)
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{"before": held.ObservedAt, "since": held.ObservedAt.Add(time.Hour)} {
		accounts := message.Accounts{RunID: "run", ObservedAt: at, Account: &message.Account{ID: "1", Name: "Company 1"}}
		for queue, encode := range map[letters.Queue]func() ([]byte, error){letters.Usage: usage("1", 9, at).Encode, letters.Accounts: accounts.Encode} {
			body, err := encode()
			if err != nil {
				t.Fatal(err)
			}
			verdict := judge.Of(letters.Kept(ledger.Letter{ID: fmt.Sprint(queue, name), Queue: string(queue), Group: "1", Body: body}))
			if superseded := verdict.Outcome == letters.Superseded; superseded != (name == "before") {
				t.Errorf("%s, read %s the import: %+v", queue, name, verdict)
			}
		}
	}
}

// A services message dies when one of its services is refused, after its look: a replay then makes that one.
func TestJudge_ServicesMessageWhoseLookIsDone_WouldMakeWhatIsMissingYet(t *testing.T) {
	o := open(t)
	o.services(observed)
	for name, want := range map[string]letters.Outcome{"Servers": letters.Unchanged, "Printers": letters.Makes} {
		m := message.Accounts{RunID: "run", ObservedAt: observed, Services: []message.Service{{Name: name, Description: name, Category: "other", Subcategory: "other"}}}
		body, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		judge, err := letters.NewJudge(t.Context(), o.book)
		if err != nil {
			t.Fatal(err)
		}
		verdict := judge.Of(letters.Kept(ledger.Letter{ID: name, Queue: string(letters.Accounts), Group: m.Group(), Body: body}))
		if verdict.Outcome != want {
			t.Errorf("%s: %+v, want %s", name, verdict, want)
		}
	}
}
