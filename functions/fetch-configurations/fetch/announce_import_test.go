package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// A message waited when the ledger was exported, and was delivered since. Import brings it back: the person is told once more,
// of something that is over.
func TestAnnounce_AfterAnImport_NobodyIsToldAgainOfWhatIsOver(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	p := &pager{err: errors.New("the webhook is down")}
	o.night()
	o.uncovered()
	o.paged(p) // "Something needs a hand" waits
	var export bytes.Buffer
	if _, err := o.book.Export(ctx, &export, "here", "1"); err != nil {
		t.Fatal(err)
	}
	p.err = nil
	o.paged(p)
	var printers []int64
	o.tenant.Items(func(i autotasktest.Item) bool {
		if i.Type == 8 {
			printers = append(printers, i.ID)
		}
		return true
	})
	o.retire(printers)
	o.paged(p)
	p.titles()
	transfer, err := ledger.ReadTransfer(&export)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.book.Import(ctx, transfer, true, ledger.Act{Actor: "a person"}); err != nil {
		t.Fatal(err)
	}
	o.paged(p)
	if got := p.titles(); len(got) > 0 {
		t.Errorf("told after the import, of a night in which nothing is wrong: %q", got)
	}
}
