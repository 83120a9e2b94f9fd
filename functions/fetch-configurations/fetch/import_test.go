package fetch_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// The last run that was not held counted 103 desktops, and Synthesize was told of them. An export of before is imported. A
// read of 15 is a fall by 85 %, of which nobody is asked.
func TestGuard_AfterAnImportOfAnOlderExport_TheGuardKnowsWhatWasCountedLast(t *testing.T) {
	o := newOffice(t)
	ctx := context.Background()
	o.add(1, 1, 7) // 10 in all
	o.night()
	var export bytes.Buffer
	if _, err := o.book.Export(ctx, &export, "here", "1"); err != nil {
		t.Fatal(err)
	}
	gone := o.add(1, 1, 9)
	o.night() // 19
	gone = append(gone, o.add(1, 1, 18)...)
	o.night() // 37
	gone = append(gone, o.add(1, 1, 36)...)
	o.night() // 73
	gone = append(gone, o.add(1, 1, 30)...)
	if r := o.night(); r.State != fetch.StateDone || r.Services["Managed Workstations"] != 103 {
		t.Fatal(r.State, r.Reason, r.Services)
	}
	transfer, err := ledger.ReadTransfer(&export)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.book.Import(ctx, transfer, true, ledger.Act{Actor: "a person"}); err != nil {
		t.Fatal(err)
	}
	o.retire(gone[:88]) // 15 are left
	o.now = o.now.Add(24 * time.Hour)
	r, err := o.run(fetch.Event{})
	if err != nil {
		t.Fatal(err)
	}
	if r.State != fetch.StateHeld {
		t.Errorf("%s: a fall from 103 to %d passes", r.State, r.Services["Managed Workstations"])
	}
}
