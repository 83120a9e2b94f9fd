package fetch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/notify"
)

// without is an announcer whose address is set up wrong (fault), or is no more.
func (o *office) without(fault error) fetch.Announcer {
	return fetch.Announcer{Ledger: o.book, Sender: &notify.Client{}, Place: "--stack prod", Now: o.stage.Now, Fault: fault}
}

// A message waits, since the webhook did not answer. Then somebody corrects the address and misspells it.
func TestAnnounce_AddressSetUpWrong_WhatWaitsIsToldWhenItIsCorrected(t *testing.T) {
	o, p := newOffice(t), &pager{err: errors.New("no route")}
	o.uncovered()
	o.paged(p)
	ctx, fault := context.Background(), errors.New("NOTIFY_URL: not a URL")
	told, _ := o.without(fault).Announce(ctx, o.night(), false)
	if told == nil || told.Sent != 0 || told.Waiting != 1 || !strings.Contains(told.Error, "NOTIFY_URL") {
		t.Errorf("with a wrong address: %+v", told)
	}
	p.err = nil
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{"needs a hand: Something needs a hand"}) {
		t.Errorf("told %q", got)
	}
}

// What happens while the address is wrong is told later as well: what is new, and what is over.
func TestAnnounce_AddressSetUpWrong_NewsAndEndsMeanwhileAreToldWhenItIsCorrected(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 30)
	o.paged(p)
	o.retire(ids)
	o.paged(p)
	if got := p.titles(); len(got) != 1 {
		t.Fatalf("told %q", got)
	}
	for _, id := range ids {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	o.uncovered()
	o.without(errors.New("NOTIFY_URL: not a URL")).Announce(context.Background(), o.night(), false)
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{"needs a hand: Something needs a hand", "held: over: no run is held any more"}) {
		t.Errorf("told %q", got)
	}
}

// Who takes his webhook away is sent nothing more; if he sets one up again, what is open is told then, waiting or not.
func TestAnnounce_WebhookTakenAwayWhileAMessageWaits_WhatIsOpenIsToldToTheNextOne(t *testing.T) {
	o, p := newOffice(t), &pager{err: errors.New("no route")}
	o.uncovered()
	o.paged(p)
	if told, _ := o.without(nil).Announce(context.Background(), o.night(), false); told != nil {
		t.Errorf("nobody is there, and %+v", told)
	}
	p.err = nil
	for range 2 {
		o.paged(p)
	}
	if got := p.titles(); !slices.Equal(got, []string{"needs a hand: Something needs a hand"}) {
		t.Errorf("told %q", got)
	}
}

// A reason may list a thousand types. A receiver takes so many characters (Teams: 28 KB), and refuses what is longer for
// ever, while all later messages wait behind it.
func TestAnnounce_ALongReason_TheMessageStaysShort(t *testing.T) {
	o, p := newOffice(t), &pager{}
	r := fetch.Result{RunID: "x", State: fetch.StateFailed, Reason: "no such type; the tenant has " + strings.Repeat("Müller's appliance, ", 5000)}
	o.announcer(p).Announce(context.Background(), r, false)
	if len(p.got) != 1 || len(p.got[0].Lines) != 1 {
		t.Fatalf("%+v", p.got)
	}
	line := p.got[0].Lines[0]
	if len(line) > 2000 || !utf8.ValidString(line) || !strings.HasPrefix(line, "no such type; the tenant has Müller") || !strings.HasSuffix(line, "…") {
		t.Errorf("a line of %d bytes: %.100s", len(line), line)
	}
}
