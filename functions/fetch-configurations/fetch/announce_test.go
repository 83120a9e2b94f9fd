package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
)

// pager is a person who is told.
type pager struct {
	mu    sync.Mutex
	got   []notify.Message
	beats int
	err   error
}

func (p *pager) Notifies() bool { return true }
func (p *pager) Beats() bool    { return true }

func (p *pager) Send(_ context.Context, m notify.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.got = append(p.got, m)
	return nil
}

func (p *pager) Heartbeat(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beats++
	return p.err
}

// titles are what came since the last look, as "incident: title".
func (p *pager) titles() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.got {
		out = append(out, m.Incident+": "+strings.TrimPrefix(m.Title, "synthsync: "))
	}
	p.got = nil
	return out
}

func (o *office) announcer(p *pager) fetch.Announcer {
	return fetch.Announcer{Ledger: o.book, Sender: p, Place: "--stack prod", Now: o.stage.Now}
}

// uncovered is something that needs a hand: devices of a type that no rule names.
func (o *office) uncovered() {
	o.tenant.SetType(autotasktest.Type{ID: 8, Name: "Printer"})
	o.add(1, 8, 3)
}

// paged is a night after which a person is told.
func (o *office) paged(p *pager) fetch.Result {
	o.t.Helper()
	r := o.night()
	r.Notified, _ = o.announcer(p).Announce(context.Background(), r, false)
	return r
}

func TestAnnounce_EachIncidentOnce_AndOnceWhenItIsOver(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 30)
	if r := o.paged(p); len(p.titles()) != 0 || p.beats != 1 || !r.Notified.Beat {
		t.Fatalf("all is well, and somebody is told; %d heartbeats", p.beats)
	}
	o.retire(ids)
	held := o.paged(p)
	if held.State != fetch.StateHeld || p.beats != 1 || len(p.got) != 1 {
		t.Fatalf("%s, %d heartbeats, %+v", held.State, p.beats, p.got)
	}
	m := p.got[0]
	if m.Command != "synthsync approve "+held.RunID+" --stack prod --reason TEXT" || len(m.Lines) != 1 || m.Lines[0] != held.Holds[0].Text || m.RunID != held.RunID {
		t.Errorf("%+v", m)
	}
	p.titles()
	if o.paged(p); len(p.got) != 0 {
		t.Errorf("told twice: %v", p.titles())
	}
	for _, id := range ids {
		o.tenant.ChangeItem(id, func(i *autotasktest.Item) { i.Inactive = false })
	}
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{"held: over: no run is held any more"}) || p.beats != 2 {
		t.Errorf("%v, %d heartbeats", got, p.beats)
	}
	if o.paged(p); len(p.got) != 0 {
		t.Errorf("over twice: %v", p.titles())
	}
}

func TestAnnounce_AFailedRun_IsToldAndEndsNoOtherIncident(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.uncovered()
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{"needs a hand: Something needs a hand"}) {
		t.Fatalf("%v", got)
	}
	fails := func() {
		o.patience = briefly
		r, err := o.run(fetch.Event{})
		if err == nil {
			t.Fatal("the run does not fail")
		}
		o.announcer(p).Announce(context.Background(), r, false)
	}
	o.tenant.Inject(autotasktest.Fault{Match: autotasktest.On("ConfigurationItems", "query"), Times: -1, Kind: autotasktest.Answer})
	fails()
	if got := p.titles(); len(got) != 1 || !strings.HasPrefix(got[0], "failed: A run failed") {
		t.Errorf("%v", got)
	}
	fails()
	o.tenant.ClearFaults()
	o.paged(p)
	if got := p.titles(); !slices.Equal(got, []string{"failed: over: runs end well again"}) {
		t.Errorf("%v", got)
	}
}

func TestAnnounce_SomethingNewNeedsAHand_OnlyTheNewIsTold(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.uncovered()
	o.paged(p)
	p.titles()
	o.add(2, 8, 4) // more of what is known is no news
	if o.paged(p); len(p.got) != 0 {
		t.Errorf("%v", p.titles())
	}
	o.tenant.SetType(autotasktest.Type{ID: 9, Name: "Camera"})
	o.add(1, 9, 1)
	o.paged(p)
	if len(p.got) != 1 || len(p.got[0].Lines) != 1 || !strings.Contains(p.got[0].Lines[0], "Camera") || !strings.Contains(p.got[0].Title, "(new: 1)") {
		t.Errorf("%+v", p.got)
	}
}

