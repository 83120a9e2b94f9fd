package functions_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
)

// grown adds so many desktops to company 1, beyond all ids that are there.
func (s *stack) grown(items int) {
	s.tenant.Generate(items, func(i int) int64 { return 10_000 + int64(i) },
		func(int) autotasktest.Item { return autotasktest.Item{Company: 1, Type: 1} })
}

// report is the newest line of fetch-configurations' log that says what a run came to.
func (s *stack) report() map[string]any {
	s.t.Helper()
	var last map[string]any
	for line := range strings.Lines(s.fetch.Log()) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["budgetLimit"] != nil {
			last = entry
		}
	}
	if last == nil {
		s.t.Fatalf("no run has reported:\n%s", s.fetch.Log())
	}
	return last
}

// lastMetric is the newest value of a metric.
func (s *stack) lastMetric(name string) (value float64, found bool) {
	s.t.Helper()
	for _, p := range emitted(s.t, s.fetch.Log()) {
		if p.name == name {
			value, found = p.value, true
		}
	}
	return value, found
}

func (s *stack) reports(want map[string]any) {
	s.t.Helper()
	got := s.report()
	for name, value := range want {
		if got[name] != value {
			s.t.Errorf("the log says %s=%v, want %v", name, got[name], value)
		}
	}
}

func TestBudget_WithinTheShare_IsInResultLogAndMetric(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.tenant.Switch(func(w *autotasktest.Switches) { w.HourLimit, w.OthersUsed = 10_000, 9_000 })
	r := s.invoke([]byte(`{}`))
	if r.Error != nil {
		t.Fatal(r.Error)
	}
	got := s.result(r).Budget
	if want := (fetch.Budget{Limit: 10_000, Used: 9_001, Percent: 50, Over: "stop", Allowed: 499, Needed: 13}); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	s.reports(map[string]any{"budgetLimit": 10_000.0, "budgetUsed": 9_001.0, "budgetAllowed": 499.0, "budgetNeeded": 13.0,
		"budgetOver": "stop", "budgetExceeded": false, "budgetWaitedSeconds": 0.0})
	if v, _ := s.lastMetric("BudgetSharePercent"); v < 2 || v > 3 {
		t.Errorf("BudgetSharePercent is %v, want 13 of 499", v)
	}
}

func TestBudget_OverTheShare_StopsWithTheReason_AndTheMetricSaysByHowMuch(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.grown(20_000)
	s.tenant.Switch(func(w *autotasktest.Switches) { w.HourLimit, w.OthersUsed = 10_000, 9_950 })
	r := s.invoke([]byte(`{}`))
	if r.Error == nil || !strings.Contains(r.Error.Message, "needs about 53 requests; this run may use 24") ||
		!strings.Contains(r.Error.Message, "AUTOTASK_OVER_BUDGET=wait") {
		t.Fatalf("%v", r.Error)
	}
	s.reports(map[string]any{"level": "ERROR", "state": "failed", "budgetAllowed": 24.0, "budgetNeeded": 53.0, "budgetExceeded": true})
	if v, _ := s.lastMetric("BudgetSharePercent"); v < 220 || v > 221 {
		t.Errorf("BudgetSharePercent is %v, want 53 of 24", v)
	}
}

func TestBudget_Wait_WhenTheInvocationLeavesNoTime_SaysSo(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"AUTOTASK_OVER_BUDGET": "wait"})
	s.grown(20_000)
	s.tenant.Switch(func(w *autotasktest.Switches) { w.HourLimit, w.OthersUsed = 10_000, 9_950 })
	r := s.invoke([]byte(`{}`)) // of a minute, and a wait takes longer
	if r.Error == nil || !strings.Contains(r.Error.Message, "own time does not allow it to wait any longer") {
		t.Fatalf("%v", r.Error)
	}
	s.reports(map[string]any{"budgetOver": "wait", "budgetExceeded": true})
}

func TestTime_ReadThatDoesNotFitIntoTheInvocation_FailsBeforeAnyPage(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.grown(200_000)
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Latency = 100 * time.Millisecond })
	r, err := s.fetch.Invoke(context.Background(), []byte(`{}`), lambdatest.Options{Deadline: time.Now().Add(12 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Error == nil || !strings.Contains(r.Error.Message, "does not fit into this run's time") || !strings.Contains(r.Error.Message, "FetchTimeout") {
		t.Fatalf("%v", r.Error)
	}
	for _, q := range s.tenant.Requests() {
		if q.Entity == "ConfigurationItems" && q.Operation == "query" {
			t.Fatal("a page of items was read all the same")
		}
	}
	if left := s.cloud.Queue("accounts.fifo").Len() + s.cloud.Queue("usage.fifo").Len(); left > 0 {
		t.Errorf("%d messages were queued", left)
	}
}
