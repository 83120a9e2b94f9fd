package synthesizetest

import (
	"encoding/json"
	"maps"
	"time"
)

// key is a pair as it is stored: service names may change or be there twice, ids not.
type key struct{ accountID, serviceID string }

// Held is a value that a pair had from a moment on.
type Held struct {
	Units   json.Number `json:"units,omitempty"` // exactly as posted
	Cleared bool        `json:"cleared,omitempty"`
	At      time.Time   `json:"at"`
	Request int         `json:"request,omitempty"` // the number of the request that set it; 0: the administrator did
}

// Posts is what became of the counts posted for a pair, as far as they were evaluated.
type Posts struct {
	Accepted int `json:"accepted"`
	Unmapped int `json:"unmapped"` // 404: the account or the service is not mapped, or does not exist
}

// rebuild is the state of the billing view. There is no timer: what should have happened by now is done by lock.
type rebuild struct {
	pending  bool
	due      time.Time
	done     int
	requests int
}

// lock takes the mutex and lets everything happen that was due by now, each at its own time and in order: late requests,
// and a rebuild whose debounce has run out. It returns now.
func (m *Simulator) lock() time.Time {
	m.mu.Lock()
	now := time.Now()
	for len(m.late) > 0 && !m.late[0].due.After(now) {
		l := m.late[0]
		m.late = m.late[1:]
		m.buildIfDue(l.due)
		m.apply(l.call, l.due)
	}
	m.buildIfDue(now)
	return now
}

func (m *Simulator) buildIfDue(now time.Time) {
	if m.rebuild.pending && !m.rebuild.due.After(now) {
		m.build()
	}
}

func (m *Simulator) build() {
	m.built = maps.Clone(m.counts)
	m.rebuild.pending = false
	m.rebuild.done++
}

// requestRebuild starts the debounce anew.
func (m *Simulator) requestRebuild(now time.Time) {
	m.rebuild.requests++
	m.rebuild.pending = true
	m.rebuild.due = now.Add(m.sw.debounce())
	m.buildIfDue(now)
}

func (m *Simulator) set(k key, units json.Number, now time.Time, request int) {
	m.counts[k] = units
	if !m.noHistory {
		m.history[k] = append(m.history[k], Held{Units: units, At: now, Request: request})
	}
}

// forget removes the counts that match, from the built view too.
func (m *Simulator) forget(now time.Time, match func(key) bool) {
	for k := range m.counts {
		if !match(k) {
			continue
		}
		delete(m.counts, k)
		if !m.noHistory {
			m.history[k] = append(m.history[k], Held{Cleared: true, At: now})
		}
	}
	maps.DeleteFunc(m.built, func(k key, _ json.Number) bool { return match(k) })
}
