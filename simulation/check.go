package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// reading is one run's reading of Autotask: which states of the world it may have seen.
type reading struct {
	task     *task
	seq      int // runs in the order of their beginning
	from, to int // of sim.changes: everything between them happened while it read
	set      settings
	sent     int
	released map[int64]bool  // companies that were released at some moment of the run
	sentTo   map[string]bool // accounts that messages were queued for
}

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

func (s *sim) beginReading(t *task, set settings) *reading {
	r := &reading{task: t, from: len(s.changes), to: len(s.changes), set: set, released: map[int64]bool{}, sentTo: map[string]bool{}}
	for id := range s.releases(context.Background()) {
		company, _ := strconv.ParseInt(id, 10, 64)
		r.released[company] = true
	}
	return r
}

// issued notes that the ledger gave a run its time: this is the order of the readings.
func (s *sim) issued(t *task, head []byte) {
	var h struct {
		Lease *struct{} `json:"lease"`
	}
	if t.read == nil || json.Unmarshal(head, &h) != nil || h.Lease == nil {
		return
	}
	s.readings++
	t.read.seq, t.read.from, t.read.to = s.readings, len(s.changes), len(s.changes)
}

// bounds is how few and how many devices of some types a company can have had for a read.
func (s *sim) bounds(r *reading, company int64, types []int64) (least, most int64) {
	counts := func(i autotasktest.Item) bool {
		if i.Company != company || i.Inactive {
			return false
		}
		for _, t := range types {
			if t == i.Type {
				return true
			}
		}
		return false
	}
	now, always, ever := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, c := range s.changes[:r.from] {
		if !c.company {
			now[c.id] = c.there && counts(c.item)
		}
	}
	for id, yes := range now {
		always[id], ever[id] = yes, yes
	}
	for _, c := range s.changes[r.from:r.to] {
		if !c.company {
			yes := c.there && counts(c.item)
			always[c.id], ever[c.id] = always[c.id] && yes, ever[c.id] || yes
		}
	}
	for id := range ever {
		if always[id] {
			least++
		}
		if ever[id] {
			most++
		}
	}
	return least, most
}

// seen tells whether a company could be seen at some moment of a read.
func (s *sim) seen(r *reading, company int64) bool {
	now, ever := false, false
	for i, c := range s.changes[:r.to] {
		if c.company && c.id == company {
			now = c.there
			ever = ever || i >= r.from && now
		}
		if i < r.from {
			ever = now
		}
	}
	return ever
}

// closed tells whether a company was not active at some moment of a read.
func (s *sim) closed(r *reading, company int64) bool {
	now, ever := false, false
	for i, c := range s.changes[:r.to] {
		if c.company && c.id == company {
			now = c.closed
			ever = ever || i >= r.from && now
		}
		if i < r.from {
			ever = now
		}
	}
	return ever
}

// sending holds what a run is about to queue against the devices as they stood while it read.
func (s *sim) sending(t *task, q *fifo, body string) {
	if t.read == nil {
		return
	}
	s.silent(t, "queues a message")
	if q != s.usage {
		return
	}
	r := t.read
	m, err := message.DecodeUsage([]byte(body))
	if err != nil {
		s.fail("nothing lost", "%s queues what cannot be read: %v", t.name, err)
		return
	}
	r.sent++
	s.reads[m.ObservedAt] = r
	company, _ := strconv.ParseInt(m.Account.ID, 10, 64)
	r.sentTo[m.Account.ID] = true
	if !s.seen(r, company) && !r.released[company] {
		s.fail("zero is a count", "%s tells of company %d, which could not be seen during its read: %s", t.name, company, body)
	}
	for service, units := range m.Counts {
		types, ruled := r.set.rules.types[service]
		least, most := int64(0), int64(0)
		if ruled && (company != 0 || r.set.includeOwn) {
			least, most = s.bounds(r, company, types)
		}
		if units == 0 && (r.released[company] || r.set.inactiveZero && s.closed(r, company)) {
			continue // ended by a person, or by a setting
		}
		if units < least || units > most {
			s.fail("a complete read or nothing", "%s counts %d %s for company %d; during its read there were %d to %d", t.name, units, service, company, least, most)
		}
	}
}

