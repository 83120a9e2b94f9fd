package vendorapi

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Request is one call, sent as often as it takes.
type Request[C comparable] struct {
	// Operation says in words what is being done to what ("read companies"), for errors and logs.
	Operation string

	// Key is what the limit per key counts by (Autotask: the entity). Empty: only the limit on the whole counts.
	Key string

	// New builds the request of one attempt, credentials and body included. It is called once an attempt, before a slot is
	// taken, so it may itself make anonymous calls with the same Caller (to find a base URL, say).
	New func(ctx context.Context, credentials C) (*http.Request, error)

	// Anonymous requests carry no credentials (New gets the zero C) and do not wait for the login to be proved.
	Anonymous bool

	// Once marks what must not be done twice (a POST that creates). It is sent again only while no earlier attempt can have
	// taken effect; after an unclear attempt the call ends with an Error whose Unclear is set.
	Once bool

	// Before is called before each attempt, when it has its slot and nothing but the sending is left to do: the waiting may
	// have been long. Its error ends the call with a Withheld one, and the attempt is not made. Optional.
	Before func(ctx context.Context) error

	// Classify judges an answer that is not 2xx. Nil: ClassifyStatus.
	Classify func(Answer) Verdict

	// Decode reads the body of a 2xx, streaming. It is called anew for every attempt that gets so far, so it has to start
	// from nothing each time. Its error makes the attempt RetryUnclear, unless it is made by Judge. Nil: the body is
	// discarded, whatever it says.
	Decode func(body io.Reader) error

	// Served is told how long the attempt took that was answered well, the body included. Optional.
	Served func(took time.Duration)

	// Late is called when the call ends well although an earlier attempt of it was never answered, or with a word that may
	// be a proxy's (408, 5xx): within its time-out that one may take effect yet. An Error says the same by its field Late.
	// Optional.
	Late func()
}

// Answer is what a vendor said when it did not say 2xx.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its first 64 KiB
}

// Verdict is what an answer means for the call and for all others of the same Caller.
type Verdict int

// The verdicts. A definite answer (Done, Declined) proves the login and starts patience anew; the others do neither.
const (
	// Permanent: no, and asking again would be answered the same. Nothing took effect.
	Permanent Verdict = iota
	// Done: yes.
	Done
	// Declined: a normal no to this one request, such as only a request whose login was accepted can get (a record that is
	// not there, a conflict). Not repeated; nothing took effect.
	Declined
	// Retry: surely not executed, ask again.
	Retry
	// Throttled: as Retry, because of too many requests; all go slower from here.
	Throttled
	// RetryUnclear: it may have taken effect; ask again if that does no harm.
	RetryUnclear
	// Refused: the login was refused, so nothing took effect.
	Refused
	// Fault: nothing took effect and nothing will until a person sees to it; no new requests.
	Fault
)

// ClassifyStatus judges by the status alone.
func ClassifyStatus(a Answer) Verdict {
	switch {
	case a.Status >= 200 && a.Status <= 299:
		return Done
	case a.Status == http.StatusUnauthorized:
		return Refused
	case a.Status == http.StatusForbidden:
		return Fault
	case a.Status == http.StatusTooManyRequests:
		return Throttled
	case a.Status == http.StatusRequestTimeout, a.Status >= 500:
		return RetryUnclear
	}
	return Permanent
}

// Judge lets Decode say what a 2xx body means: the call goes on as if Classify had returned the verdict.
func Judge(v Verdict, err error) error { return &judged{v, err} }

type judged struct {
	verdict Verdict
	err     error
}

func (j *judged) Error() string { return j.err.Error() }
func (j *judged) Unwrap() error { return j.err }
