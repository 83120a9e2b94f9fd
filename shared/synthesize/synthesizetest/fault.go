package synthesizetest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Fault is something that goes wrong with the requests it matches. The first fault injected that matches a request and
// is not used up takes it, and no other one does.
type Fault struct {
	// Where and Match choose the requests, both together; without either, all of them. Match is called outside all locks.
	Where Where                  `json:"where"`
	Match func(RequestInfo) bool `json:"-"`
	Skip  int                    `json:"skip"`  // how many matching requests pass unharmed first
	Times int                    `json:"times"` // how many are taken then; 0 means 1, negative all

	Kind Kind `json:"kind"` // empty: only the delays

	DelayBefore time.Duration `json:"delayBeforeNs"` // before evaluation; a client that goes meanwhile is never evaluated
	DelayAfter  time.Duration `json:"delayAfterNs"`  // between evaluation and answer
	ApplyAfter  time.Duration `json:"applyAfterNs"`  // of Late, from when evaluation was due

	// Evaluated lets the request take effect although the answer is an error (a proxy that lost patience, say).
	Evaluated  bool     `json:"evaluated"`
	Status     int      `json:"status"`     // of ServerError (default 500), Answer and Late (default: no answer)
	Message    string   `json:"message"`    // instead of the kind's own
	Messages   []string `json:"messages"`   // the same, as an array
	HTML       bool     `json:"html"`       // a proxy's page instead of JSON
	RetryAfter string   `json:"retryAfter"` // header; empty: none
}

// Where chooses requests by what they are; empty fields match anything.
type Where struct {
	Method    string    `json:"method"`
	Operation Operation `json:"operation"`
	Path      string    `json:"path"` // a part of it
	ServiceID string    `json:"serviceId"`
	AccountID string    `json:"accountId"`
	Writes    bool      `json:"writes"` // anything but GET
}

// Kind is how a request fails.
type Kind string

// Answers in place of the true one. Unless Fault.Evaluated says so, the request takes no effect.
const (
	Unauthorized    Kind = "unauthorized"    // 401
	Forbidden       Kind = "forbidden"       // 403, documented as an anomaly with the API usage
	VendorNotFound  Kind = "vendorNotFound"  // 404 Vendor Profile Not Found
	NotFound        Kind = "notFound"        // 404 of a path that does not exist
	Conflict        Kind = "conflict"        // 409
	TooManyRequests Kind = "tooManyRequests" // 429, with Retry-After if Fault.RetryAfter is set
	BadRequest      Kind = "badRequest"      // 400
	ServerError     Kind = "serverError"     // 500, 502, 503, 504 as Fault.Status says
	Answer          Kind = "answer"          // any Fault.Status
)

// Evaluated, then spoilt.
const (
	EmptyBody     Kind = "emptyBody"     // the true status, no body
	TruncatedJSON Kind = "truncatedJSON" // the true status, half the body, as though that were all
	DropMidAnswer Kind = "dropMidAnswer" // the true status, half the body, then the connection is closed
	DropAfter     Kind = "dropAfter"     // accepted, the answer lost: the connection is closed
	HangAfter     Kind = "hangAfter"     // accepted, the answer lost: nothing comes until the client gives up
)

// Lost on the way. Note that net/http's own client repeats a GET by itself when a connection that it had used before is
// closed without an answer.
const (
	DropBefore Kind = "dropBefore" // never evaluated: the connection is closed
	HangBefore Kind = "hangBefore" // never evaluated: nothing comes until the client gives up
	Late       Kind = "late"       // closed after DelayAfter, or answered by a proxy with Status; takes effect after ApplyAfter, whatever the client did
)

var statusOf = map[Kind]int{
	Unauthorized: http.StatusUnauthorized, Forbidden: http.StatusForbidden, VendorNotFound: http.StatusNotFound,
	NotFound: http.StatusNotFound, Conflict: http.StatusConflict, TooManyRequests: http.StatusTooManyRequests,
	BadRequest: http.StatusBadRequest, ServerError: http.StatusInternalServerError, Answer: 0,
}

// answers reports whether the kind replaces the true answer.
func (k Kind) answers() bool {
	_, ok := statusOf[k]
	return ok
}

func (f Fault) validate() error {
	switch f.Kind {
	case "", EmptyBody, TruncatedJSON, DropMidAnswer, DropAfter, HangAfter, DropBefore, HangBefore, Late:
		return nil
	case Answer:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("inject a fault: an answer of status %d", f.Status)
		}
		return nil
	}
	if !f.Kind.answers() {
		return fmt.Errorf("inject a fault: no kind %q", f.Kind)
	}
	return nil
}

func (f Fault) answer(c *call) answer {
	status := statusOf[f.Kind]
	if f.Status != 0 && (f.Kind == ServerError || f.Kind == Answer) {
		status = f.Status
	}
	if f.HTML {
		title := fmt.Sprintf("%d %s", status, http.StatusText(status))
		return answer{status: status, retryAfter: f.RetryAfter,
			html: "<html>\r\n<head><title>" + title + "</title></head>\r\n<body><center><h1>" + title + "</h1></center></body>\r\n</html>\r\n"}
	}
	b := errorBody{StatusCode: status, Message: or(f.Message, f.text(c, status))}
	if f.Messages != nil {
		b.Message = f.Messages
	}
	if f.Kind == BadRequest {
		b.Error = "Bad Request"
	}
	return answer{status: status, json: b, retryAfter: f.RetryAfter}
}

// text is the message of a kind. Only those of 404 and 409 are documented.
func (f Fault) text(c *call, status int) string {
	switch f.Kind {
	case VendorNotFound:
		return "Vendor Profile Not Found"
	case NotFound:
		return fmt.Sprintf("Cannot %s %s", c.Method, c.Path)
	case Conflict:
		return "A resource with this Id already exists"
	case TooManyRequests:
		return "Request limit reached"
	case BadRequest:
		return "You have provided an invalid Id type"
	case ServerError:
		if status == http.StatusInternalServerError {
			return "Internal server error"
		}
	}
	return http.StatusText(status)
}

func (w Where) matches(r RequestInfo) bool {
	return (w.Method == "" || strings.EqualFold(w.Method, r.Method)) &&
		(w.Operation == "" || w.Operation == r.Operation) &&
		(w.Path == "" || strings.Contains(r.Path, w.Path)) &&
		(w.ServiceID == "" || w.ServiceID == r.ServiceID) &&
		(w.AccountID == "" || w.AccountID == r.AccountID) &&
		(!w.Writes || r.Method != http.MethodGet)
}
