package synthesizetest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Transport carries requests to the simulator without a socket, on the goroutine of the caller: made for simulations in
// virtual time. Dropped connections come back as io.EOF or io.ErrUnexpectedEOF, and a request whose context ends comes
// back with the context's error. Scheme and host of the URL do not matter.
func (m *Simulator) Transport() http.RoundTripper { return transport{m} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &answerWriter{header: http.Header{}}
	dropped := serveOrDrop(t.handler, w, in)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("waiting for the answer: %w", err)
	}
	if dropped && w.status == 0 {
		return nil, fmt.Errorf("connection closed before the answer: %w", io.EOF)
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.header,
		Body:          io.NopCloser(&cutReader{Reader: &w.body, cut: dropped}),
		ContentLength: -1,
		Request:       r,
	}, nil
}

// serveOrDrop reports whether the handler gave up the connection, as [http.ErrAbortHandler] says it.
func serveOrDrop(h http.Handler, w http.ResponseWriter, r *http.Request) (dropped bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				panic(p)
			}
			dropped = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// answerWriter keeps what a handler writes.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerWriter) Header() http.Header { return w.header }

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *answerWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// cutReader ends with an error when the connection went before the answer was complete.
type cutReader struct {
	io.Reader
	cut bool
}

func (c *cutReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF && c.cut {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
