package functions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// outputs are the stack's, as its template has them.
func (s *stack) outputs() map[string]string {
	return map[string]string{
		"SynthesizeSecretArn": synthesizeARN, "SynthesizeUrl": s.env["SYNTHESIZE_URL"],
		"FetchConfigurationsFunction": "fetch", "LedgerTableName": "ledger", "Mode": s.env["MODE"],
		"AccountsQueueUrl": s.cloud.QueueURL("accounts.fifo"), "AccountsDeadLettersUrl": s.cloud.QueueURL("accounts-dead.fifo"),
		"UsageQueueUrl": s.cloud.QueueURL("usage.fifo"), "UsageDeadLettersUrl": s.cloud.QueueURL("usage-dead.fifo"),
		"FailedRunsUrl": s.cloud.QueueURL("failed-runs"), "FailedSchedulesUrl": s.cloud.QueueURL("failed-schedules"),
	}
}

// answer is what a command came to.
type answer struct {
	code   int
	stdout string
	stderr string
}

// command prepares the operator's tool, as a process of its own, with this account's credentials.
func (s *stack) command(line string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	s.t.Helper()
	if s.operator == "" {
		s.operator = lambdatest.Build(s.t, "../cmd/synthsync")
		s.cloud.SetStack("prod", s.outputs())
		s.cloud.SetFunction("fetch", func(payload []byte) ([]byte, string) {
			r := s.invoke(payload)
			if r.Error != nil {
				return []byte(object(map[string]string{"errorMessage": r.Error.Message, "errorType": r.Error.Type})), "Unhandled"
			}
			return r.Payload, ""
		})
	}
	cmd := exec.CommandContext(s.t.Context(), s.operator, strings.Fields(line)...)
	cmd.Env = []string{"HOME=" + s.t.TempDir(), "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true"}
	for name, value := range s.cloud.Environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, &stdout, &stderr
}

// types runs a command while the queues deliver.
func (s *stack) types(line string) answer {
	s.t.Helper()
	cmd, stdout, stderr := s.command(line)
	return s.whileDelivering(cmd, stdout, stderr)
}

func (s *stack) whileDelivering(cmd *exec.Cmd, stdout, stderr *bytes.Buffer) answer {
	s.t.Helper()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				s.t.Fatal(err)
			}
			return answer{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
		case <-poll.C:
			s.deliver()
		}
	}
}

func (s *stack) mustType(line string, code int, says ...string) answer {
	s.t.Helper()
	a := s.types(line)
	if a.code != code {
		s.t.Fatalf("synthsync %s: exit %d, want %d\n%s%s", line, a.code, code, a.stdout, a.stderr)
	}
	for _, text := range says {
		if !strings.Contains(a.stdout+a.stderr, text) {
			s.t.Errorf("synthsync %s does not say %q:\n%s%s", line, text, a.stdout, a.stderr)
		}
	}
	return a
}

func TestOperator_OnAStack_TheSameCommandsAsOnOneMachine(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.mustType("report --stack prod", 1, "no run yet", "synthsync run --stack prod")
	s.mustType("plan --stack prod", 0, "planned, nothing was sent", "Managed Workstations")
	if n := s.sim.Writes(); n != 0 {
		t.Fatalf("a plan sent %d writing requests", n)
	}
	s.mustType("run --stack prod --patience 20s", 0, "10 not mapped")
	s.sim.MapAll()
	s.mustType("run --stack prod", 0, "10 posted")
	s.truth()
	s.mustType("plan --stack prod", 0, "No count differs")
	s.mustType("report --stack prod", 0, "done", "Managed Servers", "10 posted")
	s.mustType("check --stack prod", 0, "Nothing needs a hand", "mode post")

	s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
	s.mustType("run --stack prod", 3, "HELD")
	s.mustType("check --stack prod", 1, "would be held", "last run was held")
	a := s.mustType("run --stack prod --force --json", 0)
	var result struct {
		State string
		Usage struct{ Posted int }
	}
	if err := json.Unmarshal([]byte(a.stdout), &result); err != nil || result.State != "done" || result.Usage.Posted != 3 {
		t.Errorf("%+v %v\n%s", result, err, a.stdout)
	}
	s.truth()
	s.noSecrets(a.stdout, a.stderr)
}

