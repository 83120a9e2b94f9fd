package fetch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// 150 clients can no longer be seen in Autotask; what Synthesize was told of them stays on their bills. What a stack keeps of the
// run (its record, its answer, its log) is Capped: it must name them all, or say that there are more.
func TestRecord_ManyCompaniesCannotBeSeen_WhatIsKeptOfTheRunNamesThemOrSaysThatThereAreMore(t *testing.T) {
	o := newOffice(t)
	for c := int64(1000); c < 1150; c++ {
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("Client ", c)})
		o.add(c, 1, 1)
	}
	for c := int64(2000); c < 2400; c++ { // the others, so that the guard lets it pass
		o.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("Client ", c)})
		o.add(c, 1, 1)
	}
	o.night()
	for c := int64(1000); c < 1150; c++ {
		o.tenant.RemoveCompany(c)
	}
	r := o.night()
	if r.State != fetch.StateDone {
		t.Fatal(r.State, r.Reason)
	}
	if n := len(attention(r, fetch.KindInvisible)); n != 150 {
		t.Fatalf("the run itself names %d", n)
	}
	body, err := r.Record()
	if err != nil {
		t.Fatal(err)
	}
	var kept fetch.Result
	if err := json.Unmarshal(body, &kept); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, a := range kept.Attention {
		if a.Kind != fetch.KindInvisible {
			continue
		}
		if a.More > 0 {
			if a.More != 50 || !strings.Contains(a.Text, "50 more, of companies 1") {
				t.Errorf("%+v", a)
			}
			for _, id := range a.AccountIDs {
				named[id] = true
			}
			continue
		}
		named[a.AccountID] = true
	}
	if len(named) != 150 {
		t.Errorf("%d of 150 clients are named who are billed for what nobody counts any more", len(named))
	}
}