// What differs in nothing but a number is another thing all the same.
func TestAnnounce_NamesThatDifferInDigitsOnly_EachIsNews(t *testing.T) {
	for says, bring := range map[string]func(o *office, n int64){
		`company %d ("Company %[1]d") can no longer be seen`: func(o *office, n int64) {
			o.tenant.ChangeCompany(n, func(c *autotasktest.Company) { c.Hidden = true })
			o.retire([]int64{10 * n, 10*n + 1})
		},
		`company 10%d ("Site 10%[1]d") is gone`: func(o *office, n int64) {
			o.tenant.SetCompany(autotasktest.Company{ID: 100 + n, Name: fmt.Sprint("Site ", 100+n)})
			gone := o.add(100+n, 2, int(2+n))
			o.night()
			o.tenant.RemoveCompany(100 + n)
			o.retire(gone)
			o.tenant.SetCompany(autotasktest.Company{ID: 300 + n, Name: fmt.Sprint("Site ", 300+n)})
			o.add(300+n, 2, int(2+n))
		},
		`items of type "Camera %d"`: func(o *office, n int64) {
			o.tenant.SetType(autotasktest.Type{ID: 10 + n, Name: fmt.Sprint("Camera ", n)})
			o.add(3, 10+n, 4)
		},
		`account "Client %d" (id 50%[1]d) stands at Synthesize`: func(o *office, n int64) {
			o.stands(fmt.Sprint(500+n), fmt.Sprint("Client ", n))
		},
		`account "Client %d" (id c-%[1]d) stands at Synthesize`: func(o *office, n int64) {
			o.stands(fmt.Sprint("c-", n), fmt.Sprint("Client ", n))
		},
		`service "Backup %d" stands at Synthesize`: func(o *office, n int64) {
			if _, err := o.book.UpdateServices(context.Background(), func(s *ledger.Services) error {
				s.Strangers.Services = append(s.Strangers.Services, fmt.Sprint("Backup ", n))
				return nil
			}); err != nil {
				o.t.Fatal(err)
			}
		},
	} {
		o, p := newOffice(t), &pager{}
		o.night()
		for n := int64(1); n <= 2; n++ {
			bring(o, n)
			o.paged(p)
			if line := fmt.Sprintf(says, n); len(p.got) != 1 || !strings.Contains(strings.Join(p.got[0].Lines, "\n"), line) {
				t.Errorf("nobody is told: %s; but %+v", line, p.got)
			}
			p.titles()
		}
	}
}

// stands has an account stand at Synthesize that this ledger's runs have not made.
func (o *office) stands(id, name string) {
	o.t.Helper()
	if err := o.book.NoteAccount(context.Background(), id, func(a *ledger.Account) { a.Stands(name) }); err != nil {
		o.t.Fatal(err)
	}
}

func TestAnnounce_SlowFallsOfServicesWhoseNamesDifferInDigitsOnly_EachIsNews(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.stage.Rules = parsed(t, "- service: Tier 1\n  types: [Desktop]\n- service: Tier 2\n  types: [Server]\n")
	tiers := [][]int64{o.add(1, 1, 60), o.add(1, 3, 60)}
	o.night()
	for n, ids := range tiers {
		o.retire(ids[:15]) // a quarter today, and another tomorrow
		o.paged(p)
		o.retire(ids[15:28])
		o.paged(p)
		if line := fmt.Sprintf("Tier %d has fallen", n+1); len(p.got) != 1 || len(p.got[0].Lines) != 1 || !strings.Contains(p.got[0].Lines[0], line) {
			t.Errorf("nobody is told: %s; but %+v", line, p.got)
		}
		p.titles()
	}
}

func TestAnnounce_NotDelivered_FailsNothingAndTheNextRunTriesAgain(t *testing.T) {
	o, p := newOffice(t), &pager{err: errors.New("no route")}
	o.uncovered()
	r := o.paged(p)
	if r.State != fetch.StateDone || r.Notified.Waiting != 1 || r.Notified.Beat || !strings.Contains(r.Notified.Error, "no route") {
		t.Fatalf("%s, %+v", r.State, r.Notified)
	}
	p.err = nil
	if r := o.paged(p); r.Notified.Sent != 1 || r.Notified.Waiting != 0 || r.Notified.Error != "" {
		t.Errorf("%+v", r.Notified)
	}
	if got := p.titles(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestAnnounce_TwoProcessesAtOnce_OneTells(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.uncovered()
	r := o.night()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { o.announcer(p).Announce(context.Background(), r, false) })
	}
	group.Wait()
	if len(p.got) != 1 {
		t.Errorf("told %d times", len(p.got))
	}
}

func TestAnnounce_OnHold_SaysHowItGoesOn(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.night()
	if _, err := o.book.SetHold(context.Background(), true, ledger.Act{Actor: "ben"}); err != nil {
		t.Fatal(err)
	}
	o.paged(p)
	if len(p.got) != 1 || p.got[0].Command != "synthsync resume --stack prod" {
		t.Errorf("%+v", p.got)
	}
}

func TestAnnounce_AWebhookIsSetUpLater_WhatIsOpenIsToldThenAndOnce(t *testing.T) {
	o, nobody, p := newOffice(t), &notify.Client{}, &pager{}
	o.uncovered()
	r := o.night()
	a := o.announcer(p)
	a.Sender = nobody
	for n := range 2 {
		if told, news := a.Announce(context.Background(), r, false); told != nil || news != 1-n {
			t.Errorf("time %d: %+v, %d new things", n, told, news)
		}
	}
	for range 2 {
		o.announcer(p).Announce(context.Background(), r, false)
	}
	if got := p.titles(); len(got) != 1 {
		t.Errorf("told %v", got)
	}
}