func TestOperator_OnAStack_WhatIsSetUpWrong_IsNamed(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.mustType("report --stack test", 2, `no stack "test" in region eu-central-1`)
	s.mustType("run --stack prod --env-file x", 2, "--env-file", "Secrets Manager")
	s.mustType("run --stack prod --services x", 2, "--services", "parameter Services")
	s.mustType("run --stack prod --accept-tenant", 2, "--accept-tenant")
	s.mustType("run --stack prod --ledger x", 2, "--ledger", "--stack")
	s.mustType("dead-letters replay --stack prod --rate 0", 2, "--rate 0")
	s.mustType("dead-letters discard --stack prod", 2, "--id")
	for without, says := range map[string]string{"AWS_REGION": "no AWS region", "AWS_ACCESS_KEY_ID": "no AWS credentials"} {
		cmd, _, stderr := s.command("report --stack prod")
		for i, e := range cmd.Env {
			if strings.HasPrefix(e, without+"=") {
				cmd.Env[i] = without + "="
			}
		}
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(stderr.String(), says) {
			t.Errorf("without %s: %v, %s", without, err, stderr)
		}
	}
	s.cloud.SetStack("other", map[string]string{"Bucket": "x"})
	s.mustType("report --stack other", 2, "not a stack of synthsync")

	s.secrets("wrong", synthesizetest.DefaultPartnerKey, "v2")
	s.mustType("run --stack prod", 1, "refused")
}

func TestOperator_OnAStack_DeadLetters_FromTheOutageToTheReplay(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"MAX_RECEIVE_COUNT": "1"})
	s.run()
	s.sim.MapAll()
	s.run()
	s.retire(1, func(i autotasktest.Item) bool { return i.Company == 2 && i.Type == 1 })
	s.retire(1, func(i autotasktest.Item) bool { return i.Company == 3 && i.Type == 1 })
	s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
	s.mustType("run --stack prod --patience 3s", 1, "2 counts are not delivered yet", "dead-letters list --stack prod")
	s.mustType("check --stack prod", 1, "2 dead letters of usage")
	a := s.mustType("dead-letters list --stack prod", 0, "Bad Request", "Managed Workstations 4 -> 3", "posts: 2")
	if !strings.Contains(a.stdout, "Company 3") {
		t.Errorf("the company is not named:\n%s", a.stdout)
	}

	s.sim.ClearFaults()
	s.retire(1, func(i autotasktest.Item) bool { return i.Company == 3 && i.Type == 1 })
	s.mustType("run --stack prod", 0, "4 posted")
	s.truth()
	s.mustType("dead-letters replay --stack prod --dry-run", 0, "superseded: 2")
	writes := s.sim.Writes()
	s.mustType("dead-letters replay --stack prod", 0, "2 letters are on their queues again", "one by one, since")
	s.deliver()
	if n := s.sim.Writes(); n != writes {
		t.Errorf("the replay of superseded letters sent %d writing requests", n-writes)
	}
	s.truth()
	s.mustType("dead-letters list --stack prod", 0, "No dead letters")
}

func TestOperator_OnAStack_RulesInS3_AreReadByTheNextRun(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"SERVICES": "s3://rules/services.yaml"})
	file := t.TempDir() + "/rules.yaml"
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.mustType("run --stack prod", 2, "s3://rules/services.yaml", "NoSuchKey")
	if s.sim.Writes() != 0 {
		t.Error("something was told without rules")
	}
	write("- service: Devices\n  types: [Desktop, Servers, oops: 1]\n")
	s.mustType("rules put "+file+" s3://rules/services.yaml", 2, "rules.yaml")
	write("- service: Devices\n  types: [Desktop, Server]\n")
	s.mustType("rules check "+file, 0, "Devices", "Desktop, Server")
	s.mustType("rules put "+file, 2, "--stack NAME")
	s.mustType("rules put "+file+" --stack prod", 2, "ServicesObject=s3://bucket/key")
	s.mustType("rules put "+file+" https://x", 2, "s3://bucket/key")
	s.mustType("rules put "+file+" s3://rules/services.yaml", 0, "Stored as s3://rules/services.yaml")
	s.mustType("run --stack prod --patience 20s", 0, "Devices", "30")
	s.sim.MapAll()
	s.run()
	if got := s.sim.Counts()[synthesizetest.Pair{AccountID: "1", Service: "Devices"}]; got != "6" {
		t.Errorf("Synthesize holds %q devices of company 1", got)
	}
}

