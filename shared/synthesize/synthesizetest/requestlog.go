package synthesizetest

import (
	"net/http"
	"net/url"
	"time"
)

// RequestInfo is a vendor request as it arrived.
type RequestInfo struct {
	Number    int        `json:"number"` // 1 for the first; never reset
	At        time.Time  `json:"at"`
	Method    string     `json:"method"`
	Path      string     `json:"path"` // unescaped
	Query     url.Values `json:"query,omitempty"`
	Operation Operation  `json:"operation"`
	ServiceID string     `json:"serviceId,omitempty"` // of the path
	AccountID string     `json:"accountId,omitempty"` // of the path, or of a count's body
	NoBuild   bool       `json:"noBuild,omitempty"`
	Body      []byte     `json:"body,omitempty"` // do not change
	InFlight  int        `json:"inFlight"`       // how many requests were under way, this one included
}

// Request is a vendor request in the log.
type Request struct {
	RequestInfo
	Header    http.Header   `json:"header"`    // with the token and every other credential redacted
	Status    int           `json:"status"`    // what the client was answered; 0: nothing, or nothing yet
	Evaluated int           `json:"evaluated"` // what evaluation came to; 0: it took no effect
	Faulty    bool          `json:"faulty,omitempty"`
	Fault     Kind          `json:"fault,omitempty"`
	Took      time.Duration `json:"tookNs"` // 0 while it is under way
}

// requestLog keeps the newest requests and counts all of them.
type requestLog struct {
	limit    int
	requests []*Request
	number   int

	total, writes int
	calls         map[Operation]int
	inFlight      int
	peakInFlight  int
	arrivals      window
	peakRate      int
}

func newRequestLog(limit int) requestLog {
	return requestLog{limit: orNumber(limit, 100_000), calls: map[Operation]int{}}
}

var credentialHeaders = []string{"Gradient-Token", "Authorization", "Proxy-Authorization", "Cookie"}

func (l *requestLog) arrive(c *call, header http.Header, now time.Time) {
	l.number++
	l.total++
	if c.Method != http.MethodGet {
		l.writes++
	}
	l.calls[c.Operation]++
	l.inFlight++
	l.peakInFlight = max(l.peakInFlight, l.inFlight)
	l.arrivals.add(now)
	l.peakRate = max(l.peakRate, l.arrivals.count(now))
	c.Number, c.At, c.InFlight = l.number, now, l.inFlight
	if l.limit < 0 {
		return
	}
	h := header.Clone()
	for _, name := range credentialHeaders {
		if h.Get(name) != "" {
			h.Set(name, "redacted")
		}
	}
	c.logged = &Request{RequestInfo: c.RequestInfo, Header: h}
	if len(l.requests) >= 2*l.limit { // in steps, so that the cost per request does not depend on the limit
		l.requests = append([]*Request(nil), l.requests[len(l.requests)-l.limit:]...)
	}
	l.requests = append(l.requests, c.logged)
}

func (l *requestLog) leave(c *call, now time.Time) {
	l.inFlight--
	if c.logged != nil {
		c.logged.Took = now.Sub(c.At)
	}
}

func (l *requestLog) newest() []*Request {
	if l.limit < 0 {
		return nil
	}
	return l.requests[max(0, len(l.requests)-l.limit):]
}

// reset forgets all but the numbering and what is under way.
func (l *requestLog) reset() {
	*l = requestLog{limit: l.limit, number: l.number, calls: map[Operation]int{}, inFlight: l.inFlight}
}

// window is the instants of the last second, that is later than a second ago.
type window struct{ times []time.Time }

func (w *window) add(now time.Time) { w.times = append(w.times, now) }

func (w *window) count(now time.Time) int {
	old := 0
	for old < len(w.times) && now.Sub(w.times[old]) >= time.Second {
		old++
	}
	w.times = w.times[old:]
	return len(w.times)
}

// Requests returns the newest vendor requests, oldest first, as many as Options.LogLimit keeps.
func (m *Simulator) Requests() []Request {
	m.lock()
	defer m.mu.Unlock()
	out := []Request{}
	for _, r := range m.log.newest() {
		out = append(out, *r)
	}
	return out
}

// CountRequests counts those of Requests that match.
func (m *Simulator) CountRequests(match func(Request) bool) int {
	n := 0
	for _, r := range m.Requests() {
		if match(r) {
			n++
		}
	}
	return n
}

// ResetLog forgets the requests and everything counted from them: totals, peaks, posts, rebuilds and requests for one. The
// values that pairs held stay, and so does a rebuild that is pending.
func (m *Simulator) ResetLog() {
	m.lock()
	defer m.mu.Unlock()
	m.log.reset()
	clear(m.posts)
	m.rebuild.done, m.rebuild.requests = 0, 0
}

// Total is how many vendor requests arrived.
func (m *Simulator) Total() int { return m.counter(func(l *requestLog) int { return l.total }) }

// Writes is how many vendor requests arrived that were not GETs.
func (m *Simulator) Writes() int { return m.counter(func(l *requestLog) int { return l.writes }) }

// Calls is how many requests of an operation arrived.
func (m *Simulator) Calls(op Operation) int {
	return m.counter(func(l *requestLog) int { return l.calls[op] })
}

// PeakRate is the most requests that arrived within any second.
func (m *Simulator) PeakRate() int { return m.counter(func(l *requestLog) int { return l.peakRate }) }

// PeakInFlight is the most requests that were under way at once.
func (m *Simulator) PeakInFlight() int {
	return m.counter(func(l *requestLog) int { return l.peakInFlight })
}

func (m *Simulator) counter(of func(*requestLog) int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return of(&m.log)
}
