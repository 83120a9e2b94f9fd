//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// story is one stack and the world around it; its chapters build upon each other.
type story struct {
	*stack
	*world
	table   string
	alien   *stack // a second stack in the same account
	command string // synthsync, as operators have it
	doubted int    // counts at most that an outage has left in doubt
}

// delivered is how long what a run queued may take: a message that comes before its run's look at Synthesize rests for
// 20 seconds, and one whose worker the machine was too slow for, for six times WorkerTimeout.
const delivered = 2 * time.Minute

// TestStory is the life of a deployed stack. Where a chapter fails, the rest would tell nothing.
func TestStory(t *testing.T) {
	c, w := newCloud(t), newWorld(t)
	s := &story{stack: c.newStack(t, "story"), alien: c.newStack(t, "alien"), world: w, command: buildCommand(t)}
	for _, chapter := range []struct {
		title string
		tell  func(*story, *testing.T)
	}{
		{"a stack is deployed as the template says", (*story).isDeployed},
		{"a second stack, of defaults only, stands beside it", (*story).standsBeside},
		{"the stack comes up observing: a run tells nobody", (*story).observes},
		{"in mode post, the schedule starts a run and Synthesize holds what a direct count gives", (*story).runsOnSchedule},
		{"a second run posts nothing", (*story).isUnchanged},
		{"a device retires, a client's last server goes: the count falls, and a zero arrives", (*story).retires},
		{"an outage ends in the dead letters, a newer run succeeds, the replayed letters change nothing", (*story).outlastsAnOutage},
		{"a poisoned message ends in the dead letters with its reason, and others pass", (*story).buriesPoison},
		{"rotated credentials are picked up without a deployment", (*story).followsARotation},
		{"a run that lost most devices is held: nothing is queued, and it says so", (*story).holds},
		{"the stack is deleted, and the ledger stays", (*story).isDeleted},
	} {
		if !t.Run(chapter.title, func(t *testing.T) { chapter.tell(s, t) }) {
			t.Fatal(s.lastLogs(t))
		}
	}
}

func (s *story) isDeployed(t *testing.T) {
	s.deploy(t, "Architecture="+s.architecture, "WorkerTimeout=10", "MaxReceiveCount=3", "FetchTimeout=60", "ScheduleState=DISABLED",
		"AutotaskUrl="+s.autotaskURL, "SynthesizeUrl="+s.synthesizeURL)
	s.table = s.outputs["LedgerTableName"]
	s.deployed(t, expected{
		workerTimeout: 10, fetchTimeout: 60, maxReceiveCount: "3", usageConcurrency: 2,
		expression: "cron(15 2 * * ? *)", flexibleMinutes: 15, mode: "observe",
	})
}

func (s *story) standsBeside(t *testing.T) {
	s.alien.deploy(t, "Architecture="+s.architecture)
	s.alien.deployed(t, expected{ // what the template promises to who gives it nothing
		workerTimeout: 120, fetchTimeout: 900, maxReceiveCount: "10", usageConcurrency: 2,
		expression: "cron(15 2 * * ? *)", flexibleMinutes: 15, mode: "observe",
	})
	for logicalID, id := range s.alien.resources {
		if id == s.resources[logicalID] {
			t.Errorf("both stacks have the same %s, %s", logicalID, id)
		}
	}
	s.alien.delete(t)
	if names := s.alien.named(t); len(names) > 0 {
		t.Errorf("left of the second stack: %v", names)
	}
	if names := s.named(t); len(names) == 0 {
		t.Error("the first stack went with the second")
	}
	s.deleteTable(t, s.alien.outputs["LedgerTableName"])
}

func (s *story) observes(t *testing.T) {
	s.fillAutotask(t, autotasktest.DefaultCredentials)
	s.fillSynthesize(t, synthesizetest.DefaultVendorKey, synthesizetest.DefaultPartnerKey)
	if looked, log := s.invoke(t, `{"dryRun":true}`); looked.Due != 2*companies || !looked.DryRun {
		t.Errorf("the first look: %d counts due\n%s", looked.Due, log)
	}
	result := s.run(t, 2*companies)
	if result.Mode != fetch.ModeObserve || result.Read.Companies == 0 {
		t.Errorf("%+v", result)
	}
	s.quiet(t, 5*time.Second)
	if n := s.synthesize.Total(); n > 0 {
		t.Errorf("%d requests to Synthesize", n)
	}
}