// A thousand dead letters, a third of them overtaken by a newer run; the tool is killed three times on the way.
func TestOperator_OnAStack_ReplayOfAThousand_KilledThreeTimes(t *testing.T) {
	t.Parallel()
	const companies = 1000
	s := deploy(t, map[string]string{"MAX_RECEIVE_COUNT": "1", "SYNTHESIZE_RATE": "5000"})
	s.sim.Switch(func(w *synthesizetest.Switches) { w.RateLimit = -1 })
	for c := int64(6); c <= companies; c++ {
		s.tenant.SetCompany(autotasktest.Company{ID: c, Name: "Company " + strconv.FormatInt(c, 10)})
		s.tenant.AddItem(autotasktest.Item{ID: 10_000 + c, Company: c, Type: 1})
	}
	s.run() // makes the accounts; they are not mapped
	s.sim.MapAll()
	refuse := func(where func(id int64) bool) {
		s.sim.ClearFaults()
		s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Match: func(r synthesizetest.RequestInfo) bool {
			id, _ := strconv.ParseInt(r.AccountID, 10, 64)
			return r.Operation == synthesizetest.PostCount && where(id)
		}})
	}
	refuse(func(int64) bool { return true })
	s.run()
	third := func(id int64) bool { return id%3 == 0 }
	// The letters of two thirds are deleted, and made anew by a run that a third of the companies hear of.
	line := "dead-letters discard --stack prod --yes"
	for _, l := range s.letters(companies) {
		if id, _ := strconv.ParseInt(l.Company, 10, 64); !third(id) {
			line += " --id " + l.ID
		}
	}
	for try := 0; len(s.cloud.Letters("usage-dead.fifo")) > companies/3; try++ {
		if try == 10 {
			t.Fatalf("%d letters stay", len(s.cloud.Letters("usage-dead.fifo")))
		}
		s.mustType(line, 0, "letters deleted")
		s.cloud.Elapse(3 * time.Minute)
	}
	refuse(func(id int64) bool { return !third(id) })
	for c := int64(6); c <= companies; c++ {
		s.tenant.AddItem(autotasktest.Item{ID: 20_000 + c, Company: c, Type: 1})
	}
	s.run()
	s.sim.ClearFaults()
	if n := len(s.cloud.Letters("usage-dead.fifo")); n != companies {
		t.Fatalf("%d dead letters, want %d", n, companies)
	}
	verdicts := map[string]int{}
	for _, l := range s.letters(companies) {
		verdicts[l.Verdict.Outcome]++
	}
	if verdicts["posts"] != companies-companies/3 || verdicts["superseded"] != companies/3 {
		t.Errorf("verdicts: %v", verdicts)
	}
	older := maps.Clone(s.sim.Counts())

	for _, after := range []int64{7, 211, 500} {
		s.killReplay(after)
		s.cloud.Elapse(3 * time.Minute) // what the killed one held shows again
	}
	for code := 1; code != 0 && !t.Failed(); {
		code = s.types("dead-letters replay --stack prod --rate 500").code // 1: an answer was lost, its letters show again
		s.cloud.Elapse(3 * time.Minute)
	}
	s.deliver()
	if n := len(s.cloud.Letters("usage-dead.fifo")) + s.cloud.Queue("usage.fifo").Len(); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	held := s.sim.Counts()
	for company, types := range s.tenant.ActiveItems() {
		pair := synthesizetest.Pair{AccountID: strconv.FormatInt(company, 10), Service: "Managed Workstations"}
		if got, want := held[pair].String(), strconv.FormatInt(types[1], 10); got != want {
			t.Errorf("%+v: Synthesize holds %q, the devices are %s", pair, got, want)
		}
	}
	for pair, units := range s.sim.Counts() {
		if id, _ := strconv.ParseInt(pair.AccountID, 10, 64); third(id) && units != older[pair] {
			t.Errorf("%+v: %s stood there from a newer run, now %s", pair, older[pair], units)
		}
	}
}

type listed struct {
	ID, Company string
	Verdict     struct{ Outcome string }
}

// letters lists what lies with the dead letters. On a busy machine the answer to a call may be lost (the SDK then asks
// again), and its letters show a little later: several looks together see all.
func (s *stack) letters(want int) []listed {
	s.t.Helper()
	seen := map[string]listed{}
	for range 20 {
		a := s.mustType("dead-letters list --stack prod --json", 0)
		var listing struct{ Letters []listed }
		if err := json.Unmarshal([]byte(a.stdout), &listing); err != nil {
			s.t.Fatal(err)
		}
		for _, l := range listing.Letters {
			seen[l.ID] = l
		}
		if len(seen) >= want {
			return slices.Collect(maps.Values(seen))
		}
		s.cloud.Elapse(3 * time.Minute)
	}
	s.t.Fatalf("%d letters seen, want %d", len(seen), want)
	return nil
}

// killReplay kills the tool when it has sent so many letters.
func (s *stack) killReplay(after int64) {
	s.t.Helper()
	cmd, _, stderr := s.command("dead-letters replay --stack prod --rate 500")
	var sent atomic.Int64
	kill := make(chan struct{})
	s.cloud.After(func(operation string) error {
		if operation == "SendMessage" && sent.Add(1) == after {
			close(kill)
			return errors.New("the answer does not arrive")
		}
		return nil
	})
	defer s.cloud.After(nil)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		<-kill
		_ = cmd.Process.Kill()
	}()
	if err := cmd.Wait(); err == nil {
		s.t.Fatalf("the replay was not killed: %s", stderr)
	}
	s.deliver()
}
