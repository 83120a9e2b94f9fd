package functions_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// cause is what puts an alarm into the state ALARM.
type cause struct {
	what string
	// from says where the data points come from: emitted by the functions' executables ("printed"), or what AWS says of a
	// part that stands in for it here: the attributes of the local SQS ("queue"), the results of the invocations over the
	// local Runtime API ("invocation").
	from   string
	change map[string]string // of the settings
	bring  func(s *stack)
	later  time.Duration // in which nothing more happens
}

// settled is a stack whose first counts have been told.
func settled(s *stack) {
	s.run()
	s.sim.MapAll()
	s.run()
}

// started is a process of a function that was deployed with a setting missing.
func (s *stack) started(pkg string) *lambdatest.Function {
	env := maps.Clone(s.env)
	delete(env, "LEDGER_TABLE")
	return lambdatest.Start(s.t, lambdatest.Build(s.t, pkg), env)
}

// shutOut has Autotask refuse the login that it accepted before.
func (s *stack) shutOut() {
	c := autotasktest.DefaultCredentials
	c.Secret = "another"
	s.tenant.SetCredentials(c)
}

// nightly lets the schedule fire, whatever comes of it.
func (s *stack) nightly() { s.invoke(lambdatest.SchedulerEvent("nightly", time.Now())) }

// noMoreRoom begins a run and uses up the account's concurrency before its messages are worked.
func noMoreRoom(s *stack) {
	s.nightly()
	s.service.full = true
	s.deliver()
}

