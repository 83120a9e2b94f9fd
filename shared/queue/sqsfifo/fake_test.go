package sqsfifo_test

import (
	"context"
	"crypto/md5" // SQS answers with it and the SDK checks it
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

const queueURL = "http://sqs.test/000000000000/usage.fifo"

// entry is a message as it stands in a request.
type entry struct {
	ID                     string `json:"Id"`
	MessageBody            string
	MessageGroupID         string `json:"MessageGroupId"`
	MessageDeduplicationID string `json:"MessageDeduplicationId"`
	MessageAttributes      map[string]struct{ DataType, StringValue string }
}

// request is any request of the three operations.
type request struct {
	operation         string
	QueueURL          string `json:"QueueUrl"`
	Entries           []entry
	ReceiptHandle     string
	VisibilityTimeout *int
	entry
}

// fake speaks as much of SQS's JSON protocol as this package needs, with SQS's deduplication. Its fields are set before
// the first request.
type fake struct {
	t *testing.T
	// fail answers a call with an error: a status and a code. 0 lets it through.
	fail func(call int, r request) (status int, code string)
	// refuse answers one entry of a batch: with a code, or none to take it.
	refuse func(call int, e entry) (code string, senderFault bool)
	// hide leaves an accepted entry out of the answer.
	hide func(call int, e entry) bool
	// lose takes what the call brings, and answers with status 500.
	lose func(call int) bool

	mu       sync.Mutex
	requests []request
	queue    []entry // what is on the queue
	known    map[string]bool
}

// client is an SDK client that talks to the fake over a network in memory.
func (f *fake) client() *sqs.Client {
	f.known = map[string]bool{}
	network := vendorapitest.NewNetwork(f.t)
	network.Serve("sqs.test", f)
	return sqs.New(sqs.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String("http://sqs.test"), HTTPClient: awslite.WholeBodies(network.Client()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := request{operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Errorf("request: %v", err)
	}
	f.requests = append(f.requests, in)
	call := len(f.requests)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer := func(status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	fault := func(status int, code string) {
		answer(status, map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": code + " was injected"})
	}
	if f.fail != nil {
		if status, code := f.fail(call, in); status != 0 {
			fault(status, code)
			return
		}
	}
	switch in.operation {
	case "SendMessageBatch":
		out := f.batch(call, in.Entries)
		if f.lose != nil && f.lose(call) {
			fault(500, "InternalError")
			return
		}
		answer(200, out)
	case "SendMessage":
		f.take(in.entry)
		answer(200, map[string]string{"MessageId": "m", "MD5OfMessageBody": sum(in.MessageBody)})
	case "ChangeMessageVisibility":
		answer(200, map[string]string{})
	default:
		fault(400, "InvalidAction")
	}
}

func (f *fake) batch(call int, entries []entry) map[string][]map[string]any {
	out := map[string][]map[string]any{"Successful": {}, "Failed": {}}
	for _, e := range entries {
		if f.refuse != nil {
			if code, senderFault := f.refuse(call, e); code != "" {
				out["Failed"] = append(out["Failed"], map[string]any{"Id": e.ID, "Code": code, "Message": "injected", "SenderFault": senderFault})
				continue
			}
		}
		f.take(e)
		if f.hide == nil || !f.hide(call, e) {
			out["Successful"] = append(out["Successful"], map[string]any{"Id": e.ID, "MessageId": "m", "MD5OfMessageBody": sum(e.MessageBody)})
		}
	}
	return out
}

func (f *fake) take(e entry) {
	if !f.known[e.MessageDeduplicationID] {
		f.known[e.MessageDeduplicationID] = true
		f.queue = append(f.queue, e)
	}
}

// group lists the bodies on the queue, of one group.
func (f *fake) group(name string) string {
	var out []string
	for _, e := range f.queue {
		if e.MessageGroupID == name {
			out = append(out, e.MessageBody)
		}
	}
	return strings.Join(out, " ")
}

func sum(body string) string {
	s := md5.Sum([]byte(body))
	return hex.EncodeToString(s[:])
}
