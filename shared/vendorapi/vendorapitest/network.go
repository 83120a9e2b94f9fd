// Package vendorapitest is a network in memory, for tests of clients in virtual time: a testing/synctest bubble hangs on
// real sockets, on these it does not.
package vendorapitest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Network connects clients to handlers without sockets. A host that nobody serves refuses connections. Everything
// ends with the test; inside a bubble, make it with the bubble's own *testing.T.
type Network struct {
	mu    sync.Mutex
	hosts map[string]*listener
	t     testing.TB
}

// NewNetwork makes a network without hosts.
func NewNetwork(t testing.TB) *Network {
	t.Helper()
	return &Network{hosts: map[string]*listener{}, t: t}
}

// Serve answers requests to http://host with the handler. The host may have a port.
func (n *Network) Serve(host string, handler http.Handler) {
	n.t.Helper()
	l := &listener{address: address(withPort(host)), connections: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[withPort(host)] = l
	n.mu.Unlock()
	server := &http.Server{Handler: handler}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.t.Errorf("serve %s: %v", host, err)
		}
	}()
	n.t.Cleanup(func() { _ = server.Close() })
}

// Client is an HTTP client for this network alone.
func (n *Network) Client() *http.Client {
	transport := &http.Transport{DialContext: n.dial}
	n.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (n *Network) dial(ctx context.Context, network, host string) (net.Conn, error) {
	n.mu.Lock()
	l := n.hosts[host]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Addr: address(host), Err: errors.New("connection refused")}
	if l == nil {
		return nil, refused
	}
	client, server := net.Pipe()
	select {
	case l.connections <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err != nil {
		return net.JoinHostPort(host, "80")
	}
	return host
}

// listener is a net.Listener that is handed its connections.
type listener struct {
	address     address
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.connections:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.address }

type address string

func (address) Network() string  { return "memory" }
func (a address) String() string { return string(a) }