func (s *story) runsOnSchedule(t *testing.T) {
	before := s.tenant.Count(nil)
	s.deploy(t, "Mode=post", `Schedule="rate(1 minute)"`, "FlexibleMinutes=0", "ScheduleState=ENABLED")
	s.deployed(t, expected{
		workerTimeout: 10, fetchTimeout: 60, maxReceiveCount: "3", usageConcurrency: 2,
		expression: "rate(1 minute)", flexibleMinutes: 0, mode: "post",
	})
	within(t, 90*time.Second, "the schedule has started a run", func() error {
		if s.tenant.Count(nil) == before {
			return errors.New("nobody reads Autotask")
		}
		return nil
	})
	s.deploy(t, "ScheduleState=DISABLED")
	within(t, delivered, "Synthesize holds what a direct count gives", s.truth)
	s.quiet(t, delivered)
	if status := s.synthesize.Status(); status != synthesizetest.Active || len(s.synthesize.Accounts()) != companies {
		t.Errorf("the integration is %s with %d accounts", status, len(s.synthesize.Accounts()))
	}
}

func (s *story) isUnchanged(t *testing.T) {
	before := s.synthesize.Writes()
	s.run(t, 0)
	s.quiet(t, delivered)
	if after := s.synthesize.Writes(); after != before {
		t.Errorf("%d writing requests", after-before)
	}
}

func (s *story) retires(t *testing.T) {
	had := s.units(2, workstations)
	s.retire(1, func(i autotasktest.Item) bool { return i.Company == 2 && i.Type == autotasktest.TypeLaptop })
	s.retire(1000, func(i autotasktest.Item) bool { return i.Company == 5 && i.Type == autotasktest.TypeServer })
	var result fetch.Result
	s.operate(t, 0, &result, "run") // waits until all is delivered
	if err := s.truth(); err != nil || result.Usage.Posted != 2 {
		t.Errorf("%d counts posted: %v", result.Usage.Posted, err)
	}
	if s.units(5, servers) != "0" || s.units(2, workstations) == had {
		t.Errorf("%s servers, %s workstations after %s", s.units(5, servers), s.units(2, workstations), had)
	}
	s.quiet(t, delivered)
}

func (s *story) outlastsAnOutage(t *testing.T) {
	affected := []int64{7, 8, 9}
	buy := func() {
		for _, company := range affected {
			s.add(company, autotasktest.TypeServer, 1)
		}
	}
	buy()
	outage := s.synthesize.Inject(synthesizetest.Fault{
		Where: synthesizetest.Where{Operation: synthesizetest.PostCount}, Times: -1, Kind: synthesizetest.ServerError, Status: 503,
	})
	old := s.run(t, len(affected))
	within(t, 3*time.Minute, "the counts are dead letters", func() error {
		if n := s.depth(t, usageDeadLetters); n != len(affected) {
			return fmt.Errorf("%d of %d", n, len(affected))
		}
		return nil
	})
	if outage.Taken() == 0 {
		t.Error("nobody met the outage")
	}
	outage.Remove()

	buy()                     // so that the letters are older than what the next run tells
	s.run(t, 2*len(affected)) // both services: what the old run meant to tell has not ended
	within(t, delivered, "the newer run is told", s.truth)
	s.quiet(t, delivered)

	var listing letters.Listing
	s.operate(t, 0, &listing, "dead-letters", "list")
	for _, l := range listing.Letters {
		// A worker that this machine was too slow for has no time to give a reason, and SQS moves its messages without one.
		reasoned := strings.HasPrefix(l.Reason, "tried 3 times") || strings.HasPrefix(l.Reason, "received too often")
		if l.RunID != old.RunID || l.Verdict.Outcome != letters.Superseded || !reasoned {
			t.Errorf("letter of company %s, run %s: %s; %+v", l.Company, l.RunID, l.Reason, l.Verdict)
		}
	}
	before := s.posts()
	var moved letters.Moved
	s.operate(t, 0, &moved, "dead-letters", "replay")
	if len(listing.Letters) != len(affected) || moved != (letters.Moved{Sent: len(affected)}) {
		t.Errorf("%d letters listed, replayed %+v", len(listing.Letters), moved)
	}
	s.quiet(t, delivered)
	if n := s.depth(t, usageDeadLetters); n > 0 {
		t.Errorf("%d replayed messages died again", n)
	}
	if after := s.posts(); after != before {
		t.Errorf("%d counts posted by old letters", after-before)
	}
	if err := s.truth(); err != nil {
		t.Error(err)
	}
	if got := s.record(t, old).Outcomes.Superseded; got != len(affected) {
		t.Errorf("%d counts of the old run ended as superseded, want %d", got, len(affected))
	}
	s.doubted = len(affected)
}

