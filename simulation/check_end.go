package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

// equals holds Synthesize against a direct count of the devices.
func (s *sim) equals() {
	ids := map[string]string{} // the name at Synthesize by service id
	for _, service := range s.vendor.Services() {
		ids[service.ID] = service.Name
	}
	accounts := map[string]bool{}
	for _, a := range s.vendor.Accounts() {
		accounts[a.ID] = true
	}
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "state", ID: "services"})
	var known ledger.Services
	if err != nil || json.Unmarshal(docs[0].Body, &known) != nil {
		s.fail("liveness", "the ledger knows no services: %v", err)
		return
	}
	held := map[string]string{}
	for pair, units := range s.vendor.Counts() {
		held[pair.AccountID+"|"+pair.Service] = units.String()
	}
	set := s.settings
	now := &reading{from: len(s.changes), to: len(s.changes)}
	visible := map[string]bool{}
	for _, c := range s.tenant.Companies() {
		if c.Hidden || c.ID == 0 {
			continue
		}
		id := strconv.FormatInt(c.ID, 10)
		visible[id] = true
		var total int64
		for name, types := range set.rules.types {
			want, _ := s.bounds(now, c.ID, types)
			total += want
			service, ok := known.ByName(name)
			if !ok || ids[service.ID] == "" {
				s.fail("liveness", "service %q does not stand at Synthesize", name)
				return
			}
			got, told := held[id+"|"+ids[service.ID]]
			p := s.account(id).Pairs[service.Key]
			switch {
			case !accounts[id]:
			case want == 0 && s.refresh > refreshAfter && p.NoMap && p.State == ledger.Unknown && !p.Lost(): // is tried again at the refresh
			case told && got != fmt.Sprint(want), !told && want > 0:
				s.fail("liveness", "company %d has %d %s and Synthesize holds %q; the ledger: %+v", c.ID, want, name, got, p)
				return
			}
		}
		if total > 0 && !c.Inactive && !accounts[id] {
			s.fail("liveness", "company %d has %d units and no account", c.ID, total)
			return
		}
	}
	s.takenBack(known, ids, visible, accounts)
	s.calledAsThere(visible)
	s.reported(visible, accounts)
	built := s.vendor.Built()
	for pair, units := range s.vendor.Counts() {
		if visible[pair.AccountID] && accounts[pair.AccountID] && built[pair] != units {
			s.fail("one rebuild, never owed for long", "%v holds %s, and people see %q", pair, units, built[pair])
			return
		}
	}
	for _, q := range []*fifo{s.accounts, s.usage} {
		if len(q.entries) > 0 {
			s.fail("nothing lost", "%d messages are left over in %s", len(q.entries), q.name)
		}
		if q.sent != q.deleted+q.died {
			s.fail("nothing lost", "%s took %d messages; %d were worked and %d died", q.name, q.sent, q.deleted, q.died)
		}
	}
}

// reported holds the last run's word against the counts that nobody can bring up to date, since their companies cannot be
// seen: each that stands in an account must be reported by name.
func (s *sim) reported(visible, accounts map[string]bool) {
	var said strings.Builder
	for _, a := range s.last.Attention {
		said.WriteString(a.Text + "\n")
	}
	for pair, units := range s.vendor.Counts() {
		if id := pair.AccountID; id != "0" && accounts[id] && !visible[id] && units.String() != "0" &&
			!strings.Contains(said.String(), "company "+id+" (") && !strings.Contains(said.String(), "(id "+id+")") {
			s.fail("what cannot be told is reported", "company %s cannot be seen, stands at Synthesize with %s, and the run says nothing of it: %+v", id, units, s.last.Attention)
		}
	}
}

// takenBack holds that what was told of services that no rule names any more, and of the MSP's own company, is 0 in the end.
func (s *sim) takenBack(known ledger.Services, ids map[string]string, visible, accounts map[string]bool) {
	for pair, units := range s.vendor.Counts() {
		if !accounts[pair.AccountID] || units.String() == "0" || pair.AccountID != "0" && !visible[pair.AccountID] {
			continue
		}
		for _, service := range known.List {
			_, ruled := s.settings.rules.types[service.Name]
			if service.ID == "" || ids[service.ID] != pair.Service || ruled && pair.AccountID != "0" {
				continue
			}
			p := s.account(pair.AccountID).Pairs[service.Key]
			if p.EverTold || p.State == ledger.MaybeTold {
				s.fail("liveness", "account %s holds %s of %q, which nothing counts any more; the ledger: %+v", pair.AccountID, units, service.Name, p)
				return
			}
		}
	}
}

// calledAsThere holds that each client has the name at Synthesize that he has at Autotask.
func (s *sim) calledAsThere(visible map[string]bool) {
	names := map[string]string{}
	for _, a := range s.vendor.Accounts() {
		names[a.ID] = a.Name
	}
	for _, c := range s.tenant.Companies() {
		id := strconv.FormatInt(c.ID, 10)
		if name, is := names[id]; is && visible[id] && name != c.Name {
			s.fail("liveness", "company %d is called %q, and its account %q", c.ID, c.Name, name)
			return
		}
	}
}
