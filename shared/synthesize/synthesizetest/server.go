package synthesizetest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server serves a simulator on a socket.
type Server struct {
	URL string // http://host:port, without a trailing slash

	http *http.Server
	open sync.WaitGroup // the accept loop and each request
}

// Start serves m on a free port of the loopback interface. It panics when there is none, as httptest does. (It is not built
// on httptest, which would put that package's flag into the product's command.)
func Start(m http.Handler) *Server {
	s, err := Listen(m, "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return s
}

// Listen serves m on the address.
func Listen(m http.Handler, address string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve a local Synthesize: %w", err)
	}
	return Serve(m, l), nil
}

// Serve serves m on a listener, which it closes in the end. The listener may be one in memory.
func Serve(m http.Handler, l net.Listener) *Server {
	s := &Server{URL: "http://" + l.Addr().String()}
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.open.Add(1)
			defer s.open.Done()
			m.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.open.Go(func() { _ = s.http.Serve(l) })
	return s
}

// Close closes all connections, which ends all requests, those that hang included, and waits for them.
func (s *Server) Close() {
	_ = s.http.Close()
	s.open.Wait()
}
