package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/synthsync/synthsync/build/cost"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/queue"
)

// meter stands before a local AWS and counts what AWS would bill.
type meter struct {
	mu    sync.Mutex
	proxy *httputil.ReverseProxy
	sizes map[string]int // of the table's items, by key, in bytes
	used  cost.Usage
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	m.proxy.ServeHTTP(answer, r)
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	m.mu.Lock()
	switch service {
	case "DynamoDB_20120810":
		m.dynamo(operation, body, answer.Body.Bytes())
	case "AmazonSQS":
		m.used.QueueRequests++
	}
	m.mu.Unlock()
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a caller that has gone away is no fault of ours
}

// attributes is an item as it travels.
type attributes map[string]map[string]string

// bytes is an item's size as DynamoDB counts it: names and values; a number takes a byte for two digits and one more.
func (a attributes) bytes() int {
	n := 0
	for name, value := range a {
		n += len(name) + len(value["S"])
		if digits := value["N"]; digits != "" {
			n += len(digits)/2 + 1
		}
	}
	return n
}

func (a attributes) key() string { return a["pk"]["S"] + "/" + a["sk"]["S"] }

func units(bytes, unit int) float64 { return math.Max(1, math.Ceil(float64(bytes)/float64(unit))) }

// dynamo counts request units: 1 KB a write, 4 KB a consistent read, twice that in a transaction; a refused write too.
func (m *meter) dynamo(operation string, request, response []byte) {
	type change struct{ Item, Key attributes }
	var in struct {
		change
		TransactItems []map[string]change
		RequestItems  map[string]struct{ Keys []attributes }
	}
	var out struct {
		Item      attributes
		Items     []attributes
		Responses map[string][]attributes
	}
	if json.Unmarshal(request, &in) != nil || json.Unmarshal(response, &out) != nil {
		panic("not the JSON of DynamoDB: " + operation)
	}
	put := func(c change, times float64) {
		if c.Item != nil {
			m.sizes[c.Item.key()] = c.Item.bytes()
			c.Key = c.Item
		}
		m.used.Writes += times * units(m.sizes[c.Key.key()], 1024)
	}
	switch operation {
	case "PutItem":
		put(in.change, 1)
	case "TransactWriteItems":
		for _, item := range in.TransactItems {
			for _, c := range item {
				put(c, 2)
			}
		}
	case "GetItem":
		m.used.Reads += units(out.Item.bytes(), 4096)
	case "BatchGetItem":
		for table, asked := range in.RequestItems {
			found := out.Responses[table]
			for _, item := range found {
				m.used.Reads += units(item.bytes(), 4096)
			}
			m.used.Reads += float64(len(asked.Keys) - len(found))
		}
	case "Query":
		sum := 0
		for _, item := range out.Items {
			sum += item.bytes()
		}
		m.used.Reads += units(sum, 4096)
	default:
		panic("what does DynamoDB bill for " + operation + "?")
	}
}

// night is one nightly run in which every count is due again, as REFRESH_AFTER makes it: what it uses of AWS. The usage
// messages come before the services are looked at, as they do at worst, and so each is received twice.
func night(t testing.TB, companies int) cost.Usage {
	t.Helper()
	m := &meter{sizes: map[string]int{}}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	s := deploy(t, map[string]string{"AWS_ENDPOINT_URL": server.URL, "LOG_LEVEL": "INFO"})
	target, err := url.Parse(s.cloud.URL)
	if err != nil {
		t.Fatal(err)
	}
	m.proxy = httputil.NewSingleHostReverseProxy(target)
	for c := int64(6); c <= int64(companies); c++ {
		s.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Company %d of the fleet", c)})
		s.tenant.AddItem(autotasktest.Item{ID: c * 100_000, Company: c, Type: 1})
		s.tenant.AddItem(autotasktest.Item{ID: c*100_000 + 1, Company: c, Type: 3})
	}
	s.run()
	s.sim.MapAll()
	s.run()

	m.used = cost.Usage{}
	logged := len(s.logs())
	r := s.invoke([]byte(`{"full": true}`))
	if result := s.result(r); result.State != fetch.StateDone || result.Due != 2*companies {
		t.Fatalf("%+v", result)
	}
	invocations := 1 + s.hand("usage.fifo", s.usage, companies) + s.hand("accounts.fifo", s.account, 0) + s.hand("usage.fifo", s.usage, 0)
	s.truth()
	m.used.Invocations = float64(invocations)
	m.used.LogBytes = float64(len(s.logs()) - logged)
	m.used.Metrics = metrics(s.logs())
	return m.used
}

