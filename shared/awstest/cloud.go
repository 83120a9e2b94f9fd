// Package awstest is as much of AWS as the functions use, in the process and over real HTTP: a DynamoDB table, SQS FIFO
// queues, Secrets Manager, the outputs of a stack, the invocation of a function, files in S3. It is for driving the
// functions' executables in a test; the adapters' own tests have fakes that can also be told to fail.
package awstest

import (
	"encoding/json"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/queue"
)

// Cloud is one account in one region.
type Cloud struct {
	URL string

	mu        sync.Mutex
	t         testing.TB
	items     map[string]item // the ledger's table, by pk and sk
	queues    map[string]*queue.Local
	boxes     map[string]*box // queues that are received from over the API: the dead letters
	moves     bool            // the service can move dead letters back by itself
	moved     int
	hidden    map[string]time.Duration
	secrets   map[string]secret
	calls     map[string]int
	stacks    map[string]map[string]string
	functions map[string]Function
	objects   map[string][]byte // by /bucket/key
	ahead     time.Duration
	before    func(string) error
	after     func(string) error
}

// Letter is a message with its attributes.
type Letter struct {
	Body, Group string
	Attributes  map[string]string
}

type secret struct{ value, version string }

// Start makes an empty account. It ends with the test.
func Start(t testing.TB) *Cloud {
	c := &Cloud{
		t: t, items: map[string]item{}, queues: map[string]*queue.Local{}, boxes: map[string]*box{}, stacks: map[string]map[string]string{}, functions: map[string]Function{}, objects: map[string][]byte{},
		hidden: map[string]time.Duration{}, secrets: map[string]secret{}, calls: map[string]int{},
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Environment is what Lambda would put into a function's environment to reach this account.
func (c *Cloud) Environment() map[string]string {
	return map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
		"AWS_ENDPOINT_URL": c.URL,
	}
}

// QueueURL is the address of a queue.
func (c *Cloud) QueueURL(name string) string { return c.URL + "/000000000000/" + name }

// Queue is a FIFO queue, made when first asked for.
func (c *Cloud) Queue(name string) *queue.Local {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue(name)
}

func (c *Cloud) queue(name string) *queue.Local {
	if c.queues[name] == nil {
		c.queues[name] = queue.NewLocal(time.Hour, 10)
	}
	return c.queues[name]
}

// Letters are the messages in a dead-letter queue.
func (c *Cloud) Letters(name string) []Letter {
	c.mu.Lock()
	defer c.mu.Unlock()
	var letters []Letter
	for _, l := range c.box(name).letters {
		letters = append(letters, l.Letter)
	}
	return letters
}

func (c *Cloud) now() time.Time { return time.Now().Add(c.ahead) }

// Bury puts a message into a dead-letter queue.
func (c *Cloud) Bury(name string, l Letter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.box(name).send(l, "", c.now())
}

// Before has f called with each operation before it takes effect; an error makes it fail.
func (c *Cloud) Before(f func(operation string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = f
}

// After has f called after an operation took effect; an error makes its answer be lost.
func (c *Cloud) After(f func(operation string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = f
}

// SetSecret gives a secret its value, as a new version.
func (c *Cloud) SetSecret(arn, value, version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[arn] = secret{value, version}
}

// Elapse lets time pass for the dead-letter queues.
func (c *Cloud) Elapse(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// Calls tells how often an operation was called.
func (c *Cloud) Calls(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[operation]
}

// Hidden is for how long the message of a receipt was last hidden.
func (c *Cloud) Hidden(receipt string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hidden[receipt]
}

// fault is an answer that is an error.
type fault struct {
	Type    string   `json:"__type"`
	Message string   `json:"message"`
	Item    item     `json:",omitempty"`
	Reasons []reason `json:"CancellationReasons,omitempty"`
}

type reason struct{ Code, Message string }

func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.serveStack(w, r) || c.serveS3(w, r) {
		return
	}
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[operation]++
	var out any = &fault{Type: "UnknownOperationException", Message: service + "." + operation}
	body := json.NewDecoder(r.Body)
	if c.before != nil {
		if err := c.before(operation); err != nil {
			c.answer(w, &fault{Type: "InvalidRequest", Message: err.Error()})
			return
		}
	}
	switch service {
	case "DynamoDB_20120810":
		out = c.dynamo(operation, body)
	case "AmazonSQS":
		out = c.sqs(r, operation, body)
	case "secretsmanager":
		out = c.secret(body)
	}
	if c.after != nil {
		if err := c.after(operation); err != nil {
			out = &fault{Type: "InvalidRequest", Message: err.Error()}
		}
	}
	c.answer(w, out)
}

func (c *Cloud) answer(w http.ResponseWriter, out any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	body, err := json.Marshal(out)
	if err != nil {
		c.t.Error(err)
	}
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)) // DynamoDB's, checked by the SDK
	if _, failed := out.(*fault); failed {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = w.Write(body) // a caller that has gone away is no fault of ours
}

func (c *Cloud) secret(body *json.Decoder) any {
	var in struct {
		SecretID string `json:"SecretId"`
	}
	if err := body.Decode(&in); err != nil {
		return &fault{Type: "InvalidRequestException", Message: err.Error()}
	}
	s, ok := c.secrets[in.SecretID]
	if !ok {
		return &fault{Type: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	}
	return map[string]any{"ARN": in.SecretID, "Name": in.SecretID, "SecretString": s.value, "VersionId": s.version}
}
