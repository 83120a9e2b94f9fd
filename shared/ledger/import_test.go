package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
