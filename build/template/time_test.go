package template_test

import (
	"regexp"
	"strings"
	"time"
)

// synthesizeLimit is how many requests a second Synthesize takes from all of ours together.
const synthesizeLimit = 100

func nothingIsReserved(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		if st.property(id, "ReservedConcurrentExecutions") != nil {
			report(id, "reserves concurrency: pollers are throttled after they took a message, which burns its receives")
		}
		if st.property(id, "ProvisionedConcurrencyConfig") != nil {
			report(id, "pays for waiting")
		}
	}
}

func timesFit(s *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		timeout := seconds(st.property(id, "Timeout"))
		if timeout > 15*time.Minute || timeout <= 0 {
			report(id, "may run %v, Lambda allows 15m", timeout)
		}
		life := s.source.durations["usage.lives"]
		if st.folder(id) == "fetch-configurations" {
			life = s.source.durations["fetch.lease"]
		}
		if life <= timeout {
			report(id, "may run %v, and its program takes it for dead after %v", timeout, life)
		}
	}
}

// scheduleForm is how EventBridge Scheduler spells when: a rate, or a cron with minutes, hours, day of month, month, day
// of week and year.
var scheduleForm = regexp.MustCompile(`^(rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)|cron\([^() ]+( [^() ]+){5}\))$`)

// validSchedule says whether Scheduler takes an expression: of the two days of a cron, one must be "?".
func validSchedule(expression string) bool {
	if !scheduleForm.MatchString(expression) {
		return false
	}
	inner, cron := strings.CutPrefix(expression, "cron(")
	fields := strings.Fields(strings.TrimSuffix(inner, ")"))
	return !cron || (fields[2] == "?") != (fields[4] == "?")
}

func scheduleIsSafe(_ *subject, st *stack, report report) {
	schedules := 0
	for _, id := range st.ofType(function) {
		events, _ := st.property(id, "Events").(tree)
		for name, e := range events {
			if at(e, "Type") != "ScheduleV2" {
				continue
			}
			schedules++
			where, p := id+"."+name, at(e, "Properties")
			if expression := text(at(p, "ScheduleExpression")); !validSchedule(expression) || expression != text(st.params["Schedule"]) {
				report(where, "%q is no schedule, or not what Schedule says", expression)
			}
			if zone := text(at(p, "ScheduleExpressionTimezone")); zone == "" || zone != text(st.params["TimeZone"]) {
				report(where, "its time zone %q is not what TimeZone says", zone)
			}
			if state := text(at(p, "State")); state != text(st.params["ScheduleState"]) {
				report(where, "its state %q is not what ScheduleState says", state)
			}
			if age := number(at(p, "RetryPolicy", "MaximumEventAgeInSeconds")); age < 60 || age > 3600 {
				report(where, "tries for %vs to start a run: an old start would run into the next one", age)
			}
			dead := named(at(p, "DeadLetterConfig", "Arn"))
			if st.resources[dead]["Type"] != queueType || isTrue(st.property(dead, "FifoQueue")) {
				report(where, "a start that failed is kept nowhere (in a standard queue)")
			}
			if mode := at(p, "FlexibleTimeWindow", "Mode"); mode != "OFF" && mode != "FLEXIBLE" {
				report(where, "does not say whether it starts on the minute")
			}
			if input := text(at(p, "Input")); !strings.Contains(input, `"executionId":"<aws.scheduler.execution-id>"`) ||
				!strings.Contains(input, `"scheduledTime":"<aws.scheduler.scheduled-time>"`) {
				report(where, "does not tell the run which start it is")
			}
		}
	}
	if schedules != 1 {
		report("Resources", "%d schedules start runs, want 1", schedules)
	}
}

func failuresAreKept(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		if len(st.sources(id)) > 0 {
			continue // its queue keeps what failed
		}
		config := st.property(id, "EventInvokeConfig")
		failed := named(at(config, "DestinationConfig", "OnFailure", "Destination"))
		if at(config, "DestinationConfig", "OnFailure", "Type") != "SQS" || st.resources[failed]["Type"] != queueType || isTrue(st.property(failed, "FifoQueue")) {
			report(id, "a run that failed is kept nowhere (in a standard queue)")
		}
		if n := number(at(config, "MaximumRetryAttempts")); n < 0 || n > 2 {
			report(id, "does not say how often a failed run is tried again")
		}
		if age := number(at(config, "MaximumEventAgeInSeconds")); age < 60 || age > 3600 {
			report(id, "a start may wait %vs: it would run into the next one", age)
		}
	}
}

