package functions_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What a main puts into its stage, and no test of the stage sees.

// handed has a function work messages as SQS hands them over, with little time.
func (s *stack) handed(f *lambdatest.Function, name string, batch []queue.Received, lasts time.Duration) lambdatest.Response {
	s.t.Helper()
	r, err := f.Invoke(context.Background(), eventOf(name, batch).Event, lambdatest.Options{Deadline: time.Now().Add(lasts)})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// A mark that two workers share would be taken back by the first answer, while the other's request is under way.
func TestWired_TwoWorkersOfOneMessage_LeaveTwoMarks(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.invoke([]byte(`{"full": true}`))
	s.drain("accounts.fifo", s.account)
	batch := s.cloud.Queue("usage.fifo").Receive(1)
	if len(batch) != 1 {
		t.Fatalf("%d messages", len(batch))
	}
	s.sim.Inject(synthesizetest.Fault{Match: func(r synthesizetest.RequestInfo) bool { return strings.HasSuffix(r.Path, "/count") }, Kind: synthesizetest.HangBefore, Times: -1})
	for range 2 {
		s.handed(s.usage, "usage.fifo", batch, 3*time.Second)
	}
	s.sim.ClearFaults()
	file := filepath.Join(t.TempDir(), "ledger.jsonl")
	s.mustType("ledger export "+file+" --stack prod", 0)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var marks []string
	for _, open := range regexp.MustCompile(`"open":\{([^}]*\}[^}]*)\}`).FindAllSubmatch(text, -1) {
		for _, token := range regexp.MustCompile(`"([A-Z2-7]{20,})":\{`).FindAllSubmatch(open[1], -1) {
			marks = append(marks, string(token[1]))
		}
	}
	slices.Sort(marks)
	if got := len(slices.Compact(marks)); got != 2 {
		t.Errorf("%d marks of two workers: %v", got, marks)
	}
}

// A person says hold while a worker waits for its run's look at Synthesize.
func TestWired_HoldIsSaidWhileAWorkerWaits_ItTellsNobody(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.invoke([]byte(`{"full": true}`))
	batch := s.cloud.Queue("usage.fifo").Receive(10)
	if len(batch) == 0 {
		t.Fatal("no messages")
	}
	s.mustType("report --stack prod", 0) // which builds the command
	posts := func() int {
		return s.sim.CountRequests(func(r synthesizetest.Request) bool { return strings.HasSuffix(r.Path, "/count") })
	}
	before := posts()
	looking := make(chan struct{})
	s.sim.Inject(synthesizetest.Fault{
		Match: func(r synthesizetest.RequestInfo) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.Path, "/organization/accounts")
		}, DelayBefore: 4 * time.Second,
	})
	s.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.Path, "/organization/accounts") {
			close(looking)
			s.sim.OnRequest(nil)
		}
	})
	both := make(chan lambdatest.Response, 2)
	accounts := s.cloud.Queue("accounts.fifo").Receive(10)
	go func() { both <- s.handed(s.account, "accounts.fifo", accounts, 50*time.Second) }()
	go func() { both <- s.handed(s.usage, "usage.fifo", batch, 50*time.Second) }()
	<-looking
	s.mustType("hold --stack prod --reason review", 0)
	for range 2 {
		if r := <-both; r.Error != nil {
			t.Fatal(r.Error)
		}
	}
	if told := posts() - before; told != 0 {
		t.Errorf("%d counts were told after the hold", told)
	}
}
