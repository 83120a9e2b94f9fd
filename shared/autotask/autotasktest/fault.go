package autotasktest

import (
	"strings"
	"time"
)

// Kind is what a fault does to a request.
type Kind int

// The faults. Status, RetryAfter and Delay of the Fault go with every kind; Status says here what it is otherwise.
const (
	Answer        Kind = iota // Status (500) with {"errors":[Text]}
	Unauthorized              // 401, empty, as a wrong login gets
	HTMLPage                  // Status (503) with a web page, or with Text: no JSON
	EmptyAnswer               // Status (200) with nothing
	WithErrors                // Status (200) with "errors" and nothing else
	NullItems                 // Status (200) with "items": null
	NoPageDetails             // Status (200) without pageDetails
	Truncated                 // the JSON ends in its middle, the response is whole
	CutMidBody                // the connection is cut in the middle of the body
	DropBefore                // the connection is cut before anything is answered
	Threads                   // 429 with the text of the thread limit
	ThreadsAs500              // that text under 500
	Slow                      // the right answer comes after Delay
	MissingRows               // a page lacks Rows of its rows, in its middle, or all it has, and pages on as if it had them
	WrongCount                // query/count answers Rows more than there are
	Gzipped                   // the right answer comes packed, whether or not it was asked for
)

// Fault makes some requests fail.
type Fault struct {
	Match      func(Request) bool // nil: every authenticated request; it must not use the tenant
	Skip       int                // matching requests let pass first
	Times      int                // 0: once; negative: for ever
	Kind       Kind
	Status     int
	Text       string
	RetryAfter time.Duration
	Delay      time.Duration
	Rows       int

	taken int
}

// Inject adds a fault. A request meets the first fault that matches and has not had its times.
func (t *Tenant) Inject(f Fault) {
	t.do(func() { t.faults = append(t.faults, &f) })
}

// ClearFaults ends all faults.
func (t *Tenant) ClearFaults() { t.do(func() { t.faults = nil }) }

// On matches requests of one entity and operation; empty matches all.
func On(entity, operation string) func(Request) bool {
	return func(r Request) bool {
		return (entity == "" || strings.EqualFold(r.Entity, entity)) && (operation == "" || strings.EqualFold(r.Operation, operation))
	}
}

// fault takes the first fault that a request meets.
func (t *Tenant) fault(r Request) *Fault {
	for _, f := range t.faults {
		switch {
		case f.Match == nil && !r.Authenticated, f.Match != nil && !f.Match(r):
			continue
		case f.Skip > 0:
			f.Skip--
			continue
		case f.Times >= 0 && f.taken >= max(f.Times, 1):
			continue
		}
		f.taken++
		return f
	}
	return nil
}

// spoil makes of the right answer what the fault wants.
func (f *Fault) spoil(right reply, zone string) reply {
	a, status := right, right.status
	switch f.Kind {
	case Answer:
		a, status = errorsReply(0, f.text(oddInputText)), 500
	case Unauthorized:
		a, status = unauthorized(zone), 401
	case HTMLPage:
		a, status = reply{kind: "text/html", body: []byte(f.text("<html><body>Service Unavailable</body></html>"))}, 503
	case EmptyAnswer:
		a, status = reply{}, 200
	case WithErrors:
		a, status = errorsReply(0, f.text("The request could not be completed.")), 200
	case NullItems:
		a, status = ok([]byte(`{"items":null,"pageDetails":{"count":0,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}`)), 200
	case NoPageDetails:
		a, status = ok([]byte(`{"items":[]}`)), 200
	case Truncated:
		a.body = a.body[:len(a.body)/2]
	case CutMidBody:
		a.cut = true
	case DropBefore:
		a.drop = true
	case Threads:
		a, status = errorsReply(0, threadText), 429
	case ThreadsAs500:
		a, status = errorsReply(0, threadText), 500
	case Gzipped:
		a.gzip = true
	case Slow, MissingRows, WrongCount: // done where the answer is made
	}
	a.status, a.retryAfter = status, f.RetryAfter
	if f.Status != 0 {
		a.status = f.Status
	}
	return a
}

func (f *Fault) text(otherwise string) string {
	if f.Text != "" {
		return f.Text
	}
	return otherwise
}

// rows is by how many rows a fault of some kind is off; f may be nil.
func (f *Fault) rows(k Kind) int {
	if f == nil || f.Kind != k {
		return 0
	}
	return f.Rows
}
