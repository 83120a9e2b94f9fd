package fetch_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

func TestAnnounce_OnHold_ASlowFallIsNotOver(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(1, 1, 60)
	o.night()
	o.retire(ids[:15])
	o.night()
	o.retire(ids[15:28])
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{handed}) {
		t.Fatalf("told %q", got)
	}
	for _, on := range []bool{true, false} {
		if _, err := o.book.SetHold(context.Background(), on, ledger.Act{Actor: "anna", Reason: "month end"}); err != nil {
			t.Fatal(err)
		}
		r := o.paged(p)
		if got := p.titles(); (r.State == fetch.StateHeld) != on || slices.ContainsFunc(got, func(title string) bool { return strings.HasPrefix(title, "needs a hand") }) {
			t.Errorf("on hold %v: %s, told %q", on, r.State, got)
		}
	}
}

// A fall that the guard holds is told as held, and is no slow one. A slow fall of the service that was there before is not over
// by it.
func TestAnnounce_TheGuardHoldsAFall_ItIsNoSlowFall_AndAnOlderOneIsNotOver(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(1, 1, 60)
	o.night()
	o.retire(ids[:28])
	if r := o.night(); r.State != fetch.StateHeld || len(attention(r, fetch.KindSlowFall)) != 0 {
		t.Fatalf("%s, slow falls %q", r.State, attention(r, fetch.KindSlowFall))
	}
	for _, id := range ids[15:28] {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	o.night()
	o.retire(ids[15:28])
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{handed}) {
		t.Fatalf("told %q", got)
	}
	o.retire(ids[28:])
	r := o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{isHeld}) {
		t.Errorf("%s, told %q", r.State, got)
	}
}

// A hold of all that was counted leaves no count to go by.
func TestSlowFall_AllThatWasCountedIsInDoubt_NamesNone(t *testing.T) {
	o := newOffice(t)
	ids := o.add(1, 1, 60)
	o.night()
	o.retire(ids[:15])
	o.night()
	o.retire(ids[15:28])
	o.tenant.SetType(autotasktest.Type{ID: 3, Name: "Renamed"}) // the rule for servers fits nothing
	if r := o.night(); r.State != fetch.StateHeld || len(attention(r, fetch.KindSlowFall)) != 0 {
		t.Errorf("%s, slow falls %q", r.State, attention(r, fetch.KindSlowFall))
	}
}

// An approved fall waits for the run that tells. Until then nothing has fallen, and a day was held for it.
func TestSlowFall_AnApprovedFallWaitsWhilePostingIsOnHold_IsNone(t *testing.T) {
	o := newOffice(t)
	ids := o.add(1, 1, 60)
	o.night()
	o.retire(ids[:28])
	o.approve(o.night().RunID)
	if _, err := o.book.SetHold(context.Background(), true, ledger.Act{Actor: "anna"}); err != nil {
		t.Fatal(err)
	}
	if r := o.night(); r.State != fetch.StateHeld || len(attention(r, fetch.KindSlowFall)) != 0 {
		t.Errorf("%s, slow falls %q", r.State, attention(r, fetch.KindSlowFall))
	}
}