var causes = map[string][]cause{
	"NoGoodRunAlarm": {
		{what: "the schedule is switched off", from: "printed", bring: settled, later: 27 * time.Hour},
		{what: "no run ever", from: "printed", bring: func(*stack) {}},
		{what: "runs that are all held", from: "printed", later: 27 * time.Hour, bring: func(s *stack) {
			settled(s)
			s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
			s.nightly()
		}},
	},
	"RunHeldAlarm": {{what: "most desktops gone", from: "printed", later: 9 * time.Hour, bring: func(s *stack) {
		settled(s)
		s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
		s.nightly()
	}}},
	"RunFailedAlarm": {
		{what: "rules that fit no type", from: "printed", change: map[string]string{"SERVICES": "- service: Toasters\n  types: [Toaster]\n"},
			bring: (*stack).nightly, later: 9 * time.Hour},
		{what: "rules in S3 that are not there", from: "printed", change: map[string]string{"SERVICES": "s3://rules/none.yaml"}, bring: (*stack).nightly},
	},
	"MappingLostAlarm": {{what: "an account unmapped at Synthesize", from: "printed", later: 20 * time.Hour, bring: func(s *stack) {
		settled(s)
		s.unmap("3")
		s.retire(1, func(i autotasktest.Item) bool { return i.Company == 3 && i.Type == 1 })
		s.run()
	}}},
	"RefusedLoginAlarm": {
		{what: "Autotask's secret is wrong", from: "printed", bring: func(s *stack) {
			s.shutOut()
			s.nightly()
		}},
		{what: "Synthesize's key is wrong for sync-accounts", from: "printed", bring: func(s *stack) {
			s.secrets(autotasktest.DefaultCredentials.Secret, "wrong", "v2")
			s.nightly()
			s.drain(queues["AccountsQueue"], s.account)
		}},
		{what: "Synthesize's key becomes wrong for sync-usage", from: "printed", bring: func(s *stack) {
			s.nightly()
			s.drain(queues["AccountsQueue"], s.account)
			s.sim.RotatePartnerKey("another")
			s.drain(queues["UsageQueue"], s.usage)
		}},
		{what: "Synthesize no longer knows the vendor", from: "printed", bring: func(s *stack) {
			s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.VendorNotFound, Times: -1})
			s.nightly()
			s.drain(queues["AccountsQueue"], s.account)
		}},
	},
	"BudgetNearlyUsedAlarm": {{what: "other integrations use most of the hour", from: "printed", bring: func(s *stack) {
		s.tenant.Switch(func(w *autotasktest.Switches) { w.HourLimit, w.OthersUsed = 10_000, 7_995 })
		s.nightly()
	}}},
	"NeedsHandAlarm": {
		{what: "devices of a type that no rule names", from: "printed", bring: func(s *stack) {
			s.printers()
			s.nightly()
		}},
		{what: "such devices, first seen by a run that cannot queue", from: "printed", bring: func(s *stack) {
			s.printers()
			s.cloud.Before(func(operation string) error {
				if operation == "SendMessageBatch" {
					return errors.New("the queue is not to be had")
				}
				return nil
			})
			s.nightly()
			s.cloud.Before(nil)
			s.nightly()
		}},
	},
	"UsageDeadLettersAlarm": {{what: "Synthesize refuses a company's counts", from: "queue", bring: func(s *stack) {
		s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount, AccountID: "2"}})
		s.run()
	}}},
	"AccountsDeadLettersAlarm": {{what: "Synthesize refuses every account", from: "queue", bring: func(s *stack) {
		s.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostAccounts}})
		s.run()
		s.deliver()
	}}},
	"UsageOldestMessageAlarm": {{what: "the login is refused, and the counts wait", from: "queue", later: 61 * time.Minute, bring: func(s *stack) {
		s.nightly()
		s.drain(queues["AccountsQueue"], s.account)
		s.sim.RotatePartnerKey("another")
		s.drain(queues["UsageQueue"], s.usage)
	}}},
	"AccountsOldestMessageAlarm": {{what: "the login is refused, and the accounts wait", from: "queue", later: 61 * time.Minute, bring: func(s *stack) {
		s.sim.RotatePartnerKey("another")
		s.nightly()
		s.drain(queues["AccountsQueue"], s.account)
	}}},
	"FailedRunsAlarm": {{what: "a run fails, and its retries", from: "queue", bring: func(s *stack) {
		s.shutOut()
		s.asynchronously(lambdatest.SchedulerEvent("nightly", time.Now()))
	}}},
	// The Scheduler is AWS's alone: it puts what it could not start into this queue, as the template asks it to.
	"FailedSchedulesAlarm": {{what: "the schedule may not invoke the function", from: "queue", bring: func(s *stack) {
		s.cloud.Bury(queues["FailedSchedules"], awstest.Letter{Body: string(lambdatest.SchedulerEvent("nightly", time.Now()))})
	}}},
	"FetchConfigurationsErrorsAlarm": {
		{what: "a wrong secret", from: "invocation", bring: func(s *stack) {
			s.shutOut()
			s.nightly()
		}},
		{what: "a setting is missing", from: "invocation", bring: func(s *stack) {
			s.fetch = s.started("./fetch-configurations")
			s.nightly()
		}},
	},
	"SyncAccountsErrorsAlarm": {{what: "a setting is missing", from: "invocation", bring: func(s *stack) {
		s.nightly()
		s.account = s.started("./sync-accounts")
		s.deliver()
	}}},
	"SyncUsageErrorsAlarm": {{what: "a setting is missing", from: "invocation", bring: func(s *stack) {
		s.nightly()
		s.usage = s.started("./sync-usage")
		s.deliver()
	}}},
	"FetchConfigurationsThrottlesAlarm": {{what: "no concurrency left", from: "invocation", bring: func(s *stack) {
		s.service.full = true
		s.nightly()
	}}},
	"SyncAccountsThrottlesAlarm": {{what: "no concurrency left", from: "invocation", bring: noMoreRoom}},
	"SyncUsageThrottlesAlarm":    {{what: "no concurrency left", from: "invocation", bring: noMoreRoom}},
}

// printers are devices of a type that no rule names.
func (s *stack) printers() {
	s.tenant.SetType(autotasktest.Type{ID: 8, Name: "Printer"})
	s.tenant.AddItem(autotasktest.Item{Company: 1, Type: 8})
}

func (s *stack) unmap(id string) {
	s.t.Helper()
	if err := s.sim.UnmapAccount(id); err != nil {
		s.t.Fatal(err)
	}
}

func TestAlarms_EachHasACause_AndNoneWithoutAnAlarm(t *testing.T) {
	alarms := alarmsOf(t, readTemplate(t))
	have, want := slices.Sorted(maps.Keys(causes)), slices.Sorted(maps.Keys(alarms))
	if !slices.Equal(have, want) {
		t.Errorf("causes of %v\nthe template has %v", have, want)
	}
	from := map[string]string{"synthsync": "printed", "AWS/SQS": "queue", "AWS/Lambda": "invocation"}
	for id, list := range causes {
		for _, c := range list {
			if c.from != from[alarms[id].namespace] {
				t.Errorf("%s: %s: its points are from %s, and it reads %s", id, c.what, c.from, alarms[id].namespace)
			}
		}
	}
}

