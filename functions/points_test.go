package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/lambdatest"
)

// stackName is the name of the stacks in these tests.
const stackName = "prod"

// queues are the template's queues as the local AWS calls them.
var queues = map[string]string{
	"AccountsQueue": "accounts.fifo", "AccountsDeadLetters": "accounts-dead.fifo",
	"UsageQueue": "usage.fifo", "UsageDeadLetters": "usage-dead.fifo",
	"FailedRuns": "failed-runs", "FailedSchedules": "failed-schedules",
}

// service stands in for what Lambda itself does about a function's invocations: it counts them, and refuses them when the
// account has no concurrency left.
type service struct {
	mu     sync.Mutex
	full   bool // no concurrency is left
	points []point
}

func (s *service) count(metric, function string, value float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.points = append(s.points, point{"AWS/Lambda", metric, "FunctionName=${" + function + "}", time.Now(), value})
}

// admit tells whether an invocation may begin, and counts one that may not.
func (s *service) admit(function string) bool {
	s.mu.Lock()
	full := s.full
	s.mu.Unlock()
	if full {
		s.count("Throttles", function, 1)
	}
	return !full
}

// ended counts an invocation, and whether it failed.
func (s *service) ended(function string, r lambdatest.Response) {
	failed := 0.0
	if r.Error != nil {
		failed = 1
	}
	s.count("Errors", function, failed)
	s.count("Throttles", function, 0)
}

// idOf is a function's logical id in the template.
func (s *stack) idOf(f *lambdatest.Function) string {
	switch f {
	case s.fetch:
		return "FetchConfigurations"
	case s.account:
		return "SyncAccounts"
	}
	return "SyncUsage"
}

// asynchronously invokes as Lambda does for the schedule: a run that failed is tried twice more, and then reported.
func (s *stack) asynchronously(event []byte) {
	s.t.Helper()
	for range 3 {
		if r := s.invoke(event); r.Error == nil {
			return
		}
	}
	s.cloud.Bury(queues["FailedRuns"], awstest.Letter{Body: `{"requestContext":{"condition":"RetriesExhausted"}}`})
}

// points are all data points there are: what the functions have printed, what Lambda counted, and what SQS would say of
// the queues after some time in which nothing more happens.
func (s *stack) points(later time.Duration) []point {
	s.t.Helper()
	out := emitted(s.t, s.logs())
	s.service.mu.Lock()
	out = append(out, s.service.points...)
	s.service.mu.Unlock()
	now := time.Now().Add(later)
	for id, name := range queues {
		dimension := "QueueName=${" + id + ".QueueName}"
		out = append(out, point{"AWS/SQS", "ApproximateNumberOfMessagesVisible", dimension, now, s.visible(name)})
		if strings.HasSuffix(id, "Queue") {
			age := time.Duration(0)
			for _, m := range s.cloud.Queue(name).Left() {
				age = max(age, now.Sub(m.SentAt))
			}
			out = append(out, point{"AWS/SQS", "ApproximateAgeOfOldestMessage", dimension, now, age.Seconds()})
		}
	}
	return out
}

// visible asks SQS how many messages of a queue can be received.
func (s *stack) visible(name string) float64 {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.cloud.URL, bytes.NewBufferString(object(map[string]string{"QueueUrl": s.cloud.QueueURL(name)})))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonSQS.GetQueueAttributes")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Attributes map[string]string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	n, err := strconv.ParseFloat(answer.Attributes["ApproximateNumberOfMessages"], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// emitted reads a log as CloudWatch does: lines in the embedded metric format become data points.
func emitted(t testing.TB, log string) []point {
	t.Helper()
	var out []point
	for text := range strings.Lines(log) {
		if !strings.Contains(text, `"_aws"`) {
			continue
		}
		var line struct {
			AWS struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, d := range line.AWS.CloudWatchMetrics {
			for _, set := range d.Dimensions {
				values := map[string]string{}
				for _, name := range set {
					values[name] = fmt.Sprint(members[name])
				}
				for _, m := range d.Metrics {
					value, isNumber := members[m.Name].(float64)
					if !isNumber {
						t.Fatalf("%s has no value: %s", m.Name, text)
					}
					out = append(out, point{d.Namespace, m.Name, dimensionsOf(values), time.UnixMilli(line.AWS.Timestamp), value})
				}
			}
		}
	}
	return out
}
