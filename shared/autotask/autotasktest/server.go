package autotasktest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Server is a tenant on a loopback address.
type Server struct {
	URL    string
	server *httptest.Server
}

// Start serves a tenant on a free loopback port.
func Start(t *Tenant) *Server {
	s := httptest.NewServer(t)
	return &Server{URL: s.URL, server: s}
}

// Listen serves a tenant on an address of one's choice.
func Listen(t *Tenant, address string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := httptest.NewUnstartedServer(t)
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	return &Server{URL: s.URL, server: s}, nil
}

// Close ends the server.
func (s *Server) Close() { s.server.Close() }

// ServeHTTP answers as the vendor does, for all hosts of the tenant.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	zone, version, rest := route(r.URL.Path)
	req := newRequest(r, rest, body)
	t.begin(&req)
	a, release := t.work(r, &req, zone, version, rest, body)
	defer release()
	req.Status = a.status
	if a.cut || a.drop {
		req.Status = -1
	}
	t.note(req)
	a.send(w)
}

// work finds the answer to a request: the login, the limits, the latency, the faults, and then the data. The slot it took
// is to be released when all is sent.
func (t *Tenant) work(r *http.Request, req *Request, zone, version, rest string, body []byte) (a reply, release func()) {
	release = func() {}
	t.mu.Lock()
	defer t.mu.Unlock()
	var wait time.Duration
	var answer func(f *Fault) reply
	switch {
	case version == "" && strings.EqualFold(rest, "versioninformation"):
		answer = func(*Fault) reply { return ok([]byte(`{"apiVersions":["V1.0","V2.0"]}`)) }
	case version != "v1.0":
		return notFound(), release
	case req.Entity == zoneCall:
		answer = func(*Fault) reply { return t.zoneInformation(r) }
	default:
		refused, good := t.login(r, req, zone)
		if !good {
			return refused, release
		}
		if refused, wait, release, good = t.admit(r, req); !good {
			return refused, func() {}
		}
		answer = func(f *Fault) reply { return t.answer(r, zone, rest, body, f) }
	}
	f := t.fault(*req)
	if f != nil {
		wait += f.Delay
	}
	if wait > 0 {
		t.mu.Unlock()
		stayed := waited(r, wait)
		t.mu.Lock()
		if !stayed {
			return reply{drop: true}, release
		}
	}
	a = answer(f)
	a.gzip = t.sw.Gzip && acceptsGzip(r)
	if f != nil {
		a = f.spoil(a, zone)
	}
	return a, release
}

// waited waits as long as the answer takes, unless the client goes away.
func waited(r *http.Request, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// acceptsGzip says whether a client takes packed answers, as Go's says it.
func acceptsGzip(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.Header.Get("Accept-Encoding")), "gzip")
}

// route finds the zone, the version in lower case and what follows it in a path, in any case, with single or double
// slashes.
func route(path string) (zone, version, rest string) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, p := range parts {
		if !strings.EqualFold(p, "atservicesrest") {
			continue
		}
		if i > 0 {
			zone = parts[i-1]
		}
		parts = parts[i+1:]
		if len(parts) > 0 && len(parts[0]) > 1 && strings.EqualFold(parts[0][:1], "v") && strings.Contains(parts[0], ".") {
			return zone, strings.ToLower(parts[0]), strings.Join(parts[1:], "/")
		}
		return zone, "", strings.Join(parts, "/")
	}
	return "", "", ""
}

const zoneCall = "zoneInformation"

func operation(rest string) (entity, op string) {
	parts := strings.Split(rest, "/")
	entity = parts[0]
	switch {
	case strings.EqualFold(entity, zoneCall):
		return zoneCall, ""
	case len(parts) == 1:
		return entity, "get"
	}
	last := parts[len(parts)-1]
	if _, err := strconv.ParseInt(last, 10, 64); err == nil {
		return entity, "get"
	}
	return entity, last
}
