package simulation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/wiring"
)

// What can go wrong with a request, beside nothing.
const (
	dropBefore   = iota + 1 // it never arrives
	error500                // refused before it takes effect
	tooMany                 // 429 with Retry-After
	tooManyBare             // 429 without
	webPage503              // a proxy's page
	answerLost              // it takes effect, and the connection breaks
	gateway502              // it takes effect, and a proxy lost patience
	cutShort                // it takes effect, half the body comes
	okWithErrors            // 200 with errors in it, or with nothing
	hangAfter               // it takes effect, and nothing comes until the client gives up
	hangBefore              // it does not, and nothing comes
	late                    // the connection breaks, and it takes effect within the client's time-out
	refused401
	refused403
	late504    // a proxy loses patience, and it takes effect within the client's time-out
	refused400 // Synthesize does not like it, and never will
	wireFaults = refused400
)

var wireFaultNames = [...]string{
	"none", "lost on the way", "500", "429 with Retry-After", "429", "503 page", "answer lost", "accepted, 502", "cut short",
	"answer without a body", "accepted, hangs", "hangs", "accepted late", "401", "403", "accepted late, 504", "400",
}

// wire carries one function's requests to one vendor.
type wire struct {
	*task
	vendor  string
	handler http.Handler
}

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	what := w.describe(r, body)
	key := w.vendor + " " + entityOf(r)
	w.sim.takeOff(w.task, w.vendor, key, login(r))
	defer w.sim.land(w.task, w.vendor, key)
	if err := w.yield(what); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := w.sim
	fault := 0
	if !s.calm {
		fault = s.choose.one("fault: "+w.name+" "+what, s.trouble, wireFaults)
		if (fault == late || fault == late504) && w.vendor != synthesizeName {
			fault = answerLost // nothing that is read takes effect, and a message to a person is there or not
		}
		if fault == refused400 && w.vendor != synthesizeName {
			fault = error500 // which is what Autotask says of it
		}
	}
	if fault != 0 {
		w.faulty = true
		s.count(wireFaultNames[fault], w.stage)
		s.note("%s: %s: %s", w.name, what, wireFaultNames[fault])
	}
	switch fault {
	case dropBefore:
		return nil, fmt.Errorf("connection closed: %w", io.EOF)
	case error500:
		return made(r, 500, `{"errors":["Something went wrong"],"statusCode":500,"message":"Internal server error"}`), nil
	case tooMany, tooManyBare:
		response := made(r, 429, `{"statusCode":429,"message":"Too many requests"}`)
		if fault == tooMany {
			response.Header.Set("Retry-After", "7")
		}
		return response, nil
	case webPage503:
		return made(r, 503, `<html><body>Service Unavailable</body></html>`), nil
	case okWithErrors:
		if w.vendor == autotaskName {
			// With what an empty answer would have beside them: believed, it would take every device away.
			empty := `,"queryCount":0,"items":[],"pageDetails":{"count":0,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}`
			return made(r, 200, `{"errors":["The request could not be completed."]`+[]string{"", empty}[s.choose.of("errors beside", 2)]+`}`), nil
		}
		status, _, _ := w.evaluate(r, body)
		return made(r, status, ``), nil
	case refused400:
		return made(r, 400, `{"statusCode":400,"message":["accountId must be a string"],"error":"Bad Request"}`), nil
	case refused401:
		return made(r, 401, ``), nil
	case refused403:
		return made(r, 403, `{"statusCode":403,"message":"Forbidden"}`), nil
	case late, late504:
		wait := time.Duration(1+s.choose.of("how late", int(wiring.AttemptTimeout/time.Second)-2)) * time.Second
		s.after(wait, "late: "+w.name+" "+what, func() {
			s.note("%s: %s takes effect now", w.name, what)
			w.evaluate(r, body)
		})
		if fault == late504 {
			return made(r, 504, `<html><body>Gateway Time-out</body></html>`), nil
		}
		return nil, fmt.Errorf("connection closed: %w", io.EOF)
	case hangBefore:
		return nil, w.hang(ctx, what)
	}
	status, header, answer := w.evaluate(r, body)
	switch fault {
	case answerLost:
		return nil, fmt.Errorf("connection closed: %w", io.EOF)
	case gateway502:
		return made(r, 502, `<html><body>Bad Gateway</body></html>`), nil
	case hangAfter:
		return nil, w.hang(ctx, what)
	case cutShort:
		response := made(r, status, "")
		response.Body = io.NopCloser(&cut{bytes.NewReader(answer[:len(answer)/2])})
		return response, nil
	}
	if err := w.yield("answer to " + what); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if status == http.StatusUnauthorized {
		s.refused(w.task, w.vendor, login(r))
	}
	response := made(r, status, string(answer))
	for k, v := range header {
		response.Header[k] = v
	}
	return response, nil
}

// hang waits until the client gives up.
func (w wire) hang(ctx context.Context, what string) error {
	<-ctx.Done()
	if err := w.yield("gives up on " + what); err != nil {
		return err
	}
	return ctx.Err()
}

// evaluate lets a request take effect.
func (w wire) evaluate(r *http.Request, body []byte) (int, http.Header, []byte) {
	in := r.Clone(context.WithoutCancel(r.Context()))
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), "127.0.0.1:0", r.URL.Host
	in.Body = io.NopCloser(bytes.NewReader(body))
	rec := &recorder{header: http.Header{}}
	before := w.sim.beforeEffect(w.vendor, r, body)
	w.handler.ServeHTTP(rec, in)
	if rec.status == 0 {
		rec.status = 200
	}
	w.sim.trace("%s %s: %d %x", w.name, w.describe(r, body), rec.status, sum(rec.body.Bytes()))
	w.sim.effect(w.task, w.vendor, r, body, rec.status, before)
	return rec.status, rec.header, rec.body.Bytes()
}

func (w wire) describe(r *http.Request, body []byte) string {
	what := w.vendor + " " + r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/zone5/ATServicesRest"), "/api/vendor-api")
	if len(body) > 0 && len(body) < 200 && w.vendor != autotaskName {
		what += " " + string(body)
	} else if len(body) > 0 {
		what += fmt.Sprintf(" %x", sum(body)&0xffff)
	}
	return strings.ReplaceAll(what, "\n", " ")
}

// entityOf is what Autotask's limit of requests in flight is for.
func entityOf(r *http.Request) string {
	path := strings.ToLower(r.URL.Path)
	if at := strings.Index(path, "v1.0/"); at >= 0 {
		entity, _, _ := strings.Cut(path[at+5:], "/")
		return entity
	}
	return ""
}

func made(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprint(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		ContentLength: -1, Request: r,
	}
}

type cut struct{ io.Reader }

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
