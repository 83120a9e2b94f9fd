package dynamo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/synthsync/synthsync/shared/awslite"
)

// fake is a DynamoDB with one table, as far as this package uses one, over HTTP. It can be told to fail.
type fake struct {
	mu     sync.Mutex
	items  map[string]item // by pk and sk
	tokens map[string]bool // of the transactions that were carried out
	faults map[string][]fault
	calls  map[string]int
	page   int // items in one answer of Query
	batch  int // items in one answer of BatchGetItem
}

type (
	value struct {
		S *string `json:",omitempty"`
		N *string `json:",omitempty"`
	}
	item map[string]value
)

// fault is what goes wrong with one call.
type fault struct {
	status int    // with what the service refuses; 0: nothing is answered at all
	code   string // the error's name
	reason string // the reason inside a cancelled transaction
	after  bool   // only after the call was carried out
}

const table = "ledger"

var (
	throttled     = fault{status: 400, code: "ThrottlingException"}
	overloaded    = fault{status: 400, code: "ProvisionedThroughputExceededException"}
	colliding     = fault{status: 400, code: "TransactionConflictException"}
	cancelled     = fault{status: 400, code: "TransactionCanceledException", reason: "TransactionConflict"}
	forbidden     = fault{status: 400, code: "AccessDeniedException"}
	unavailable   = fault{status: 503, code: "ServiceUnavailable"}
	answerLost    = fault{after: true}
	answerIsFault = fault{status: 500, code: "InternalServerError", after: true}
	requestLost   = fault{}
)

func newFake(t *testing.T) (*fake, *dynamodb.Client) {
	t.Helper()
	f := &fake{items: map[string]item{}, tokens: map[string]bool{}, faults: map[string][]fault{}, calls: map[string]int{}, page: 700, batch: 60}
	return f, clientOf(t, f)
}

// clientOf serves the fake and makes a client of it.
func clientOf(t *testing.T, f *fake) *dynamodb.Client {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, HTTPClient: awslite.WholeBodies(server.Client()),
		Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
	})
}

// fail makes the next calls of an operation go wrong, one after the other.
func (f *fake) fail(operation string, faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[operation] = append(f.faults[operation], faults...)
}

// called tells how often an operation was called.
func (f *fake) called(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[operation]
}

// refusal is an answer of the service that is an error.
type refusal struct {
	Type    string   `json:"__type"`
	Message string   `json:"message"`
	Item    item     `json:",omitempty"`
	Reasons []reason `json:"CancellationReasons,omitempty"`
	status  int
}

