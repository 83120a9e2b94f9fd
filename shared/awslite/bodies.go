package awslite

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// WholeBodies gives net/http a copy of each request's body, and so keeps it out of the SDK's hands.
//
// The SDK closes a body as soon as the head of the answer is there, and net/http, which looks once more whether the body
// has ended, takes that for a failure if it gets to it only then: it closes the connection while the answer is read
// ("use of closed network connection"), which the SDK does not try again. On a processor that is short of time, as a small
// function's is, that happens. A body that is known to be in memory is also sent together with its head.
func WholeBodies(client aws.HTTPClient) aws.HTTPClient { return wholeBodies{client} }

type wholeBodies struct{ client aws.HTTPClient }

// Do sends the request. Bodies are small: what the functions send to SQS, DynamoDB and Secrets Manager.
func (w wholeBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return w.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the body of the request to be sent: %w", err)
	}
	own := r.WithContext(r.Context())
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return w.client.Do(own)
}
