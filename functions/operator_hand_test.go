package functions_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func desktop(i autotasktest.Item) bool { return i.Type == 1 }

// held types a run that is held, and is its id.
func (s *stack) held() string {
	s.t.Helper()
	a := s.mustType("run --stack prod", 3, "HELD")
	return regexp.MustCompile(`Run (\S+), observed`).FindStringSubmatch(a.stdout)[1]
}

func TestOperator_OnAStack_FromObserveToPostAndBack(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"MODE": "observe"})
	s.mustType("run --stack prod", 0, "observed, nobody was told", "Would tell: 10 counts of 5 accounts")
	if n := s.sim.Total(); n != 0 {
		t.Fatalf("observe called Synthesize %d times", n)
	}
	s.mustType("mode post --stack prod", 2, "At Synthesize: 0 services, 0 accounts", "10 cannot be told before they are mapped", "nobody has answered; give --yes")
	s.mustType("mode --stack prod", 0, "what the setting MODE says")
	s.mustType("mode post --stack prod --yes --reason looked", 0, "The mode is post")
	s.mustType("check --stack prod", 0, "mode post")
	s.mustType("run --stack prod --patience 20s", 0, "10 not mapped", "the setting MODE says observe")
	s.sim.MapAll()
	s.mustType("run --stack prod", 0, "10 posted")
	s.truth()

	// What is on its way when the mode goes back ends untold, and is told by the next run that tells.
	s.retire(1, desktop)
	s.invoke([]byte(`{}`))
	if s.cloud.Queue("usage.fifo").Len() == 0 {
		t.Fatal("nothing is on its way")
	}
	s.mustType("mode observe --stack prod", 0, "nobody is told")
	writes := s.sim.Writes()
	s.deliver()
	if n := s.cloud.Queue("usage.fifo").Len() + s.cloud.Queue("accounts.fifo").Len() + len(s.cloud.Letters("usage-dead.fifo")); n != 0 || s.sim.Writes() != writes {
		t.Errorf("%d messages are left, %d writing requests", n, s.sim.Writes()-writes)
	}
	s.mustType("report --stack prod", 0, "Ended untold: 1 of 1 counts", "The mode is observe", "the next run that tells tells them")
	s.mustType("dead-letters replay --stack prod", 2, "observe")
	s.mustType("run --stack prod", 0, "observed, nobody was told")
	s.mustType("mode post --stack prod --yes", 0)
	s.mustType("run --stack prod", 0, "posted")
	s.truth()
	a := s.mustType("log --stack prod --json", 0)
	if strings.Count(a.stdout, awstest.Caller) < 6 || !strings.Contains(a.stdout, "looked") {
		t.Errorf("the log does not say who:\n%s", a.stdout)
	}
	s.noSecrets(a.stdout)
}

func TestOperator_OnAStack_AHoldWhileARunIsFollowed_SaysThatTheNextRunTells(t *testing.T) {
	t.Parallel()
	s := toldStack(t, nil)
	s.retire(1, desktop)
	run, stdout, stderr := s.command("run --stack prod --patience 60s")
	hold, _, _ := s.command("hold --stack prod --reason review")
	held := make(chan error, 1)
	go func() {
		for s.cloud.Queue("usage.fifo").Len() == 0 && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		held <- hold.Run()
	}()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s.deliver()
	_ = run.Wait() // its exit code says it
	text := stdout.String() + stderr.String()
	if code := run.ProcessState.ExitCode(); code != 1 || !strings.Contains(text, "1 counts ended untold: posting is on hold by ") || strings.Contains(text, "the queues try them again") || time.Since(begun) > 30*time.Second {
		t.Errorf("exit %d after %s:\n%s", code, time.Since(begun), text)
	}
}

// Who may use the queues and not look at the stack is bound by a person's word as everyone is: its letters would end untold.
func TestOperator_OfAStackByItsParts_AHoldKeepsTheDeadLettersWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"MAX_RECEIVE_COUNT": "1"})
	s.run()
	s.sim.MapAll()
	s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	s.run()
	s.sim.ClearFaults()
	letters := len(s.cloud.Letters("usage-dead.fifo"))
	if letters == 0 {
		t.Fatal("no dead letters")
	}
	s.mustType("hold --stack prod --reason review", 0)
	parts := "dead-letters replay --ledger-table ledger --usage-queue " + s.cloud.QueueURL("usage.fifo") + " --usage-dead-letters " + s.cloud.QueueURL("usage-dead.fifo")
	s.mustType(parts, 2, "on hold by")
	if n := len(s.cloud.Letters("usage-dead.fifo")); n != letters {
		t.Errorf("%d of %d letters are left", n, letters)
	}
	s.mustType("resume --stack prod", 0)
	s.mustType(parts, 0, "on their queues again")
	s.deliver()
	s.truth()
}

func TestOperator_OnAStack_AnEarlierIntegrationsCountsAreShownBeforePosting(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.run()
	fresh := deploy(t, map[string]string{"MODE": "observe", "LEDGER_TABLE": "ledger", "SYNTHESIZE_URL": s.env["SYNTHESIZE_URL"]})
	fresh.retire(6, func(i autotasktest.Item) bool { return i.Company == 2 })
	fresh.mustType("run --stack prod", 0)
	writes := s.sim.Writes()
	fresh.mustType("mode post --stack prod --yes", 0, "At Synthesize: 2 services, 5 accounts", "2 become 0, 2 of them left behind", "Company 2")
	if s.sim.Writes() != writes {
		t.Error("showing wrote something at Synthesize")
	}
	fresh.mustType("run --stack prod", 0, "10 posted")
	if got := s.sim.Counts()[synthesizetest.Pair{AccountID: "2", Service: "Managed Servers"}]; got != "0" {
		t.Errorf("the stale count stands at %q", got)
	}
}

func TestOperator_OnAStack_ApproveHoldRelease(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"MAX_COMPANY_DROP_PERCENT": "60"})
	s.run()
	s.sim.MapAll()
	s.run()

	s.mustType("hold --stack prod --reason month-end", 0, "on hold")
	run := s.held()
	s.mustType("approve "+run+" --stack prod --reason x", 2, "synthsync resume")
	s.mustType("resume --stack prod", 0)

	s.retire(12, desktop)
	run = s.held()
	s.mustType("approve nonsense --stack prod --reason x", 2, "no run")
	s.mustType("approve "+run+" --stack prod --reason seen", 0, "Approved: Managed Workstations falls from 20 to 8")
	s.mustType("approve "+run+" --stack prod --reason twice", 0, "approved already, by "+awstest.Caller)
	s.mustType("run --stack prod", 0, "as approved with run "+run)
	s.mustType("approve "+run+" --stack prod --reason late", 1, "superseded")
	s.truth()

	s.retire(6, func(i autotasktest.Item) bool { return i.Company == 5 })
	a := s.mustType("run --stack prod --json", 3, "1 companies were held back")
	var result struct{ RunID, State string }
	if err := json.Unmarshal([]byte(a.stdout), &result); err != nil || result.State != "done" {
		t.Fatalf("%v %+v", err, result)
	}
	s.mustType("release Nobody --stack prod --reason x", 2, "never told")
	s.mustType("release 5 --stack prod --reason left", 2, "nobody has answered; give --yes")
	s.mustType("release 5 --stack prod --reason left --yes", 0, "is released")
	s.mustType("run --stack prod", 0, "2 posted")
	s.truth()
	s.mustType("run --stack prod", 0, "0 posted")

	s.run()
	s.mustType("log --stack prod", 0, "schedule lambdatest", "approve", "seen", "release", "month-end", "resume")
}
