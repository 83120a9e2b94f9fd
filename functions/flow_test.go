package functions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// retire retires the first items that match, at most so many.
func (s *stack) retire(most int, match func(autotasktest.Item) bool) {
	var ids []int64
	s.tenant.Items(func(i autotasktest.Item) bool {
		if match(i) && len(ids) < most {
			ids = append(ids, i.ID)
		}
		return true
	})
	for _, id := range ids {
		s.tenant.Retire(id)
	}
}

func isCount(r synthesizetest.RequestInfo) bool { return strings.HasSuffix(r.Path, "/count") }

func TestCloud_FromTheScheduleToSynthesize(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	if r := s.run(); r.Accounts.Created != 5 || r.State != "done" {
		t.Fatalf("first run: %+v\n%s", r, s.logs())
	}
	if got := len(s.sim.Accounts()); got != 5 {
		t.Fatalf("%d accounts at Synthesize, want 5\n%s", got, s.logs())
	}
	s.sim.MapAll()
	s.run()
	s.truth()

	before := s.sim.Writes()
	invocations := s.usage.Log()
	if r := s.run(); r.Due != 0 {
		t.Errorf("unchanged: %d counts due", r.Due)
	}
	if s.sim.Writes() != before || s.usage.Log() != invocations {
		t.Errorf("an unchanged tenant sent %d writes, or invoked sync-usage", s.sim.Writes()-before)
	}

	s.retire(100, func(i autotasktest.Item) bool { return i.Company == 3 })
	s.run()
	if got := s.sim.Counts()[synthesizetest.Pair{AccountID: "3", Service: "Managed Servers"}]; got != "0" {
		t.Errorf("the last server of company 3 is gone and Synthesize holds %q", got)
	}
	s.truth()
	s.noSecrets()
}

func TestCloud_DryRunAndObserveTellNobody(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	r := s.invoke([]byte(`{"dryRun": true}`))
	if result := s.result(r); result.Due != 10 || !result.DryRun {
		t.Errorf("dry run: %s", r.Payload)
	}
	if s.cloud.Calls("PutItem")+s.cloud.Calls("TransactWriteItems")+s.cloud.Calls("SendMessageBatch") != 0 {
		t.Error("a dry run changed something")
	}
	observing := deploy(t, map[string]string{"MODE": "observe"})
	if result := observing.run(); result.Due != 10 || result.State != "done" {
		t.Errorf("observe: %+v", result)
	}
	if observing.sim.Total() != 0 || observing.cloud.Queue("accounts.fifo").Len() != 0 {
		t.Error("observe told somebody")
	}
}

func TestCloud_UnknownKeyOfAnEventIsNamed(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	r := s.invoke([]byte(`{"dryrun": true}`))
	if r.Error == nil || !strings.Contains(r.Error.Message, `"dryrun"`) {
		t.Fatalf("got %v %s", r.Error, r.Payload)
	}
	if s.tenant.Count(nil) != 0 {
		t.Error("Autotask was called")
	}
}

func TestCloud_HeldRunQueuesNothing(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.run()
	s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
	before := s.sim.Writes()
	r := s.invoke(lambdatest.SchedulerEvent("held", time.Now()))
	if result := s.result(r); result.State != "held" || result.Reason == "" {
		t.Fatalf("got %s", r.Payload)
	}
	if s.cloud.Queue("accounts.fifo").Len() != 0 || s.cloud.Queue("usage.fifo").Len() != 0 || s.sim.Writes() != before {
		t.Error("a held run queued or told something")
	}
	if !strings.Contains(r.Log, "run held") {
		t.Error("the log does not say so")
	}
	if result := s.result(s.invoke([]byte(`{"force": true}`))); result.State != "done" {
		t.Errorf("forced: %+v", result)
	}
	s.deliver()
	s.truth()
}

func TestCloud_OneCompanyRefusedOnlyItsMessageReturns(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.sim.Inject(synthesizetest.Fault{Times: -1, Kind: synthesizetest.BadRequest, Match: func(r synthesizetest.RequestInfo) bool {
		return isCount(r) && strings.Contains(string(r.Body), `"accountId":"2"`)
	}})
	s.run()
	if letters := s.cloud.Letters("usage-dead.fifo"); len(letters) != 1 || letters[0].Group != "2" || letters[0].Attributes["reason"] == "" {
		t.Fatalf("dead letters: %+v\n%s", letters, s.usage.Log())
	}
	if got := s.sim.Counts()[synthesizetest.Pair{AccountID: "4", Service: "Managed Servers"}]; got != "2" {
		t.Errorf("another company holds %q, want 2", got)
	}
	s.sim.ClearFaults()
	s.run()
	s.truth()
}

func TestCloud_UnreadableMessageDiesWithItsReasonWhileOthersPass(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	poison := queue.Message{Group: "1", DeduplicationID: "poison", Body: []byte(`{"version":9}`)}
	if err := s.cloud.Queue("usage.fifo").Send(context.Background(), []queue.Message{poison}); err != nil {
		t.Fatal(err)
	}
	s.run()
	letters := s.cloud.Letters("usage-dead.fifo")
	if len(letters) != 1 || !strings.Contains(letters[0].Attributes["reason"], "version") || letters[0].Body != `{"version":9}` {
		t.Fatalf("dead letters: %+v", letters)
	}
	s.deliver() // what rested behind it
	s.run()
	s.truth()
}

func TestCloud_DeadlineNearNothingNewIsBegun(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.invoke(lambdatest.SchedulerEvent("late", time.Now()))
	s.drain("accounts.fifo", s.account)
	batch := s.cloud.Queue("usage.fifo").Receive(10)
	if len(batch) == 0 {
		t.Fatal("no messages")
	}
	document := eventOf("usage.fifo", batch)
	before := s.sim.Writes()
	r, err := s.usage.Invoke(context.Background(), document.Event, lambdatest.Options{Deadline: time.Now().Add(1500 * time.Millisecond)})
	if err != nil || r.Error != nil {
		t.Fatal(err, r.Error)
	}
	if settled := lambdatest.Settle(r, document); len(settled.Returned) != len(batch) || s.sim.Writes() != before {
		t.Errorf("%d of %d returned, %d writes", len(settled.Returned), len(batch), s.sim.Writes()-before)
	}
}
