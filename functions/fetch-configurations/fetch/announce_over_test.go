package fetch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

const (
	isHeld   = "held: A run is held; nothing was told"
	heldOver = "held: over: no run is held any more"
	handed   = "needs a hand: Something needs a hand"
)

// after is what a person is told after a run that ended so; news is how many things are new that need a hand.
func (o *office) after(p *pager, r fetch.Result, onlyLost bool) (titles []string, news int) {
	_, news = o.announcer(p).Announce(context.Background(), r, onlyLost)
	return p.titles(), news
}

// failsToQueue is a run that decides, and cannot queue what it is going to tell.
func (o *office) failsToQueue() fetch.Result {
	o.t.Helper()
	o.accounts, o.usage = &outbox{}, &outbox{err: errors.New("the queue is not to be had")}
	defer func() { o.accounts, o.usage = nil, nil }()
	r, err := o.run(fetch.Event{Full: true})
	if err == nil {
		o.t.Fatal("the run does not fail")
	}
	return r
}

// A run that lost a mapping, or that could not deliver, fails for as long as that lasts. What it has decided holds all the
// same: a hold that passed is over, so that the next one is told.
func TestAnnounce_ARunDecidesAndFails_TheHoldIsOver_AndTheNextOneIsTold(t *testing.T) {
	holds := []fetch.Hold{{Service: "Managed Servers", Key: "falls", Text: "Managed Servers falls"}}
	lost := []fetch.Attention{{Kind: fetch.KindMappingLost, AccountID: "7", Service: "Managed Servers", Text: "lost"}}
	for name, onlyLost := range map[string]bool{"a mapping is lost": true, "a service cannot be made": false} {
		o, p := newOffice(t), &pager{}
		held := fetch.Result{RunID: "held", State: fetch.StateHeld, Decided: true, Holds: holds, Attention: lost}
		failed := fetch.Result{RunID: "failed", State: fetch.StateFailed, Decided: true, Reason: "not made", Attention: lost}
		o.after(p, held, false)
		if got, _ := o.after(p, failed, onlyLost); !slices.Contains(got, heldOver) {
			t.Errorf("%s: the hold passed, and told is %q", name, got)
		}
		if got, _ := o.after(p, failed, onlyLost); len(got) != 0 {
			t.Errorf("%s: told twice: %q", name, got)
		}
		if got, _ := o.after(p, held, false); !slices.Contains(got, isHeld) {
			t.Errorf("%s: held once more, and told is %q", name, got)
		}
	}
}

func TestAnnounce_ARunThatFailsToQueue_HasDecided(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 30)
	o.night()
	o.retire(ids)
	held := o.paged(p)
	p.titles()
	o.approve(held.RunID)
	if got, _ := o.after(p, o.failsToQueue(), false); !slices.Contains(got, heldOver) {
		t.Errorf("what was approved passed, and told is %q", got)
	}
}

// A run that leaves an approval to the one that tells has compared everything.
func TestAnnounce_AnApprovalWaitsWhilePostingIsOnHold_WhatIsOverIsTold(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 30)
	o.night()
	o.uncovered()
	o.retire(ids)
	o.approve(o.paged(p).RunID)
	p.titles()
	if _, err := o.book.SetHold(context.Background(), true, ledger.Act{Actor: "anna"}); err != nil {
		t.Fatal(err)
	}
	o.tenant.Items(func(i autotasktest.Item) bool {
		if i.Type == 8 {
			ids = append(ids, i.ID)
		}
		return true
	})
	o.retire(ids)
	o.paged(p)
	if got := p.titles(); !slices.Contains(got, "needs a hand: over: nothing needs a hand any more") {
		t.Errorf("told %q", got)
	}
}

