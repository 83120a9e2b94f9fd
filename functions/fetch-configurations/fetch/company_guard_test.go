package fetch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// lost plays the consumers: everything queued goes out, and the answers are lost.
func (o *office) lost() {
	o.t.Helper()
	ctx := context.Background()
	svc, err := o.book.Services(ctx)
	if err != nil {
		o.t.Fatal(err)
	}
	for n, sent := range o.usage.sent {
		m, err := message.DecodeUsage(sent.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		t, err := o.book.StartTelling(ctx, m.RunID, m.ObservedAt, m.Account.ID, m.Counts, svc, fmt.Sprint("lost ", n, m.RunID))
		if err != nil {
			o.t.Fatal(err)
		}
		results := map[string]ledger.Result{}
		for _, c := range t.Counts {
			results[c.Service.Key] = ledger.Result{Answer: ledger.Unclear}
		}
		if _, err := o.book.FinishTelling(ctx, t, results, false); err != nil {
			o.t.Fatal(err)
		}
	}
	o.accounts, o.usage = &outbox{}, &outbox{}
}

// An answer that was lost the night before does not make a client's fall smaller.
func TestCompanyGuard_AnswerLostTheNightBefore_TheFallIsHeld(t *testing.T) {
	o := newOffice(t)
	o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
	ids := o.add(1, 1, 20)
	o.add(2, 1, 100)
	o.night()
	o.tenant.Retire(ids[0])
	o.now = o.now.Add(24 * time.Hour)
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	o.lost()
	for _, id := range ids[1:] {
		o.tenant.Retire(id)
	}
	r := o.night()
	if len(r.Holds) != 1 || slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" }) {
		t.Errorf("19 of 21 devices of company 1 are gone, and it is told: holds %+v, changes %+v", r.Holds, r.Changes)
	}
}

// A client who was released, and whose devices are gone, is no fall: a person has said that his counts become 0.
func TestCompanyGuard_AReleasedClientFallsTo0_IsNotHeld(t *testing.T) {
	o := newOffice(t)
	o.stage.Guard = fetch.Guard{MaxDropPercent: 100, MaxRisePercent: 100000, MaxCompanyDropPercent: 50}
	ids := o.add(1, 1, 20)
	o.add(2, 1, 100)
	o.night()
	if _, err := o.book.Release(context.Background(), "1", "Company 1", ledger.Act{Actor: "anna", Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	o.retire(ids)
	r := o.night()
	if len(r.Holds) != 0 || len(attention(r, fetch.KindCompanyHeld)) != 0 {
		t.Errorf("%s, held: %+v", r.State, r.Holds)
	}
}
