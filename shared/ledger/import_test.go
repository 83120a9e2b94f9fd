package ledger_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

var errCut = errors.New("the machine is gone")

// cutStore dies at its n-th write.
type cutStore struct {
	ledger.Store
	left int
}

func (c *cutStore) Write(ctx context.Context, writes ...ledger.Write) error {
	if c.left--; c.left < 0 {
		return errCut
	}
	return c.Store.Write(ctx, writes...)
}

func exported(t *testing.T, accounts int) *ledger.Transfer {
	t.Helper()
	now := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	book := ledger.New(memory.New(), func() time.Time { return now })
	held, err := book.Begin(t.Context(), "run", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for i := range accounts {
		if err := book.NoteAccount(t.Context(), fmt.Sprint(i+1), func(a *ledger.Account) { a.Made(fmt.Sprint("Client ", i)) }); err != nil {
			t.Fatal(err)
		}
	}
	var text bytes.Buffer
	var busy *ledger.BusyError
	if _, err := book.Export(t.Context(), &text, "here", "1"); !errors.As(err, &busy) {
		t.Fatalf("export during a run: %v", err)
	}
	if err := book.End(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	text.Reset()
	if _, err := book.Export(t.Context(), &text, "here", "1"); err != nil {
		t.Fatal(err)
	}
	transfer, err := ledger.ReadTransfer(&text)
	if err != nil {
		t.Fatal(err)
	}
	return transfer
}

// Until it is repeated, nobody uses a ledger whose import was cut short.
func TestImport_CutShortAtEachWrite_NobodyUsesItUntilItIsRepeated(t *testing.T) {
	transfer := exported(t, 60)
	clock := func() time.Time { return time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC) }
	for n := 0; ; n++ {
		store := &cutStore{memory.New(), n}
		_, err := ledger.New(store, clock).Import(t.Context(), transfer, false, ledger.Act{Actor: "ann"})
		whole := ledger.New(store.Store, clock)
		if err == nil {
			if n < 4 {
				t.Fatalf("only %d writes", n)
			}
			if accounts, err := whole.Accounts(t.Context()); err != nil || len(accounts) != 60 {
				t.Errorf("%d accounts, %v", len(accounts), err)
			}
			return
		}
		if !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		var half *ledger.ImportingError
		if _, err := whole.Begin(t.Context(), "run", time.Minute); n > 0 && !errors.As(err, &half) || n > 0 && !errors.As(whole.Check(t.Context()), &half) {
			t.Fatalf("cut at write %d, and a run begins: %v", n, err)
		}
		if n == 0 {
			continue // nothing was written: the run above has begun
		}
		if _, err := whole.Import(t.Context(), transfer, false, ledger.Act{Actor: "ann"}); err != nil {
			t.Fatalf("repeated after a cut at write %d: %v", n, err)
		}
		if _, err := whole.Begin(t.Context(), "run", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}

// sealed is an export of some documents, with an end that agrees with them.
func sealed(documents ...string) *strings.Reader {
	lines := `{"synthsync":"ledger","format":1,"ledger":1,"at":"2026-11-01T02:00:00Z","from":"here","program":"1","tenant":{}}` + "\n"
	for _, d := range documents {
		lines += d + "\n"
	}
	return strings.NewReader(lines + fmt.Sprintf(`{"end":true,"documents":%d,"sha256":"%x"}`+"\n", len(documents), sha256.Sum256([]byte(lines))))
}

const aHead = `{"kind":"state","id":"head","body":{"format":1,"issued":"2026-11-01T02:00:00Z"}}`

func TestReadTransfer_ADocumentThatNobodyCanRead_IsNamed(t *testing.T) {
	if _, err := ledger.ReadTransfer(sealed(aHead)); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"account/175", "run/1772331300000", "tally/1772331300000", "release/175", "letter/m-1", "act/1", "state/head", "state/last", "state/good",
		"state/services", "state/baseline", "state/held", "state/hand", "state/history", "state/incidents", "state/rebuild", "state/tenant", "state/rules",
	} {
		kind, id, _ := strings.Cut(key, "/")
		_, err := ledger.ReadTransfer(sealed(aHead, fmt.Sprintf(`{"kind":%q,"id":%q,"body":"no such thing"}`, kind, id)))
		if key == "state/head" {
			_, err = ledger.ReadTransfer(sealed(`{"kind":"state","id":"head","body":"no such thing"}`))
		}
		if err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for name, export := range map[string]*strings.Reader{
		"no head": sealed(), "unknown kind": sealed(aHead, `{"kind":"else","id":"1","body":{}}`), "twice": sealed(aHead, aHead),
		"no id": sealed(aHead, `{"kind":"run","id":"","body":{}}`), "no body": sealed(aHead, `{"kind":"run","id":"1"}`),
		"unknown field": sealed(aHead, `{"kind":"run","id":"1","body":{},"extra":1}`),
	} {
		if _, err := ledger.ReadTransfer(export); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// FuzzTransfer imports whatever stands in an export whose end agrees with it. What is refused says why; what is taken can
// be used, and nothing of it is believed to be told.
func FuzzTransfer(f *testing.F) {
	f.Add(`{"kind":"account","id":"175","body":{"name":"Contoso","exists":true,"pairs":{"Servers":{"state":"told","units":3,"observedAt":"2026-03-01T02:15:00Z","serviceId":"s1","everTold":true}}}}`,
		`{"kind":"state","id":"services","body":{"list":[{"key":"Servers","name":"Servers","id":"s1","ruled":true}],"lookedAt":"2026-03-01T02:15:00Z"}}`)
	f.Add(`{"kind":"state","id":"hand","body":{"mode":{"mode":"post"}}}`, `{"kind":"release","id":"175","body":{}}`)
	f.Add(`{"kind":"account","id":"175","body":null}`, `{"kind":"run","id":"1772331300000","body":{"runId":"r","state":"done"}}`)
	f.Add(`{"kind":"letter","id":"m","body":{"queue":"usage"},"expires":"2026-11-20T02:00:00Z"}`, `{"end":false}`)
	f.Add(`{"kind":"state","id":"last","body":"2026-03-01T02:15:00Z"}`, `{"kind":"tally","id":"0001772331300000","body":{}}`)
	now := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, first, second string) {
		transfer, err := ledger.ReadTransfer(sealed(aHead, first, second))
		if err != nil {
			if err.Error() == "" {
				t.Fatal("refused without a word")
			}
			return
		}
		store := memory.New()
		store.Now = func() time.Time { return now }
		book := ledger.New(store, func() time.Time { return now })
		if _, err := book.Import(t.Context(), transfer, false, ledger.Act{Actor: "ann"}); err != nil {
			t.Fatalf("checked, and then not taken: %v", err)
		}
		for name, ask := range questions {
			if err := ask(t.Context(), book); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		accounts, err := book.Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id, a := range accounts {
			for service, p := range a.Pairs {
				if p.State == ledger.Told {
					t.Fatalf("%s, %s is believed to be told", id, service)
				}
			}
		}
		if hand, err := book.Hand(t.Context()); err != nil || hand.Mode != (ledger.ModeWord{}) {
			t.Fatalf("the mode came along: %+v, %v", hand, err)
		}
		if _, err := book.Begin(t.Context(), "run", time.Minute); err != nil {
			t.Fatal(err)
		}
	})
}

func TestImport_WhileARunReads_IsRefused(t *testing.T) {
	transfer := exported(t, 1)
	now := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
	book := ledger.New(memory.New(), func() time.Time { return now })
	held, err := book.Begin(t.Context(), "run", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var busy *ledger.BusyError
	if _, err := book.Import(t.Context(), transfer, true, ledger.Act{}); !errors.As(err, &busy) {
		t.Fatalf("got %v", err)
	}
	if err := book.End(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Import(t.Context(), transfer, true, ledger.Act{}); err != nil {
		t.Fatal(err)
	}
	// The later of the two places' times goes on.
	again, err := book.Begin(t.Context(), "next", time.Minute)
	if err != nil || !again.ObservedAt.After(held.ObservedAt) {
		t.Errorf("%v after %v, %v", again.ObservedAt, held.ObservedAt, err)
	}
}

// A run that was killed gave its lease back to nobody. It ends by itself, and the import may go on.
func TestImport_AfterARunThatDied_WaitsForItsLeaseAlone(t *testing.T) {
	now := time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC)
	book := ledger.New(memory.New(), func() time.Time { return now })
	if _, err := book.Begin(t.Context(), "killed", time.Minute); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := book.Import(t.Context(), exported(t, 1), true, ledger.Act{}); err != nil {
		t.Fatal(err)
	}
}

// When the export was made, nobody had mapped the account. It may have been mapped and told since, so a zero is told.
func TestImport_PairThatNobodyHadMapped_MayHaveBeenToldSince(t *testing.T) {
	b := newBook(t)
	held, err := b.Begin(t.Context(), "run", time.Minute)
	b.must(err)
	b.must(b.End(t.Context(), held))
	b.finish(b.start("a", start, servers(5)), noMap)
	var text bytes.Buffer
	if _, err := b.Export(t.Context(), &text, "here", "1"); err != nil {
		t.Fatal(err)
	}
	transfer, err := ledger.ReadTransfer(&text)
	b.must(err)
	there := &book{Ledger: ledger.New(memory.New(), func() time.Time { return b.now }), t: t}
	if _, err := there.Import(t.Context(), transfer, false, ledger.Act{Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	if p := there.pair("Servers"); p.State != ledger.Unknown || p.NoMap || !p.MayStandAboveZero() {
		t.Errorf("got %+v, want unknown, and tried at once", p)
	}
}

// The export was older than an account; a disconnect took the account away. When it is made again, Synthesize may hold what
// it was told in between.
func TestImport_AnAccountMadeAfterIt_MayHaveBeenToldBefore(t *testing.T) {
	for name, transfer := range map[string]*ledger.Transfer{"an export": exported(t, 2), "an export that knows nothing": exported(t, 0)} {
		book := ledger.New(memory.New(), func() time.Time { return time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC) })
		if _, err := book.Import(t.Context(), transfer, false, ledger.Act{Actor: "ann"}); err != nil {
			t.Fatal(err)
		}
		services, err := book.Services(t.Context())
		if err != nil || !services.Imported {
			t.Errorf("%s: services %+v, %v", name, services, err)
		}
	}
	adopted := ledger.Account{ID: "175", Adopted: true}
	adopted.Made("Contoso")
	if p := adopted.Pair(ledger.Service{Key: "a", ID: "1", Adopted: true}); p.State != ledger.Unknown {
		t.Errorf("an account of an import that is made: its pair is %q", p.State)
	}
	found := ledger.Account{ID: "175", Adopted: true, Making: &ledger.Making{Token: "mine"}}
	found.Stands("Contoso")
	if p := found.Pair(ledger.Service{Key: "a", ID: "1", Adopted: true}); p.State != ledger.Unknown {
		t.Errorf("an account of an import that is found where its answer was lost: its pair is %q", p.State)
	}
}

// forgetful carries a write out and says that it met a conflict: its answer was lost, and another writer came in between.
type forgetful struct {
	ledger.Store
	forget bool
}

func (f *forgetful) Write(ctx context.Context, writes ...ledger.Write) error {
	err := f.Store.Write(ctx, writes...)
	if err == nil && f.forget {
		f.forget = false
		return &ledger.Conflict{Keys: []ledger.Key{writes[0].Key}}
	}
	return err
}

// Of what was imported nothing is known of the time before.
func TestImport_PairIsMarked_AnswerToTheMarkLost_IsTold(t *testing.T) {
	b := newBook(t)
	b.finish(b.start("a", start, servers(5)), yes)
	lease, err := b.Begin(context.Background(), "r", time.Minute)
	b.must(err)
	b.must(b.End(context.Background(), lease))
	var text bytes.Buffer
	_, err = b.Export(context.Background(), &text, "here", "1")
	b.must(err)
	transfer, err := ledger.ReadTransfer(&text)
	b.must(err)
	store := &forgetful{Store: memory.New()}
	moved := ledger.New(store, func() time.Time { return b.now })
	_, err = moved.Import(context.Background(), transfer, false, ledger.Act{Actor: "a person"})
	b.must(err)
	b.Ledger = moved
	store.forget = true
	at := start.Add(time.Hour)
	b.finish(b.start("b", at, servers(7)), yes)
	if p := b.pair("Servers"); p.State != ledger.Told || p.Units != 7 {
		t.Errorf("got %+v, want told 7", p)
	}
}

// What is half one ledger and half another is not made a whole one by a person's word about the tenant.
func TestAcceptTenant_AfterAnImportThatWasCutShort_SaysThatItIsToBeRepeated(t *testing.T) {
	transfer := exported(t, 3)
	store := &cutStore{Store: memory.New(), left: 1}
	book := ledger.New(store, func() time.Time { return start })
	if _, err := book.Import(context.Background(), transfer, false, ledger.Act{Actor: "a person"}); err == nil {
		t.Fatal("the import was not cut short")
	}
	store.left = 1 << 20
	var half *ledger.ImportingError
	if err := book.AcceptTenant(context.Background()); !errors.As(err, &half) {
		t.Errorf("accepted with %v, want that the import is to be repeated", err)
	}
	if err := book.Check(context.Background()); !errors.As(err, &half) {
		t.Errorf("the ledger is checked with %v", err)
	}
}
