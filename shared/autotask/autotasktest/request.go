package autotasktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is one request as hooks see it and the log keeps it: never a secret.
type Request struct {
	Seq           int
	Method        string
	Path          string
	Query         string   // as sent, without the question mark
	Entity        string   // first path segment below V1.0; "zoneInformation" for the zone call
	Operation     string   // query, next, count, get, entityInformation, fields ...
	Headers       []string // the names of those sent, sorted
	Body          string
	SentLogin     bool // it carried credentials
	Authenticated bool // and they were right, at the right zone, and the user was not locked
	UserRight     bool
	SecretRight   bool
	CodeRight     bool
	Status        int // 0 while it is being worked; -1: the connection was cut
	InFlight      int // of its entity, this one included
	At            time.Time
}

func newRequest(r *http.Request, rest string, body []byte) Request {
	req := Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body), At: time.Now(),
		Headers:   slices.Sorted(maps.Keys(r.Header)),
		SentLogin: r.Header.Get("Secret") != "" || r.Header.Get("UserName") != "" || r.Header.Get("ApiIntegrationCode") != "",
	}
	req.Entity, req.Operation = operation(rest)
	return req
}

// Condition is one element of a filter, as sent.
type Condition struct {
	Op    string
	Field string
	Value any // as encoding/json reads it, numbers as json.Number
	Items []Condition
}

// Filter is the filter of a query or count, from the body or from search=; nil if there is none.
func (r Request) Filter() []Condition {
	from := r.Body
	if r.Method == http.MethodGet {
		if values, err := url.ParseQuery(r.Query); err == nil {
			from = values.Get("search")
		}
	}
	var q struct{ Filter []Condition }
	d := json.NewDecoder(strings.NewReader(from))
	d.UseNumber()
	if d.Decode(&q) != nil {
		return nil
	}
	return q.Filter
}

// OnRequest has f called before each request is evaluated, never twice at a time; f may change the tenant.
func (t *Tenant) OnRequest(f func(Request)) { t.do(func() { t.onRequest = f }) }

// begin numbers a request and calls the hook.
func (t *Tenant) begin(r *Request) {
	t.mu.Lock()
	t.seq++
	r.Seq = t.seq
	hook := t.onRequest
	t.mu.Unlock()
	if hook != nil {
		t.hooks.Lock()
		defer t.hooks.Unlock()
		hook(*r)
	}
}

// note logs a request with what it is answered.
func (t *Tenant) note(r Request) {
	t.do(func() {
		if len(t.log) < t.logLimit {
			t.log = append(t.log, r)
		}
	})
}

// LimitLog sets how many requests the log keeps, the first ones; 0 switches it off.
func (t *Tenant) LimitLog(n int) { t.do(func() { t.logLimit = n }) }

// Requests is the log, in the order of arrival.
func (t *Tenant) Requests() []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(slices.Values(t.log), func(a, b Request) int { return a.Seq - b.Seq })
}

// Count counts the requests in the log that match; nil matches all with credentials.
func (t *Tenant) Count(match func(Request) bool) int {
	t.mu.Lock()
	log := slices.Clip(t.log) // only ever appended to
	t.mu.Unlock()
	n := 0
	for _, r := range log {
		if match == nil && r.SentLogin || match != nil && match(r) {
			n++
		}
	}
	return n
}

// ResetLog empties the log and the peaks.
func (t *Tenant) ResetLog() {
	t.do(func() { t.log, t.peak, t.peakAll = nil, map[string]int{}, 0 })
}

// Peak is the most requests in flight at once, of one entity, or in all if it is empty.
func (t *Tenant) Peak(entity string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if entity == "" {
		return t.peakAll
	}
	return t.peak[strings.ToLower(entity)]
}
