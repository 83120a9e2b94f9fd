package vendorapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// login is what these tests log in with.
type login struct{ Token string }

func (l login) Secrets() []string { return []string{l.Token} }

const secret = "s3cr3t-token"

// scripted answers the n-th request with the n-th handler, and all later ones with the last.
func scripted(answers ...http.HandlerFunc) (http.Handler, *atomic.Int64) {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		i := n.Add(1)
		answers[min(int(i), len(answers))-1](w, r)
	}), &n
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// reset takes the request and closes the connection without an answer.
func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// caller is a Caller to http://localhost on a network of its own, without chance in its waits.
func caller(t *testing.T, handler http.Handler, change ...func(*vendorapi.Config[login])) *vendorapi.Caller[login] {
	t.Helper()
	network := vendorapitest.NewNetwork(t)
	if handler != nil {
		network.Serve("localhost", handler)
	}
	config := vendorapi.Config[login]{
		Vendor:      "Testvendor",
		Credentials: func(context.Context, bool) (login, string, error) { return login{secret}, "v1", nil },
		HTTP:        network.Client(),
		Random:      func() float64 { return 0.5 },
	}
	for _, c := range change {
		c(&config)
	}
	return vendorapi.New(config)
}

// get is a repeatable request, create one that must not be done twice.
func get() vendorapi.Request[login] {
	return vendorapi.Request[login]{
		Operation: "read things",
		New: func(ctx context.Context, l login) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/things?token="+secret, nil)
			if err == nil {
				r.Header.Set("Token", l.Token)
			}
			return r, err
		},
	}
}

func create() vendorapi.Request[login] {
	return vendorapi.Request[login]{
		Operation: "create thing",
		Once:      true,
		New: func(ctx context.Context, l login) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/things", strings.NewReader("{}"))
			if err == nil {
				r.Header.Set("Token", l.Token)
			}
			return r, err
		},
	}
}

// failed asserts that an error is an *Error of the kind, without secrets in it.
func failed(t *testing.T, err error, kind vendorapi.Kind) *vendorapi.Error {
	t.Helper()
	var e *vendorapi.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v (%T), want a *vendorapi.Error", err, err)
	}
	if e.Kind != kind {
		t.Errorf("kind is %q, want %q: %v", e.Kind, kind, err)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(e.Head, secret) {
		t.Errorf("the secret stands in the error: %v", err)
	}
	return e
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// together runs n calls at once and returns their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { errs[i] = call(i) })
	}
	wait.Wait()
	return errs
}

func elapsed(since time.Time) time.Duration { return time.Since(since).Round(time.Millisecond) }
