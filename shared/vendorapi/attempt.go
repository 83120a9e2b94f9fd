package vendorapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// result is what one attempt came to.
type result struct {
	verdict Verdict
	unclear bool // it may have taken effect, whatever the verdict
	reason  string
	status  int
	body    []byte // the beginning of the answer
	err     error
	after   time.Duration // Retry-After
}

const (
	answerBytes = 64 << 10  // of an answer that is not 2xx
	drainBytes  = 256 << 10 // read and thrown away so that the connection can be used again
)

// attempt sends a request once and judges what comes of it.
func (c *Caller[C]) attempt(ctx context.Context, req Request[C], r *http.Request) result {
	limited, cancel := context.WithTimeout(ctx, c.config.AttemptTimeout)
	defer cancel()

	// A request for which no connection was got was surely not executed. Only a transport that reports the beginning can be
	// trusted to report the rest.
	var began, connected atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(limited, &httptrace.ClientTrace{
		GetConn: func(string) { began.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	response, err := c.http.Do(r)
	notSent := err != nil && began.Load() && !connected.Load()
	if !notSent {
		c.requests.Add(1)
		if !req.Anonymous {
			c.authenticated.Add(1)
		}
	}
	if err != nil {
		return c.broken(ctx, limited, err, notSent)
	}
	defer response.Body.Close()
	body := &bounded{from: response.Body, left: c.config.MaxResponse}

	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return c.read(ctx, limited, req, response, body)
	}
	return c.judge(ctx, limited, req, response, body)
}

// judge reads an answer that is not 2xx.
func (c *Caller[C]) judge(ctx, limited context.Context, req Request[C], response *http.Response, body io.Reader) result {
	head, err := io.ReadAll(io.LimitReader(body, answerBytes))
	drain(body)
	classify := req.Classify
	if classify == nil {
		classify = ClassifyStatus
	}
	res := result{
		verdict: classify(Answer{Status: response.StatusCode, Header: response.Header, Body: head}),
		reason:  fmt.Sprintf("status %d", response.StatusCode),
		status:  response.StatusCode,
		body:    head,
		after:   retryAfter(response.Header, time.Now()),
	}
	if err != nil && (res.verdict == Permanent || res.verdict == Declined) {
		// The words that make this a no may be cut.
		broken := c.broken(ctx, limited, err, false)
		res.verdict, res.err, res.reason = broken.verdict, broken.err, broken.reason
	}
	res.unclear = res.verdict == RetryUnclear
	return res
}

// read decodes a 2xx.
func (c *Caller[C]) read(ctx, limited context.Context, req Request[C], response *http.Response, body *bounded) result {
	res := result{verdict: Done, status: response.StatusCode}
	if req.Decode == nil {
		drain(body)
		return res
	}
	err := req.Decode(body)
	if err == nil {
		drain(body)
		return res
	}
	var j *judged
	var tooLarge *TooLargeError
	switch {
	case errors.As(err, &j):
		drain(body)
		res.verdict, res.err, res.unclear = j.verdict, j.err, j.verdict == RetryUnclear
		res.after = retryAfter(response.Header, time.Now())
	case errors.As(err, &tooLarge):
		res.verdict, res.err, res.unclear = Permanent, err, true
	case body.err != nil: // the transport's word says more than the decoder's
		broken := c.broken(ctx, limited, body.err, false)
		res.verdict, res.err, res.unclear = broken.verdict, broken.err, true
	default:
		drain(body)
		res.verdict, res.err, res.unclear = RetryUnclear, fmt.Errorf("read the answer: %w", err), true
	}
	res.reason, res.body = "unreadable answer", body.head
	return res
}

// broken judges an attempt without a whole answer.
func (c *Caller[C]) broken(ctx, limited context.Context, err error, notSent bool) result {
	var inUrl *url.Error
	if errors.As(err, &inUrl) {
		err = inUrl.Err // without the URL, whose query is nobody's business
	}
	res := result{verdict: RetryUnclear, unclear: !notSent, reason: "connection broken", err: err}
	if notSent {
		res.verdict, res.reason = Retry, "no connection"
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		res.err = context.Cause(ctx)
	case limited.Err() != nil:
		res.reason = "no answer in time"
		res.err = fmt.Errorf("no whole answer within %s", c.config.AttemptTimeout)
	case errors.As(err, &certificate):
		res.verdict, res.reason = Permanent, "certificate" // does not heal by asking again
	}
	return res
}

// drain reads what little may be left, so that the connection can be used again.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, drainBytes) }