// hand hands out a queue in batches of ten, and expects so many messages to come back. They are due again at once.
func (s *stack) hand(name string, f *lambdatest.Function, expected int) (invocations int) {
	s.t.Helper()
	q := s.cloud.Queue(name)
	back := 0
	for left := q.Len(); left > 0; invocations++ {
		batch := q.Receive(min(left, 10))
		left -= len(batch)
		_, settlement := s.batch(f, name, batch)
		var failures []queue.Failure
		for _, r := range batch {
			for _, id := range settlement.Returned {
				if id == messageID(r) {
					failures = append(failures, queue.Failure{ID: r.ID, Err: fmt.Errorf("returned")})
				}
			}
		}
		back += len(failures)
		defer q.Settle(batch, failures)
	}
	if back != expected {
		s.t.Fatalf("%s: %d messages came back, want %d", name, back, expected)
	}
	return invocations
}

// metrics counts the custom metrics in a log: a name under the values of its dimensions.
func metrics(log string) int {
	found := map[string]bool{}
	for line := range strings.SplitSeq(log, "\n") {
		var fields map[string]any
		var embedded struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if !strings.Contains(line, `"_aws"`) || json.Unmarshal([]byte(line), &embedded) != nil || json.Unmarshal([]byte(line), &fields) != nil {
			continue
		}
		for _, d := range embedded.AWS.CloudWatchMetrics {
			for _, set := range d.Dimensions {
				at := d.Namespace
				for _, name := range set {
					at += fmt.Sprintf(" %s=%v", name, fields[name])
				}
				for _, metric := range d.Metrics {
					found[at+" "+metric.Name] = true
				}
			}
		}
	}
	return len(found)
}

// The page about cost stands on these figures.
func TestCost_ANightUsesWhatThePageReckonsWith(t *testing.T) {
	t.Parallel()
	for _, companies := range []int{20, 40} {
		t.Run(fmt.Sprint(companies, " companies"), func(t *testing.T) {
			t.Parallel() // each of its batches waits in vain, ten seconds
			reckons(t, companies)
		})
	}
}

func reckons(t *testing.T, companies int) {
	t.Helper()
	got, want := night(t, companies), cost.Night(companies, 2)
	for _, figure := range []struct {
		of        string
		got, want float64
	}{
		{"DynamoDB write units", got.Writes, want.Writes},
		{"DynamoDB read units", got.Reads, want.Reads},
		{"SQS requests", got.QueueRequests, want.QueueRequests},
		{"invocations", got.Invocations, want.Invocations},
		{"bytes of log", got.LogBytes, want.LogBytes},
	} {
		t.Logf("%d companies: %.0f %s, reckoned with %.0f", companies, figure.got, figure.of, figure.want)
		if math.Abs(figure.got-figure.want) > 0.15*figure.want+3 {
			t.Errorf("%d companies: %.0f %s, build/cost/night.go reckons with %.0f; put what is measured there, then go test ./build/cost -update",
				companies, figure.got, figure.of, figure.want)
		}
	}
	if most := cost.CustomMetrics(2); got.Metrics > most {
		t.Errorf("%d custom metrics, build/cost/night.go reckons with %d", got.Metrics, most)
	}
}
