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

// owed are counts of servers that become 0 by a person's word, whatever stands in Autotask, and of which account.
var owed = map[string]struct {
	account string
	word    func(*office)
}{
	"no rule names the service any more": {"1", func(o *office) {
		o.stage.Rules = parsed(o.t, "- service: Managed Workstations\n  types: [Desktop, Laptop]\n")
	}},
	"the service is retired": {"1", func(o *office) {
		o.stage.Rules = parsed(o.t, "- service: Managed Workstations\n  types: [Desktop, Laptop]\n- service: Managed Servers\n  retired: true\n")
	}},
	"the company is left out": {"0", func(o *office) { o.stage.IncludeOwnCompany = false }},
}

func releaseOne(o *office) {
	if _, err := o.book.Release(context.Background(), "1", "Company 1", ledger.Act{Actor: "anna", Reason: "left"}); err != nil {
		o.t.Fatal(err)
	}
}

// spoken is an office in which such a word was given and passed, and Synthesize has no map for the servers' zero.
func spoken(t *testing.T, account string, word func(*office)) *office {
	t.Helper()
	o := newOffice(t)
	o.stage.IncludeOwnCompany = true
	o.add(0, 3, 2)
	o.night()
	o.unmapped = func(id, service string) bool { return id == account && service == "Managed Servers" }
	word(o)
	if r := o.night(); r.State == fetch.StateHeld {
		o.approve(r.RunID)
		if r = o.night(); r.State != fetch.StateDone {
			t.Fatalf("%s: %s", r.State, r.Reason)
		}
	}
	return o
}

func TestLost_TheCountOwesNothingButAZero_IsNamedByEachRun_AndNoHeartbeat(t *testing.T) {
	for name, c := range owed {
		o, p := spoken(t, c.account, c.word), &pager{}
		for range 2 {
			r := o.paged(p)
			if got := attention(r, fetch.KindMappingLost); len(got) != 1 || !strings.Contains(got[0], "Managed Servers of company "+c.account+" (") || strings.Contains(got[0], `("")`) {
				t.Errorf("%s: named are %q", name, got)
			}
		}
		if got := p.titles(); p.beats != 0 || len(got) == 0 || !slices.Contains(got, "mapping lost: 1 mappings were lost: these counts cannot be billed") {
			t.Errorf("%s: %d heartbeats, told %q", name, p.beats, got)
		}
	}
}

// That a client who has left is unmapped is what a person may well mean. His count is named all the same: mapped again, it would
// be billed.
func TestLost_TheClientIsReleased_HisCountIsNamedByEachRun_AndNoMappingIsLost(t *testing.T) {
	for name, word := range map[string]func(*office){
		"and still there": releaseOne,
		"and gone":        func(o *office) { releaseOne(o); o.tenant.RemoveCompany(1) },
	} {
		o, p := spoken(t, "1", word), &pager{}
		for range 2 {
			r := o.paged(p)
			if lost := attention(r, fetch.KindMappingLost); len(lost) != 0 {
				t.Errorf("%s: lost are %q", name, lost)
			}
			if got := attention(r, fetch.KindReleased); !slices.ContainsFunc(got, func(text string) bool {
				return strings.Contains(text, "Managed Servers of company 1 (") && strings.Contains(text, "no map")
			}) {
				t.Errorf("%s: named are %q", name, got)
			}
		}
		if p.beats != 2 {
			t.Errorf("%s: %d heartbeats", name, p.beats)
		}
	}
}

// Nothing is posted to a service that does not stand at Synthesize, and nobody can map it.
func TestLost_TheServiceIsGoneFromSynthesize_NothingIsOwed(t *testing.T) {
	for name, c := range owed {
		o := spoken(t, c.account, c.word)
		if _, err := o.book.UpdateServices(context.Background(), func(s *ledger.Services) error {
			for i := range s.List {
				if s.List[i].Name == "Managed Servers" {
					s.List[i].ID = ""
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if r, err := o.run(fetch.Event{}); err != nil || len(attention(r, fetch.KindMappingLost)) != 0 {
			t.Errorf("%s: %v, named are %q", name, err, attention(r, fetch.KindMappingLost))
		}
	}
}

// A vendor's units would be said to wait for a map, which Synthesize may not offer for it. A zero bills nobody.
func TestLost_TheCountOwesNothingButAZero_NoUnitsAreSaidToWaitForAMap(t *testing.T) {
	for name, word := range map[string]func(*office){"unruled": owed["no rule names the service any more"].word, "released": releaseOne} {
		o := spoken(t, "1", word)
		o.tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Type = 7 })
		if got := attention(o.night(), fetch.KindNotCustomer); len(got) != 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	o := newOffice(t) // nor does one that has no account
	o.tenant.ChangeCompany(1, func(c *autotasktest.Company) { c.Type = 7 })
	releaseOne(o)
	if r, err := o.run(fetch.Event{}); err != nil || len(attention(r, fetch.KindNotCustomer)) != 0 {
		t.Errorf("without an account: %v, %q", err, attention(r, fetch.KindNotCustomer))
	}
}

func TestAnnounce_ALostMappingOfACompanyThatCannotBeSeen_IsNotOver(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.night()
	o.unmapped = func(id, _ string) bool { return id == "1" }
	o.night()
	o.paged(p)
	if got := p.titles(); p.beats != 0 || !slices.Contains(got, "mapping lost: 2 mappings were lost: these counts cannot be billed") {
		t.Fatalf("%d heartbeats, told %q", p.beats, got)
	}
	o.tenant.RemoveCompany(1)
	r := o.paged(p)
	if got := p.titles(); p.beats != 0 || slices.Contains(got, "mapping lost: over: no mapping is lost any more") {
		t.Errorf("%d heartbeats, told %q", p.beats, got)
	}
	lost := attention(r, fetch.KindMappingLost)
	if len(lost) != 2 || !strings.Contains(lost[0], `of company 1 ("Company 1")`) || len(attention(r, fetch.KindInvisible)) != 1 {
		t.Errorf("named are %q", lost)
	}
}

// A count of a company that cannot be seen is not read, so it is not unchanged either.
func TestNotice_TheCompanyCannotBeSeen_ItsZerosAreNotUnchanged(t *testing.T) {
	o := newOffice(t)
	o.night()
	o.retire([]int64{10})
	o.night()
	o.tenant.RemoveCompany(1)
	if r, err := o.run(fetch.Event{}); err != nil || r.Usage.Unchanged != 4 {
		t.Errorf("%v, %d unchanged, want those of two companies", err, r.Usage.Unchanged)
	}
}