// What a company's own hold keeps back can be approved whether or not the others could be told.
func TestAnnounce_ARunHoldsACompanyBackAndFails_BothAreTold(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.stage.Guard.MaxCompanyDropPercent = 50
	ids := o.add(2, 1, 8)
	o.night()
	o.retire(ids)
	r := o.failsToQueue()
	got, _ := o.after(p, r, false)
	if len(got) != 2 || !slices.Contains(got, "held: 1 companies are held back") {
		t.Errorf("told is %q of a run with the holds %+v", got, r.Holds)
	}
}

// refusing is a ledger's store that takes some documents no more.
type refusing struct {
	ledger.Store
	refuses func(ledger.Write) bool
}

func (r *refusing) Write(ctx context.Context, writes ...ledger.Write) error {
	if slices.ContainsFunc(writes, r.refuses) {
		return errors.New("the disk is full")
	}
	return r.Store.Write(ctx, writes...)
}

// Nobody can approve a hold that is not in the ledger.
func TestAnnounce_AHoldThatCannotBeWrittenDown_IsAFailure(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 30)
	o.night()
	o.retire(ids)
	o.stage.Ledger = ledger.New(&refusing{o.store, func(w ledger.Write) bool { return w.Key == ledger.Key{Kind: "state", ID: "held"} }}, o.stage.Now)
	r, err := o.run(fetch.Event{})
	if err == nil {
		t.Fatal("the run does not fail")
	}
	if got, _ := o.after(p, r, false); len(got) != 1 || !strings.HasPrefix(got[0], "failed: ") {
		t.Errorf("told %q", got)
	}
}

// A run that fails before it has compared sees little. What it does not see is known for all that.
func TestAnnounce_ARunFailsBeforeItDecides_WhatItDidNotSeeIsNoNewsLater(t *testing.T) {
	o, p := newOffice(t), &pager{}
	stranger := fetch.StrangerService("Network Devices")
	unmapped := fetch.Attention{Kind: fetch.KindUnmapped, AccountID: "7", Service: "Managed Servers", Text: "not mapped"}
	all := fetch.Result{RunID: "1", State: fetch.StateDone, Decided: true, Attention: []fetch.Attention{stranger, unmapped}}
	o.after(p, all, false)
	o.after(p, fetch.Result{RunID: "2", State: fetch.StateFailed, Reason: "the read is not complete", Attention: []fetch.Attention{stranger}}, false)
	if got, news := o.after(p, all, false); news != 0 || slices.ContainsFunc(got, func(title string) bool { return strings.HasPrefix(title, handed) }) {
		t.Errorf("told once more: %q, %d new", got, news)
	}
}

// What was open when nobody was to be told is told to whom a webhook leads then, in whatever night the run sees it.
func TestAnnounce_AWebhookIsSetUpInANightThatFails_WhatThatRunDidNotSeeIsToldLater(t *testing.T) {
	o, p := newOffice(t), &pager{}
	stranger := fetch.StrangerService("Network Devices")
	unmapped := fetch.Attention{Kind: fetch.KindUnmapped, AccountID: "7", Service: "Managed Servers", Text: "not mapped"}
	all := fetch.Result{RunID: "1", State: fetch.StateDone, Decided: true, Attention: []fetch.Attention{stranger, unmapped}}
	o.without(nil).Announce(context.Background(), all, false)
	o.after(p, fetch.Result{RunID: "2", State: fetch.StateFailed, Reason: "the read is not complete", Attention: []fetch.Attention{stranger}}, false)
	if got, _ := o.after(p, all, false); !slices.Contains(got, handed+" (new: 1)") {
		t.Errorf("told %q", got)
	}
}

// The one run that sees a thing first is the one that tells it, also if it fails: the next one knows it.
func TestAnnounce_FirstSeenInARunThatFails_IsNewsThen(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.night()
	o.uncovered()
	if _, news := o.after(p, o.failsToQueue(), false); news != 1 {
		t.Errorf("%d new in the run that fails", news)
	}
	if _, news := o.after(p, o.night(), false); news != 0 {
		t.Errorf("%d new in the one after", news)
	}
}