// ran notes the end of a run.
func (s *sim) ran(t *task, result fetch.Result, err error) {
	if t.dead {
		return
	}
	s.note("%s ended as %s: %.300s", t.name, result.State, result.Reason)
	s.trace("%s ended as %s", t.name, result.State)
	s.count("state "+result.State, "run")
	if result.State == fetch.StateHeld && t.read.sent > 0 {
		s.fail("nothing from a held run", "%s is held and queued %d messages", t.name, t.read.sent)
	}
	for _, h := range result.Holds {
		if h.Company != "" && t.read.sentTo[h.Company] {
			s.fail("nothing from a held run", "%s holds company %s back and queued a message for it", t.name, h.Company)
		}
	}
	if len(result.Holds) > 0 {
		s.count("state holds", "run")
	}
	s.runIDs = append(s.runIDs, result.RunID)
	s.last = result
	s.lastErr = err
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
	if vendor == autotaskName {
		if t.read != nil {
			t.read.to = len(s.changes)
		}
		return
	}
	if status < 200 || status > 299 || r.Method == http.MethodGet {
		return
	}
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

// refused counts the refusals of a wrong secret that an invocation came to know of. A refusal whose answer was lost cannot
// be told from a request that never arrived.
func (s *sim) refused(t *task, vendor string) {
	wrong := s.credentials.Secret != s.secretRight
	most := 2
	if vendor == synthesizeName {
		wrong = s.keys.PartnerAPIKey != s.keysRight
	}
	if !wrong {
		return
	}
	t.wrong[vendor]++
	if !t.since[vendor] {
		most += 8 // what was under way when the secret expired
	}
	if t.wrong[vendor] > most {
		s.fail("a refusal is not tried twice", "%s sent %d requests with a wrong secret to %s", t.name, t.wrong[vendor], vendor)
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
	var source *reading
	for _, m := range t.batch {
		units, has := m.Counts[name]
		if !has && known != "" {
			units, has = m.Counts[known]
		}
		if r := s.reads[m.ObservedAt]; has && m.Account.ID == count.AccountID && units == count.UnitCount && r != nil && (source == nil || r.seq > source.seq) {
			source = r
		}
	}
	if source == nil {
		s.fail("never a number of nobody", "%s sets %q of account %s to %d, which no message of its batch says", t.name, name, count.AccountID, count.UnitCount)
		return
	}
	key := serviceID + "|" + count.AccountID
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

// nameOf is the name of the rule that a service at Synthesize belongs to, and the one it had before.
func (s *sim) nameOf(serviceID string) (name, formerly string) {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "state", ID: "services"})
	var known ledger.Services
	if err != nil || docs[0].Version > 0 && json.Unmarshal(docs[0].Body, &known) != nil {
		s.fail("ledger", "the services cannot be read: %v", err)
	}
	for _, service := range known.List {
		if service.ID == serviceID {
			if len(service.Formerly) > 0 {
				formerly = service.Formerly[0]
			} else if service.Name == servers {
				formerly = "Servers" // a rename that was taken back
			}
			return service.Name, formerly
		}
	}
	for _, service := range s.vendor.Services() { // forgotten meanwhile
		if service.ID == serviceID {
			name, _, _ = strings.Cut(service.Name, " (renamed ")
			return name, ""
		}
	}
	return "", ""
}

func (s *sim) account(id string) ledger.Account {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "account", ID: id})
	var a ledger.Account
	if err != nil || docs[0].Version > 0 && json.Unmarshal(docs[0].Body, &a) != nil {
		s.fail("ledger", "account %s cannot be read: %v", id, err)
	}
	return a
}

// written holds what the ledger has come to say against what Synthesize was told.
func (s *sim) written(t *task, before []ledger.Document, writes []ledger.Write) {
	s.effects++
	at := 0
	for _, w := range writes {
		if w.Check {
			continue
		}
		old := before[at]
		at++
		if w.Kind == "state" && w.ID == "head" {
			s.issued(t, w.Body)
		}
		if w.Kind != "account" || w.Delete {
			continue
		}
		var was, is ledger.Account
		_ = json.Unmarshal(old.Body, &was)
		_ = json.Unmarshal(w.Body, &is)
		for key, p := range is.Pairs {
			q := was.Pairs[key]
			for token, attempt := range p.Open {
				if _, open := q.Open[token]; open {
					continue
				}
				t.marks[w.ID] = s.effects
				if was.Intent != nil && attempt.ObservedAt.Before(was.Intent.ObservedAt) {
					s.fail("never older over newer", "%s is about to tell account %s what was read at %s, and %s means to tell it what was read at %s",
						t.name, w.ID, attempt.ObservedAt, was.Intent.RunID, was.Intent.ObservedAt)
				}
			}
			if p.State != ledger.Told || q.State == ledger.Told && q.Units == p.Units && q.ServiceID == p.ServiceID {
				continue
			}
			landed, ok := s.landed[p.ServiceID+"|"+w.ID]
			if !ok && s.restored {
				continue
			}
			if !ok || landed.units != p.Units {
				s.fail("the ledger knows what it does not know", "%s writes that account %s was told %d %s; Synthesize was told %d (%v)", t.name, w.ID, p.Units, key, landed.units, ok)
			}
		}
	}
}

// takeOff and land hold the number of requests under way against what the vendors allow.
func (s *sim) takeOff(t *task, vendor, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := t.since[vendor]; !known {
		t.since[vendor] = vendor == autotaskName && s.credentials.Secret != s.secretRight ||
			vendor == synthesizeName && s.keys.PartnerAPIKey != s.keysRight
	}
	t.flying[vendor]++
	t.flying[key]++
	perEntity, all := 2, 3
	if vendor == synthesizeName {
		perEntity, all = 8, 8
	}
	now := time.Now()
	var recent []time.Time
	for _, at := range t.second[vendor] {
		if now.Sub(at) < time.Second {
			recent = append(recent, at)
		}
	}
	t.second[vendor] = append(recent, now)
	if t.flying[vendor] > all || t.flying[key] > perEntity {
		s.failLocked("vendor limits", "%s has %d requests under way at %s, %d of %s", t.name, t.flying[vendor], vendor, t.flying[key], key)
	}
	if vendor == synthesizeName && len(t.second[vendor]) > perSecond+1 {
		s.failLocked("vendor limits", "%s sends %d requests within a second", t.name, len(t.second[vendor]))
	}
}

func (s *sim) land(t *task, vendor, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.flying[vendor]--
	t.flying[key]--
}

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
			switch {
			case !accounts[id]:
			case told && got != fmt.Sprint(want), !told && want > 0:
				s.fail("liveness", "company %d has %d %s and Synthesize holds %q; the ledger: %+v", c.ID, want, name, got, s.account(id).Pairs[service.Key])
				return
			}
		}
		if total > 0 && !c.Inactive && !accounts[id] {
			s.fail("liveness", "company %d has %d units and no account", c.ID, total)
			return
		}
	}
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
