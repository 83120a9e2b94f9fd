package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
)

// after calls do once, right after a document was read for the first time since it was armed.
type after struct {
	ledger.Store
	key ledger.Key
	do  func()
}

func (a *after) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	docs, err := a.Store.Get(ctx, keys...)
	if slices.Contains(keys, a.key) && a.do != nil {
		do := a.do
		a.do = nil
		do()
	}
	return docs, err
}

// The command `hold` opened the ledger before an import of the same stack began (its check came through), and writes while the
// import is under way. It says that nobody is told until resume.
func TestImport_AHoldIsSaidWhileItIsUnderWay_ItStands(t *testing.T) {
	ctx := context.Background()
	clock := func() time.Time { return day.Add(time.Hour) }
	store := memory.New()
	book := ledger.New(store, clock)
	must[ledger.ModeWord](t)(book.SetMode(ctx, ledger.ModePost, by("anna")))
	transfer := moved(t, book)
	var said error
	raced := false
	racing := &after{Store: store, key: ledger.Key{Kind: "state", ID: "hand"}, do: func() {
		raced = true
		_, said = book.SetHold(ctx, true, by("ben"))
	}}
	if _, err := ledger.New(racing, clock).Import(ctx, transfer, true, by("anna")); err != nil {
		t.Fatal(err)
	}
	h := must[ledger.Hand](t)(book.Hand(ctx))
	if !raced || said != nil || !h.Hold.On {
		t.Errorf("raced: %t, %v; ben was told that posting is on hold: %+v", raced, said, h.Hold)
	}
}
