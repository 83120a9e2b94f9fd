package simulation

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/message"
)

// sending holds what a run is about to queue against the devices as they stood while it read.
func (s *sim) sending(t *task, q *fifo, body string) {
	if t.read == nil {
		return
	}
	s.silent(t, "queues a message")
	r := t.read
	r.sent++
	s.observed(t, body)
	if q != s.usage {
		return
	}
	m, err := message.DecodeUsage([]byte(body))
	if err != nil {
		s.fail("nothing lost", "%s queues what cannot be read: %v", t.name, err)
		return
	}
	s.reads[m.ObservedAt] = r
	company, _ := strconv.ParseInt(m.Account.ID, 10, 64)
	r.sentTo[m.Account.ID] = m.Counts
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

// observed holds a message that is about to be queued against the mode that its run recorded when it began, so that a run in
// observe is known by it even if it is cut off before it ends.
func (s *sim) observed(t *task, body string) {
	var m struct {
		ObservedAt time.Time `json:"observedAt"`
	}
	if json.Unmarshal([]byte(body), &m) != nil {
		return
	}
	if run, ok, err := s.desk().RunAt(context.Background(), m.ObservedAt); err == nil && ok && run.Mode == fetch.ModeObserve {
		s.fail("observe tells nobody", "%s, which observes, queues %s", t.name, body)
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
	if result.Mode == fetch.ModeObserve && t.read.sent > 0 {
		s.fail("observe tells nobody", "%s observed, and queued %d messages", t.name, t.read.sent)
	}
	if result.State == fetch.StateHeld && t.read.sent > 0 {
		s.fail("nothing from a held run", "%s is held and queued %d messages", t.name, t.read.sent)
	}
	for _, h := range result.Holds {
		if h.Company != "" && t.read.sentTo[h.Company] != nil {
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
