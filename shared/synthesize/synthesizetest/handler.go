package synthesizetest

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers the vendor API, and the administrator under [AdminPrefix].
//
// A vendor request is logged, shown to OnRequest, and given the first fault that matches. Unless that ends it, it is
// evaluated (rate limit, token, then the call itself) at one instant, under one lock.
func (m *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, AdminPrefix) {
		m.serveAdmin(w, r)
		return
	}
	c := m.arrive(w, r)
	defer m.leave(c)
	if c.hook != nil {
		m.hooks.Lock()
		c.hook(c.RequestInfo)
		m.hooks.Unlock()
	}
	ctx := r.Context()
	f := m.takeFault(c)
	if !wait(ctx, c.sw.Latency+f.DelayBefore) {
		drop()
	}
	switch f.Kind {
	case DropBefore:
		drop()
	case HangBefore:
		<-ctx.Done()
		drop()
	case Late:
		m.postpone(c, f.ApplyAfter)
		if !wait(ctx, f.DelayAfter) || f.Status == 0 {
			drop()
		}
		a := Fault{Kind: ServerError, Status: f.Status, HTML: true}.answer(c)
		m.answered(c, a.status)
		body, contentType := a.encode()
		a.write(w, body, contentType)
		return
	}

	var a answer
	if f.Kind.answers() {
		a = f.answer(c)
		if f.Evaluated {
			m.evaluate(c)
		}
	} else {
		a = m.evaluate(c)
	}

	if !wait(ctx, f.DelayAfter) {
		drop()
	}
	switch f.Kind {
	case DropAfter:
		drop()
	case HangAfter:
		<-ctx.Done()
		drop()
	}
	m.answered(c, a.status)
	body, contentType := a.encode()
	switch f.Kind {
	case EmptyBody:
		body = nil
	case TruncatedJSON:
		body = body[:len(body)/2]
	case DropMidAnswer:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		a.write(w, body[:len(body)/2], contentType)
		_ = http.NewResponseController(w).Flush() // the in-memory transport has nothing to flush
		drop()
	}
	a.write(w, body, contentType)
}

// drop ends the request without an answer, or in the middle of one.
func drop() { panic(http.ErrAbortHandler) }

// wait returns false when the client has gone before the time was over.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// call is a vendor request on its way through the simulator.
type call struct {
	RequestInfo
	sw      Switches // as they stood when it arrived
	hook    func(RequestInfo)
	token   string
	tooBig  bool
	content string
	fields  countFields
	logged  *Request // nil when requests are not kept
}

// arrive reads the request and logs it.
func (m *Simulator) arrive(w http.ResponseWriter, r *http.Request) *call {
	m.mu.Lock()
	sw := m.sw
	m.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sw.maxBody()))
	op, serviceID, accountID := route(r.Method, r.URL.EscapedPath())
	c := &call{
		RequestInfo: RequestInfo{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Operation: op,
			ServiceID: serviceID, AccountID: accountID, Body: body,
		},
		sw:      sw,
		token:   r.Header.Get("Gradient-Token"),
		tooBig:  err != nil,
		content: r.Header.Get("Content-Type"),
	}
	if op == PostCount {
		c.NoBuild = strings.EqualFold(c.Query.Get("no_build"), "true")
		c.fields = readCount(body)
		c.AccountID = c.fields.accountText()
	}
	m.lock()
	defer m.mu.Unlock()
	c.hook = m.onRequest
	m.log.arrive(c, r.Header, time.Now())
	return c
}

func (m *Simulator) answered(c *call, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.logged != nil {
		c.logged.Status = status
	}
}

func (m *Simulator) leave(c *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log.leave(c, time.Now())
}

// evaluate lets the call take effect now.
func (m *Simulator) evaluate(c *call) answer {
	now := m.lock()
	defer m.mu.Unlock()
	return m.apply(c, now)
}

func (m *Simulator) apply(c *call, now time.Time) answer {
	a := m.judge(c, now)
	if c.logged != nil {
		c.logged.Evaluated = a.status
	}
	return a
}
