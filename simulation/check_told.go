package simulation

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// told is a message that a function works.
type told struct {
	message.Usage
	id string
}

// landing is the last number that a pair at Synthesize was set to.
type landing struct {
	units  int64
	seq    int // of the reading that the number comes from
	effect int
}

// beforeEffect is what must be known before a request takes effect.
func (s *sim) beforeEffect(vendor string, r *http.Request, _ []byte) map[string]bool {
	if vendor != synthesizeName || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/service") {
		return nil
	}
	names := map[string]bool{}
	for _, service := range s.vendor.Services() {
		names[service.Name] = true
	}
	return names
}

// effect holds a request that took effect against the rules.
func (s *sim) effect(t *task, vendor string, r *http.Request, body []byte, status int, before map[string]bool) {
	s.effects++
	if vendor == personName {
		return
	}
	if vendor == autotaskName {
		if t.read != nil {
			t.read.to = len(s.changes)
		}
		return
	}
	if status < 200 || status > 299 || r.Method == http.MethodGet {
		return
	}
	defer s.noteMade()
	s.silent(t, "sends "+r.Method+" "+r.URL.Path)
	if r.Method != http.MethodPost {
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/vendor-api/"), "/")
	switch {
	case len(parts) == 3 && parts[0] == "service" && parts[2] == "count":
		s.landedCount(t, parts[1], body)
	case len(parts) == 1 && parts[0] == "service":
		var made struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(body, &made)
		if before[made.Name] {
			s.fail("services are made once", "%s makes service %q, which stands already", t.name, made.Name)
		}
		if s.everMade[s.vendor.IntegrationID()+made.Name] && !s.restored && !s.removed {
			s.fail("services are made once", "%s makes service %q for the second time", t.name, made.Name)
		}
		s.everMade[s.vendor.IntegrationID()+made.Name] = true
	}
}

// landedCount holds a number that Synthesize has taken against everything that is known of it.
func (s *sim) landedCount(t *task, serviceID string, body []byte) {
	var count struct {
		AccountID string `json:"accountId"`
		UnitCount int64  `json:"unitCount"`
	}
	if err := json.Unmarshal(body, &count); err != nil {
		s.fail("set, do not add", "%s posts %s", t.name, body)
		return
	}
	name, known := s.nameOf(serviceID)
	if made := s.madeAs[serviceID]; made != "" && made != name && made != known {
		s.fail("a count goes to its own service", "%s posts %d of %q to the service that was made as %q", t.name, count.UnitCount, name, made)
		return
	}
	key := serviceID + "|" + count.AccountID
	var source *reading
	for _, m := range t.batch {
		units, has := m.Counts[name]
		if !has && known != "" {
			units, has = m.Counts[known]
		}
		r := s.reads[m.ObservedAt]
		if !has || m.Account.ID != count.AccountID || units != count.UnitCount || r == nil {
			continue
		}
		if m.ObservedAt.Equal(t.tells[key]) { // of two messages that say the same, this is the one being told
			source = r
			break
		}
		if source == nil || r.seq > source.seq {
			source = r
		}
	}
	if r := s.reads[t.tells[key]]; source == nil && r != nil && (r.says(count.AccountID, name, count.UnitCount) || r.says(count.AccountID, known, count.UnitCount)) {
		source = r // told by another worker since, and posted once more to pay a rebuild
	}
	if source == nil {
		s.fail("never a number of nobody", "%s sets %q of account %s to %d, which no message of its batch says", t.name, name, count.AccountID, count.UnitCount)
		return
	}
	s.note("%s: Synthesize takes %d for %q of account %s, from run %s", t.name, count.UnitCount, name, count.AccountID, source.task.name)
	was, stood := s.landed[key]
	if stood && source.seq < was.seq && was.units == count.UnitCount {
		// The number that stands is posted once more: a rebuild is paid by that, and takes what the ledger says is told.
		s.landed[key] = landing{was.units, was.seq, s.effects}
		return
	}
	if stood && source.seq < was.seq && t.marks[count.AccountID] > was.effect {
		s.fail("never older over newer", "%s sets %q of account %s to %d of %s, over %d of a newer read, and began after that", t.name, name, count.AccountID, count.UnitCount, source.task.name, was.units)
	}
	if stood && source.seq < was.seq {
		s.count("state older landed", "usage")
	}
	s.landed[key] = landing{count.UnitCount, source.seq, s.effects}
	for k, p := range s.account(count.AccountID).Pairs {
		if p.State == ledger.Told && p.ServiceID == serviceID && p.Units != count.UnitCount && !(s.restored && t.dead) {
			s.fail("the ledger knows what it does not know", "account %s has %d %s now, and the ledger says that %d were told", count.AccountID, count.UnitCount, k, p.Units)
		}
	}
}

// nameOf is the name of the rule that a service at Synthesize belongs to, and another that it has or had.
func (s *sim) nameOf(serviceID string) (name, formerly string) {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "state", ID: "services"})
	var services ledger.Services
	if err == nil {
		services, err = s.known.state(docs[0].Body)
	}
	if err != nil {
		s.fail("ledger", "the services cannot be read: %v", err)
	}
	for _, service := range services.List {
		if service.ID == serviceID {
			if len(service.Formerly) > 0 {
				return service.Name, service.Formerly[0]
			}
			return service.Name, renamed(service.Name) // it may have been taken back
		}
	}
	for _, service := range s.vendor.Services() { // forgotten meanwhile, and with it what the rules called it last
		if service.ID == serviceID {
			name, _, _ = strings.Cut(service.Name, " (renamed ")
			return name, renamed(name)
		}
	}
	return "", ""
}

// renamed is the other name of a service that the rules rename, and "" for one that they do not.
func renamed(name string) string {
	if name == servers {
		return "Servers"
	}
	return ""
}

func (s *sim) account(id string) ledger.Account {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "account", ID: id})
	var a ledger.Account
	if err == nil {
		a, err = s.known.account(docs[0].Body)
	}
	if err != nil {
		s.fail("ledger", "account %s cannot be read: %v", id, err)
	}
	return a
}

// noteMade keeps what each service at Synthesize was called when it was first seen there.
func (s *sim) noteMade() {
	if s.madeAs == nil {
		s.madeAs = map[string]string{}
	}
	for _, v := range s.vendor.Services() {
		if _, is := s.madeAs[v.ID]; !is {
			s.madeAs[v.ID], _, _ = strings.Cut(v.Name, " (renamed ")
		}
	}
}
