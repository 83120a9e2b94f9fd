package simulation

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// reading is one run's reading of Autotask: which states of the world it may have seen.
type reading struct {
	base     time.Time // observedAt of the run that it is compared with
	task     *task
	seq      int // runs in the order of their beginning
	from, to int // of sim.changes: everything between them happened while it read
	set      settings
	sent     int
	released map[int64]bool              // companies that were released at some moment of the run
	sentTo   map[string]map[string]int64 // what messages were queued for: counts by service, by account
}

// says tells whether the reading's message about an account has a count.
func (r *reading) says(account, service string, units int64) bool {
	said, is := r.sentTo[account][service]
	return is && said == units
}

func (s *sim) beginReading(t *task, set settings) *reading {
	r := &reading{task: t, from: len(s.changes), to: len(s.changes), set: set, released: map[int64]bool{}, sentTo: map[string]map[string]int64{}}
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
	s.compares(t)
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
		if !c.company && c.there && counts(c.item) {
			now[c.id] = true
		} else if !c.company {
			delete(now, c.id)
		}
	}
	for id := range now {
		always[id], ever[id] = true, true
	}
	for _, c := range s.changes[r.from:r.to] {
		if !c.company {
			if c.there && counts(c.item) {
				ever[c.id] = true
			} else {
				delete(always, c.id)
			}
		}
	}
	return int64(len(always)), int64(len(ever))
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