// runs starts a run that finds so many counts due, and perhaps, once more, some that the outage has left in doubt: a request
// that was answered with 503 may have been on its way yet when the newer run told its count.
func (s *story) runs(t *testing.T, due int) {
	t.Helper()
	if result := s.run(t, -1); result.Due < due || result.Due > due+s.doubted {
		t.Fatalf("%d counts are due, want %d and at most %d that are in doubt", result.Due, due, s.doubted)
	}
}

func (s *story) buriesPoison(t *testing.T) {
	unreadable, unknown := `{"version":1,"runId"`, `{"version":99,"runId":"from the future"}`
	s.send(t, usageQueue, "11", "unreadable", unreadable)
	s.send(t, usageQueue, "12", "unknown version", unknown)
	s.add(11, autotasktest.TypeServer, 1) // behind the poison
	s.add(13, autotasktest.TypeServer, 1)
	s.runs(t, 2)
	within(t, delivered, "the others are told", s.truth)
	s.quiet(t, delivered)
	reasons := map[string]string{}
	for _, letter := range s.letters(t, usageDeadLetters) {
		reasons[aws.ToString(letter.Body)] = aws.ToString(letter.MessageAttributes[sqsfifo.AttributeReason].StringValue)
		s.discard(t, usageDeadLetters, letter)
	}
	if len(reasons) != 2 || !strings.Contains(reasons[unreadable], "not a message of this program") || !strings.Contains(reasons[unknown], "version") {
		t.Errorf("letters and their reasons: %q", reasons)
	}
}

func (s *story) followsARotation(t *testing.T) {
	rotated := autotasktest.DefaultCredentials
	rotated.Secret = "another#secret"
	s.tenant.SetCredentials(rotated)
	s.fillAutotask(t, rotated)
	s.fillSynthesize(t, synthesizetest.DefaultVendorKey, s.synthesize.RotatePartnerKey("another-partner-key"))
	s.add(14, autotasktest.TypeServer, 1)
	s.tenant.ResetLog()
	s.synthesize.ResetLog()
	s.runs(t, 1)
	within(t, delivered, "the count is told with the new keys", s.truth)
	s.quiet(t, delivered)
	// The functions still had the old ones. A user who is refused often is locked out.
	refused := s.tenant.Count(func(r autotasktest.Request) bool { return r.SentLogin && !r.Authenticated })
	if refused > 1 {
		t.Errorf("Autotask refused %d logins", refused)
	}
	if n := s.synthesize.CountRequests(func(r synthesizetest.Request) bool { return r.Status == 401 }); n > 2 {
		t.Errorf("Synthesize refused %d requests, of two functions", n)
	}
}

func (s *story) holds(t *testing.T) {
	var all int
	s.tenant.Items(func(i autotasktest.Item) bool {
		if !i.Inactive && i.Company != 0 && i.Type == autotasktest.TypeLaptop {
			all++
		}
		return true
	})
	s.retire(all, func(i autotasktest.Item) bool { return i.Company != 0 && i.Type == autotasktest.TypeLaptop })
	before := s.synthesize.Total()
	var result fetch.Result
	s.operate(t, 3, &result, "run")
	if result.State != fetch.StateHeld || !strings.Contains(result.Reason, workstations) {
		t.Errorf("the run is %s: %q", result.State, result.Reason)
	}
	// The metric that RunHeldAlarm watches is a line of the log, and CloudWatch's affair from there on.
	for _, sign := range []string{`"msg":"run held: nothing was told","runId":"` + result.RunID, `"RunsHeld":1`} {
		if !strings.Contains(s.log(t, "fetch-configurations"), sign) {
			t.Errorf("the log does not say %s", sign)
		}
	}
	if accounts, usage := s.depth(t, accountsQueue), s.depth(t, usageQueue); accounts+usage > 0 || s.synthesize.Total() != before {
		t.Errorf("%d and %d messages, %d requests to Synthesize", accounts, usage, s.synthesize.Total()-before)
	}
}

func (s *story) isDeleted(t *testing.T) {
	for _, letters := range []string{accountsDeadLetters, usageDeadLetters, "FailedRunsUrl", "FailedSchedulesUrl"} {
		if n := s.depth(t, letters); n > 0 {
			t.Errorf("%d messages lie in %s at the end", n, letters)
		}
	}
	s.delete(t)
	out, err := s.tables.Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.table})
	if err != nil || out.Count < companies {
		t.Errorf("the ledger's table has %d documents: %v", out.Count, err)
	}
	if names := s.named(t); len(names) > 0 {
		t.Errorf("left of the stack: %v", names)
	}
	s.deleteTable(t, s.table)
}
