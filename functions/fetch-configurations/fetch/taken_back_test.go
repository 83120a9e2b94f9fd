package fetch_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// interrupted lets something happen before the first write of accounts, or of another document.
type interrupted struct {
	ledger.Store
	meanwhile func()
	other     ledger.Key
}

func (i *interrupted) Write(ctx context.Context, writes ...ledger.Write) error {
	if meanwhile := i.meanwhile; meanwhile != nil && (i.other == ledger.Key{} && writes[0].Kind == "account" || writes[0].Key == i.other) {
		i.meanwhile = nil
		meanwhile()
	}
	return i.Store.Write(ctx, writes...)
}

// A dead letter is replayed between the guard's look and the moment in which the run writes down what it is going to tell.
// What it tells of a service that no rule names any more has been shown to nobody.
func TestFetch_ToldWhileTheRunDecides_IsNotTakenBackUnseen(t *testing.T) {
	o := newOffice(t)
	store := &interrupted{Store: o.store}
	o.book = ledger.New(store, func() time.Time { return o.now })
	o.stage.Ledger = o.book
	o.add(3, 1, 500)
	o.now = o.now.Add(24 * time.Hour)
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	letters := o.usage.sent
	o.usage.sent = letters[:2]
	o.told()
	o.stage.Rules = onlyServers(t)
	held := o.night()
	if held.State != fetch.StateHeld {
		t.Fatalf("%s", held.State)
	}
	o.approve(held.RunID)
	store.meanwhile = func() {
		accounts, usage := o.accounts, o.usage // of the run under way
		o.usage = &outbox{sent: letters[2:]}
		o.told()
		o.accounts, o.usage = accounts, usage
	}
	o.now = o.now.Add(24 * time.Hour)
	r, err := o.run(fetch.Event{})
	if err != nil || r.State != fetch.StateDone || store.meanwhile != nil {
		t.Fatalf("%s %v", r.State, err)
	}
	taken := map[string]bool{}
	for _, sent := range o.usage.sent {
		m, err := message.DecodeUsage(sent.Body)
		if err != nil {
			t.Fatal(err)
		}
		_, taken[m.Account.ID] = m.Counts["Managed Workstations"]
	}
	if !taken["1"] || !taken["2"] || taken["3"] {
		t.Errorf("taken back: %v, want what was approved, and not the 501 that nobody has seen", taken)
	}
	o.told()
	if r := o.night(); r.State != fetch.StateHeld || r.Holds[0].Was != 501 {
		t.Errorf("the next run asks for these: %s, %+v", r.State, r.Holds)
	}
}

// So it is with what is told of the MSP's own company in that moment, where a setting leaves that out now.
func TestFetch_OwnCompanyToldWhileTheRunDecides_IsNotTakenBackUnseen(t *testing.T) {
	o := newOffice(t)
	store := &interrupted{Store: o.store}
	o.book = ledger.New(store, func() time.Time { return o.now })
	o.stage.Ledger = o.book
	o.stage.IncludeOwnCompany = true
	o.add(0, 3, 20)
	o.night()
	o.add(0, 1, 7)
	o.now = o.now.Add(24 * time.Hour)
	if _, err := o.run(fetch.Event{}); err != nil {
		t.Fatal(err)
	}
	letters := o.usage.sent // told to nobody yet
	o.usage.sent = nil
	o.stage.IncludeOwnCompany = false
	held := o.night()
	if held.State != fetch.StateHeld {
		t.Fatalf("%s", held.State)
	}
	o.approve(held.RunID)
	store.meanwhile = func() {
		accounts, usage := o.accounts, o.usage // of the run under way
		o.usage = &outbox{sent: letters}
		o.told()
		o.accounts, o.usage = accounts, usage
	}
	o.now = o.now.Add(24 * time.Hour)
	r, err := o.run(fetch.Event{})
	if err != nil || r.State != fetch.StateDone || store.meanwhile != nil {
		t.Fatalf("%s %v", r.State, err)
	}
	counts := map[string]int64{}
	for _, sent := range o.usage.sent {
		m, err := message.DecodeUsage(sent.Body)
		if err != nil {
			t.Fatal(err)
		}
		if m.Account.ID == "0" {
			counts = m.Counts
		}
	}
	_, servers := counts["Managed Servers"]
	_, workstations := counts["Managed Workstations"]
	if !servers || workstations {
		t.Errorf("taken back: %v, want the servers, and not the 7 workstations that nobody has seen", counts)
	}
}

// A released client's devices are still there, and no rule or setting counts them for the time being. That is not gone.
func TestRelease_ReleasedCompany_DevicesOutOfAllCounts_IsNotGone(t *testing.T) {
	for name, change := range map[string]func(*office, *fetch.Stage, bool){
		"inactive, and such count as 0": func(o *office, s *fetch.Stage, out bool) {
			o.tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Inactive = true })
			s.InactiveZero = out
		},
		"no rule names its types": func(o *office, s *fetch.Stage, out bool) {
			if out {
				o.retire([]int64{11}) // its server
				s.Rules = onlyServers(o.t)
			} else {
				s.Rules = newOffice(o.t).stage.Rules
			}
		},
	} {
		o := newOffice(t)
		o.night()
		if _, err := o.book.Release(context.Background(), "1", "Company 1", ledger.Act{Actor: "anna", Reason: "left"}); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(24 * time.Hour)
		change(o, &o.stage, true)
		if _, err := o.run(fetch.Event{Force: true}); err != nil {
			t.Fatal(err)
		}
		o.told()
		change(o, &o.stage, false)
		r := o.night()
		if slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" && c.To > 0 }) {
			t.Errorf("%s: a client that a person has released is billed again: %+v", name, r.Changes)
		}
		releases, err := o.book.Releases(context.Background())
		if err != nil || len(releases) != 1 {
			t.Errorf("%s: the release holds no more: %v %v", name, releases, err)
		}
	}
}

// A released client that a run has seen with its devices, and whose company another cannot see for a night, has not left.
func TestRelease_ReleasedCompany_NotSeenForANight_IsNotGone(t *testing.T) {
	for name, nights := range map[string][]bool{ // in which the company is hidden
		"seen since the release":  {false, true, false},
		"seen only before it":     {true, false},
		"two nights, seen before": {true, true, false},
	} {
		o := newOffice(t)
		o.night()
		if _, err := o.book.Release(context.Background(), "1", "Company 1", ledger.Act{Actor: "anna", Reason: "left"}); err != nil {
			t.Fatal(err)
		}
		for night, hidden := range nights {
			o.tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Hidden = hidden })
			r := o.night()
			if slices.ContainsFunc(r.Changes, func(c fetch.Change) bool { return c.AccountID == "1" && c.To > 0 }) {
				t.Errorf("%s, night %d: a client that a person has released is billed again: %+v", name, night, r.Changes)
			}
		}
		if releases, err := o.book.Releases(context.Background()); err != nil || len(releases) != 1 {
			t.Errorf("%s: the release holds no more: %v %v", name, releases, err)
		}
	}
}