func TestAnnounce_ADryRun_TellsNobody(t *testing.T) {
	o, p := newOffice(t), &pager{}
	if out, _ := o.announcer(p).Announce(context.Background(), fetch.Result{RunID: "x", State: fetch.StateFailed, DryRun: true}, false); out != nil || len(p.got) != 0 {
		t.Errorf("%+v", out)
	}
}

func TestAnnounce_ThousandsOfThings_TheMessageStaysShort(t *testing.T) {
	o, p := newOffice(t), &pager{}
	r := fetch.Result{RunID: "x", State: fetch.StateDone}
	for i := range 9000 {
		r.Attention = append(r.Attention, fetch.Attention{Kind: fetch.KindUnmapped, AccountID: fmt.Sprint(i), Text: "not mapped"})
	}
	o.announcer(p).Announce(context.Background(), r, false)
	if len(p.got) != 1 || len(p.got[0].Lines) != 7 || !strings.Contains(p.got[0].Lines[6], "8994 more") {
		t.Errorf("%+v", p.got)
	}
	p.titles()
	if o.announcer(p).Announce(context.Background(), r, false); len(p.got) != 0 {
		t.Errorf("the same thousands are told again: %v", p.titles())
	}
}

// One process has the outbox to itself for a minute. A time that lies further ahead was written by a clock that was wrong, and
// keeps nobody from being told.
func TestAnnounce_AnotherProcessSends_ItHasAMinute(t *testing.T) {
	for ahead, sent := range map[time.Duration]int{30 * time.Second: 0, -time.Second: 1, 48 * time.Hour: 1} {
		o, p := newOffice(t), &pager{}
		o.uncovered()
		r := o.night()
		if _, err := o.book.UpdateIncidents(context.Background(), func(i *ledger.Incidents) error { i.Sending = o.now.Add(ahead); return nil }); err != nil {
			t.Fatal(err)
		}
		o.announcer(p).Announce(context.Background(), r, false)
		if len(p.got) != sent {
			t.Errorf("another sends until %s from now: %d sent, want %d", ahead, len(p.got), sent)
		}
	}
}

// A webhook that is gone for good must not fill the ledger: the newest messages wait, the oldest are dropped.
func TestAnnounce_NotDeliveredForLong_TheNewestWait(t *testing.T) {
	o, p := newOffice(t), &pager{err: errors.New("no route")}
	if _, err := o.book.UpdateIncidents(context.Background(), func(i *ledger.Incidents) error {
		for n := range 50 {
			i.Outbox = append(i.Outbox, ledger.Notice{At: o.now, Message: fmt.Appendf(nil, `{"title":"old %d"}`, n)})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	o.uncovered()
	o.paged(p)
	known, err := o.book.Incidents(context.Background())
	if err != nil || len(known.Outbox) != 20 || !strings.Contains(string(known.Outbox[19].Message), "needs a hand") {
		t.Errorf("%d messages wait (%v)", len(known.Outbox), err)
	}
}

func TestAnnounce_AMappingIsLost_TheDeadMansSwitchIsNotAsked(t *testing.T) {
	o, p := newOffice(t), &pager{}
	r := o.night()
	r.Attention = append(r.Attention, fetch.Attention{Kind: fetch.KindMappingLost, Text: "Servers of company 1: the mapping is lost"})
	if told, _ := o.announcer(p).Announce(context.Background(), r, false); p.beats != 0 || told.Beat {
		t.Errorf("%d heartbeats, %+v", p.beats, told)
	}
}

// What a person has approved reads otherwise by the next night. He believes it done, and hears that it is not.
func TestAnnounce_AnApprovalDoesNotFit_WhoGaveItIsTold_Once(t *testing.T) {
	o, p := newOffice(t), &pager{}
	ids := o.add(2, 1, 90)
	o.paged(p)
	o.retire(ids[:60])
	held := o.paged(p)
	p.titles()
	o.approve(held.RunID)
	o.retire(ids[60:64])
	if r := o.paged(p); r.State != fetch.StateHeld || len(p.got) != 1 || !strings.Contains(p.got[0].Lines[0], "was approved by anna") {
		t.Errorf("%s, told %+v", r.State, p.got)
	}
	p.titles()
	if o.paged(p); len(p.got) != 0 {
		t.Errorf("told twice: %q", p.titles())
	}
}

func TestAnnounce_ARunFailedBeforeItsRecord_TheReportDoesNotKnowIt(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.announcer(p).Announce(context.Background(), fetch.Result{State: fetch.StateFailed, Reason: "rules cannot be read"}, false)
	if len(p.got) != 1 || p.got[0].Command != "synthsync check --stack prod" {
		t.Errorf("%+v", p.got)
	}
}