func TestAlarms_FireOnTheirCause(t *testing.T) {
	alarms := alarmsOf(t, readTemplate(t))
	for id, list := range causes {
		for _, c := range list {
			t.Run(id+"/"+strings.ReplaceAll(c.what, " ", "_"), func(t *testing.T) {
				t.Parallel()
				s := deploy(t, c.change)
				c.bring(s)
				if got := alarms[id].state(s.points(c.later), time.Now().Add(c.later)); got != inAlarm {
					t.Errorf("%s is %s after: %s\n%s", id, got, c.what, s.logs())
				}
				s.noSecrets()
			})
		}
	}
}

func TestAlarms_AreQuietInHealthyNights(t *testing.T) {
	t.Parallel()
	s := deploy(t, map[string]string{"LOG_LEVEL": "ERROR"}) // metrics are no log lines: the level is not theirs
	s.run()                                                 // nothing is mapped yet, which is no fault
	s.sim.MapAll()
	s.run()
	s.retire(1, func(i autotasktest.Item) bool { return i.Company == 2 })
	s.run()
	s.truth()
	for id, a := range alarmsOf(t, readTemplate(t)) {
		for _, later := range []time.Duration{0, 6 * time.Hour, 25 * time.Hour} {
			if id == "NeedsHandAlarm" && later == 0 {
				continue // the accounts that nobody had mapped when they were new
			}
			if got := a.state(s.points(later), time.Now().Add(later)); got == inAlarm {
				t.Errorf("%s is %s %s after a healthy night", id, got, later)
			}
		}
	}
}

// earlier moves data points back in time, as though they had come so much earlier.
func earlier(points []point, by time.Duration) []point {
	for i := range points {
		points[i].at = points[i].at.Add(-by)
	}
	return points
}

func TestAlarms_HeldAndFailed_HoldUntilARunPasses(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	settled(s)
	s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
	s.nightly()
	s.shutOut()
	s.nightly()
	before := earlier(s.points(0), time.Hour)
	printed := len(s.fetch.Log())
	alarms := alarmsOf(t, readTemplate(t))
	if got := alarms["RunFailedAlarm"].state(before, time.Now()); got != inAlarm {
		t.Errorf("an hour after the failed run: %s", got)
	}
	s.tenant.SetCredentials(autotasktest.DefaultCredentials)
	if result := s.result(s.invoke([]byte(`{"force": true}`))); result.State != "done" {
		t.Fatalf("%+v", result)
	}
	after := append(before, emitted(t, s.fetch.Log()[printed:])...)
	for _, id := range []string{"RunHeldAlarm", "RunFailedAlarm"} {
		if got := alarms[id].state(after, time.Now()); got != ok {
			t.Errorf("%s is %s after a forced run", id, got)
		}
	}
}

func TestAlarms_EachIsExplainedByItsSectionOfTheRunbook(t *testing.T) {
	runbook, err := os.ReadFile("../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	for id, r := range readTemplate(t).Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		description, _ := r.Properties["AlarmDescription"].(string)
		if !strings.HasSuffix(description, "Runbook: docs/runbook.md, "+id+".") {
			t.Errorf("%s does not name its section: %s", id, description)
		}
		for _, actions := range []string{"AlarmActions", "OKActions"} {
			if list, _ := r.Properties[actions].([]any); len(list) != 1 || list[0] != "${AlarmTopic}" {
				t.Errorf("%s: %s are %v", id, actions, list)
			}
		}
		_, section, found := strings.Cut(string(runbook), "\n## `"+id+"`")
		section, _, _ = strings.Cut(section, "\n## ")
		if !found {
			t.Errorf("the runbook has no section %s", id)
		}
		for _, part := range []string{"**Bill.**", "**Look.**", "**Do.**", "**Do not**"} {
			if !strings.Contains(section, part) {
				t.Errorf("the runbook's section %s lacks %s", id, part)
			}
		}
	}
}
