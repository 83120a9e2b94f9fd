package autotasktest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"time"
)

// reply is an answer before it is sent.
type reply struct {
	status     int
	kind       string // content type; empty: JSON
	body       []byte
	retryAfter time.Duration
	realm      string // of a 401
	gzip       bool
	cut        bool // the connection is cut in the middle of the body
	drop       bool // the connection is cut before anything is answered
}

func ok(body []byte) reply { return reply{status: http.StatusOK, body: body} }

// errorsReply is the vendor's own envelope.
func errorsReply(status int, texts ...string) reply {
	return reply{status: status, body: mustJSON(map[string][]string{"errors": texts})}
}

// messageReply is the envelope of the web framework, for what has no route.
func messageReply(status int, text string) reply {
	return reply{status: status, body: mustJSON(map[string]string{"Message": text})}
}

func notFound() reply {
	return messageReply(http.StatusNotFound, "No HTTP resource was found that matches the request URI.")
}

func wrongMethod(method string) reply {
	return messageReply(http.StatusMethodNotAllowed, "The requested resource does not support http method '"+method+"'.")
}

// unauthorized is what every wrong login gets: nothing, and a hint that is a leftover.
func unauthorized(zone string) reply { return reply{status: http.StatusUnauthorized, realm: zone} }

func (a reply) send(w http.ResponseWriter) {
	if a.drop {
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	if a.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int((a.retryAfter+time.Second-1)/time.Second)))
	}
	if a.realm != "" {
		header.Set("WWW-Authenticate", `Basic Realm="`+a.realm+`"`)
	}
	body := a.body
	if len(body) > 0 {
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if a.kind != "" {
		header.Set("Content-Type", a.kind)
	}
	if a.gzip {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
		body = packed.Bytes()
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if a.cut {
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // a client that has gone away is no fault of ours
}