func ratesAddUp(_ *subject, st *stack, report report) {
	sum := 0.0
	for _, id := range st.ofType(function) {
		rate, calls := st.environment(id)["SYNTHESIZE_RATE"]
		if !calls {
			continue
		}
		events, _ := st.property(id, "Events").(tree)
		for name, e := range events {
			processes := number(at(e, "Properties", "ScalingConfig", "MaximumConcurrency"))
			if number(rate) < 1 || processes < 1 {
				report(id+"."+name, "%v requests a second by %v processes is no rate", rate, processes)
			}
			// A process limited to R a second may send R + 1 within one.
			sum += (number(rate) + 1) * processes
		}
	}
	if sum >= synthesizeLimit {
		report("SYNTHESIZE_RATE", "with %s all processes together may send %v requests in a second, want fewer than %d", st.name, sum, synthesizeLimit)
	}
}

// defaults are parameters' values for a person who answers nothing. They are figures that the README, the runbook and
// operators rely on; a change of one is a change of the product.
var defaults = map[string]string{
	"Mode": "observe", "Services": "", "IncludeOwnCompany": "false", "InactiveCompanies": "count", "CompanyTypes": "", "MaxCompanyDropPercent": "0", "AutotaskBudgetPercent": "50", "AutotaskOverBudget": "stop",
	"Schedule": "cron(15 2 * * ? *)", "TimeZone": "UTC", "FlexibleMinutes": "15", "ScheduleState": "ENABLED",
	"MaxDropPercent": "30", "MaxRisePercent": "100", "RefreshAfter": "20h", "AlarmEmail": "",
	"ExpectedRunHours": "26", "OldestMessageSeconds": "3600",
	"AutotaskSecretArn": "", "SynthesizeSecretArn": "", "ExistingLedgerTable": "",
	"Architecture": "arm64", "FetchTimeout": "900", "FetchMemory": "256", "WorkerTimeout": "120", "WorkerMemory": "256",
	"UsageConcurrency": "2", "MaxReceiveCount": "10", "LogLevel": "INFO", "LogRetentionDays": "90",
	"AutotaskUrl": "https://webservices.autotask.net", "SynthesizeUrl": "https://app.usegradient.com",
}

// defaultFigures are what resources get of them.
var defaultFigures = []struct {
	id   string
	path []string
	want string
}{
	{"FetchConfigurations", []string{"Timeout"}, "900"},
	{"FetchConfigurations", []string{"EventInvokeConfig", "MaximumRetryAttempts"}, "2"},
	{"SyncAccounts", []string{"Timeout"}, "120"},
	{"SyncAccounts", []string{"Environment", "Variables", "SYNTHESIZE_RATE"}, "10"},
	{"SyncAccounts", []string{"Events", "Accounts", "Properties", "BatchSize"}, "10"},
	{"SyncAccounts", []string{"Events", "Accounts", "Properties", "ScalingConfig", "MaximumConcurrency"}, "2"},
	{"SyncUsage", []string{"Timeout"}, "120"},
	{"SyncUsage", []string{"Environment", "Variables", "SYNTHESIZE_RATE"}, "36"},
	{"SyncUsage", []string{"Events", "Usage", "Properties", "BatchSize"}, "10"},
	{"SyncUsage", []string{"Events", "Usage", "Properties", "ScalingConfig", "MaximumConcurrency"}, "2"},
	{"AccountsQueue", []string{"VisibilityTimeout"}, "720"},
	{"AccountsQueue", []string{"MessageRetentionPeriod"}, "345600"},
	{"AccountsQueue", []string{"RedrivePolicy", "maxReceiveCount"}, "10"},
	{"UsageQueue", []string{"VisibilityTimeout"}, "720"},
	{"UsageQueue", []string{"MessageRetentionPeriod"}, "345600"},
	{"UsageQueue", []string{"RedrivePolicy", "maxReceiveCount"}, "10"},
	{"AccountsDeadLetters", []string{"MessageRetentionPeriod"}, "1209600"},
	{"UsageDeadLetters", []string{"MessageRetentionPeriod"}, "1209600"},
	{"FailedRuns", []string{"MessageRetentionPeriod"}, "1209600"},
	{"FailedSchedules", []string{"MessageRetentionPeriod"}, "1209600"},
}

func defaultsAreThese(_ *subject, st *stack, report report) {
	if !st.isDefault() {
		return
	}
	for name, want := range defaults {
		if got, ok := st.params[name]; !ok || text(got) != want {
			report("Parameters."+name, "its default is %q, want %q", text(got), want)
		}
	}
	for _, f := range defaultFigures {
		if got := text(st.property(f.id, f.path...)); got != f.want {
			report(f.id, "%s is %q by default, want %s", strings.Join(f.path, "."), got, f.want)
		}
	}
}