type reason struct{ Code, Message string }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[operation]++
	var now *fault
	if left := f.faults[operation]; len(left) > 0 {
		now, f.faults[operation] = &left[0], left[1:]
	}
	var out any
	if now == nil || now.after {
		out = f.carryOut(operation, r)
	}
	if now != nil {
		if now.status == 0 {
			panic(http.ErrAbortHandler) // closes the connection
		}
		out = &refusal{Type: now.code, Message: "as the test wants it", status: now.status, Reasons: []reason{{"None", ""}, {now.reason, ""}}}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if no, ok := out.(*refusal); ok {
		no.Type = "com.amazonaws.dynamodb.v20120810#" + no.Type
		w.WriteHeader(no.status)
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) carryOut(operation string, r *http.Request) any {
	var in struct {
		TableName, ClientRequestToken       string
		Key, ExclusiveStartKey              item
		ConsistentRead                      bool
		ReturnValuesOnConditionCheckFailure string
		RequestItems                        map[string]struct {
			Keys           []item
			ConsistentRead bool
		}
		TransactItems []struct{ Put, Delete, ConditionCheck *change }
		change
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return invalid(err.Error())
	}
	switch operation {
	case "GetItem":
		if !in.ConsistentRead {
			return invalid("a stale read")
		}
		return map[string]any{"Item": f.items[in.Key.id()]}
	case "BatchGetItem":
		wanted := in.RequestItems[table]
		if n := len(wanted.Keys); n < 1 || n > 100 || !wanted.ConsistentRead {
			return invalid(fmt.Sprintf("%d keys, consistent: %t", n, wanted.ConsistentRead))
		}
		return f.batchGet(wanted.Keys)
	case "Query":
		if !in.ConsistentRead || in.KeyConditionExpression != "pk = :pk" {
			return invalid("a stale or unknown query")
		}
		return f.query(*in.ExpressionAttributeValues[":pk"].S, in.ExclusiveStartKey)
	case "PutItem":
		if !in.change.holds(f.items[in.Item.id()]) {
			return &refusal{Type: "ConditionalCheckFailedException", Message: "The conditional request failed", status: 400, Item: f.items[in.Item.id()]}
		}
		f.items[in.Item.id()] = in.Item
		return struct{}{}
	case "TransactWriteItems":
		if len(in.TransactItems) > 100 || len(in.ClientRequestToken) < 1 || len(in.ClientRequestToken) > 36 {
			return invalid("too many items, or no good token")
		}
		if f.tokens[in.ClientRequestToken] {
			return struct{}{}
		}
		var reasons []reason
		failed := false
		for _, it := range in.TransactItems {
			c := first(it.Put, it.Delete, it.ConditionCheck)
			reasons = append(reasons, reason{Code: "None"})
			if !c.holds(f.items[c.at()]) {
				failed, reasons[len(reasons)-1] = true, reason{"ConditionalCheckFailed", "The conditional request failed"}
			}
		}
		if failed {
			return &refusal{Type: "TransactionCanceledException", Message: "Transaction cancelled", status: 400, Reasons: reasons}
		}
		for _, it := range in.TransactItems {
			switch {
			case it.Put != nil:
				f.items[it.Put.at()] = it.Put.Item
			case it.Delete != nil:
				delete(f.items, it.Delete.at())
			}
		}
		f.tokens[in.ClientRequestToken] = true
		return struct{}{}
	}
	return invalid("unknown operation " + operation)
}

func invalid(message string) *refusal {
	return &refusal{Type: "ValidationException", Message: message, status: 400}
}

func (f *fake) batchGet(keys []item) any {
	found := []item{}
	for _, key := range keys[:min(f.batch, len(keys))] {
		if it, ok := f.items[key.id()]; ok {
			found = append(found, it)
		}
	}
	slices.Reverse(found) // the order of the answer means nothing
	out := map[string]any{"Responses": map[string]any{table: found}}
	if len(keys) > f.batch {
		out["UnprocessedKeys"] = map[string]any{table: map[string]any{"Keys": keys[f.batch:], "ConsistentRead": true}}
	}
	return out
}

func (f *fake) query(pk string, start item) any {
	var found []item
	for id, it := range f.items {
		if *it["pk"].S == pk && (start == nil || id > start.id()) {
			found = append(found, it)
		}
	}
	slices.SortFunc(found, func(a, b item) int { return strings.Compare(a.id(), b.id()) })
	out := map[string]any{"Items": found}
	if len(found) > f.page {
		out["Items"], out["LastEvaluatedKey"] = found[:f.page], item{"pk": found[f.page-1]["pk"], "sk": found[f.page-1]["sk"]}
	}
	return out
}

// change is a write of one item under a condition.
type change struct {
	Item, Key                                   item
	ConditionExpression, KeyConditionExpression string
	ExpressionAttributeNames                    map[string]string
	ExpressionAttributeValues                   item
}

func (c *change) at() string {
	if c.Item != nil {
		return c.Item.id()
	}
	return c.Key.id()
}

// holds knows the two conditions that the package uses, and takes any other for false.
func (c *change) holds(it item) bool {
	if c.ExpressionAttributeNames["#ttl"] != "ttl" {
		return false
	}
	live := it["ttl"].N == nil || it["ttl"].number() > c.ExpressionAttributeValues[":now"].number()
	switch c.ConditionExpression {
	case "attribute_not_exists(pk) OR #ttl <= :now":
		return it == nil || !live
	case "v = :v AND (attribute_not_exists(#ttl) OR #ttl > :now)":
		return it != nil && it["v"].number() == c.ExpressionAttributeValues[":v"].number() && live
	}
	return false
}

func (i item) id() string { return *i["pk"].S + "\x00" + *i["sk"].S }

func (v value) number() int64 {
	n, err := strconv.ParseInt(aws.ToString(v.N), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func first(changes ...*change) *change {
	return changes[slices.IndexFunc(changes, func(c *change) bool { return c != nil })]
}
