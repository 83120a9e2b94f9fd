//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/google/go-cmp/cmp"
)

// expected is what the parameters that a stack was deployed with lead to.
type expected struct {
	workerTimeout, fetchTimeout int32
	maxReceiveCount             string
	expression                  string
	flexibleMinutes             int32
	usageConcurrency            int32
	mode                        string
}

// deployed asserts what a deployed stack consists of: what typing errors, and emulators, lose in silence.
func (s *stack) deployed(t *testing.T, want expected) {
	t.Run("queues", func(t *testing.T) { s.deployedQueues(t, want) })
	t.Run("event source mappings", func(t *testing.T) { s.deployedMappings(t, want) })
	t.Run("functions", func(t *testing.T) { s.deployedFunctions(t, want) })
	t.Run("schedule", func(t *testing.T) { s.deployedSchedule(t, want) })
	t.Run("ledger table", s.deployedTable)
	t.Run("logs", s.deployedLogs)
}

func (s *stack) deployedQueues(t *testing.T, want expected) {
	for source, function := range map[string]string{"AccountsQueue": "SyncAccounts", "UsageQueue": "SyncUsage"} {
		letters := strings.TrimSuffix(source, "Queue") + "DeadLetters"
		own := s.attributes(t, s.resource(t, source))
		dead := s.attributes(t, s.resource(t, letters))
		var redrive struct {
			Target string          `json:"deadLetterTargetArn"`
			Count  json.RawMessage `json:"maxReceiveCount"` // a number at AWS, a text in the emulator
		}
		if err := json.Unmarshal([]byte(own["RedrivePolicy"]), &redrive); err != nil {
			t.Errorf("%s: redrive policy %q: %v", source, own["RedrivePolicy"], err)
		}
		if redrive.Target != dead["QueueArn"] || strings.Trim(string(redrive.Count), `"`) != want.maxReceiveCount {
			t.Errorf("%s: messages go to %s after %s receives, want %s after %s", source, redrive.Target, redrive.Count, dead["QueueArn"], want.maxReceiveCount)
		}
		for name, q := range map[string]map[string]string{source: own, letters: dead} {
			// Of two runs, equal counts are two messages, and a replayed one is never swallowed.
			if q["FifoQueue"] != "true" || q["ContentBasedDeduplication"] != "false" {
				t.Errorf("%s: FIFO %q, deduplication by content %q", name, q["FifoQueue"], q["ContentBasedDeduplication"])
			}
			if q["SqsManagedSseEnabled"] != "true" {
				t.Errorf("%s is not encrypted", name)
			}
		}
		if hidden, least := number(t, own["VisibilityTimeout"]), 6*int(s.configuration(t, function).timeout); hidden < least {
			t.Errorf("%s: hidden for %d s, want six times the function's time-out, %d s", source, hidden, least)
		}
		if kept, source := number(t, dead["MessageRetentionPeriod"]), number(t, own["MessageRetentionPeriod"]); kept <= source {
			t.Errorf("%s keeps letters for %d s; a message may be %d s old when it comes", letters, kept, source)
		}
	}
	for _, name := range []string{"FailedRuns", "FailedSchedules"} {
		q := s.attributes(t, s.resource(t, name))
		if q["SqsManagedSseEnabled"] != "true" || number(t, q["MessageRetentionPeriod"]) < 14*24*3600 {
			t.Errorf("%s: encrypted %q, kept for %s s", name, q["SqsManagedSseEnabled"], q["MessageRetentionPeriod"])
		}
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Errorf("not a number: %q", text)
	}
	return n
}

func (s *stack) deployedMappings(t *testing.T, want expected) {
	for function, queue := range map[string]string{"SyncAccounts": "AccountsQueue", "SyncUsage": "UsageQueue"} {
		arn := s.attributes(t, s.resource(t, queue))["QueueArn"]
		out, err := s.functions.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.EventSourceMappings) != 1 {
			t.Fatalf("%d functions read %s", len(out.EventSourceMappings), arn)
		}
		m := out.EventSourceMappings[0]
		if name := path.Base(strings.ReplaceAll(aws.ToString(m.FunctionArn), ":", "/")); name != s.resource(t, function) {
			t.Errorf("%s is read by %s", queue, name)
		}
		if len(m.FunctionResponseTypes) != 1 || m.FunctionResponseTypes[0] != "ReportBatchItemFailures" {
			t.Errorf("%s: without ReportBatchItemFailures (%v), one failure returns the whole batch, and a reported one deletes it", function, m.FunctionResponseTypes)
		}
		concurrency := int32(2)
		if function == "SyncUsage" {
			concurrency = want.usageConcurrency
		}
		if aws.ToInt32(m.BatchSize) != 10 || m.ScalingConfig == nil || aws.ToInt32(m.ScalingConfig.MaximumConcurrency) != concurrency {
			t.Errorf("%s: batches of %d, scaling %+v, want 10 and %d", function, aws.ToInt32(m.BatchSize), m.ScalingConfig, concurrency)
		}
	}
}

// configuration is what matters of a function.
type configuration struct {
	timeout      int32
	runtime      string
	architecture string
	environment  map[string]string
}

func (s *stack) configuration(t *testing.T, logicalID string) configuration {
	t.Helper()
	out, err := s.functions.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.resource(t, logicalID))})
	if err != nil {
		t.Fatal(err)
	}
	c := configuration{timeout: aws.ToInt32(out.Timeout), runtime: string(out.Runtime), environment: map[string]string{}}
	if len(out.Architectures) == 1 {
		c.architecture = string(out.Architectures[0])
	}
	if out.Environment != nil {
		c.environment = out.Environment.Variables
	}
	return c
}

func (s *stack) deployedFunctions(t *testing.T, want expected) {
	for function, timeout := range map[string]int32{"FetchConfigurations": want.fetchTimeout, "SyncAccounts": want.workerTimeout, "SyncUsage": want.workerTimeout} {
		got := s.configuration(t, function)
		mode := got.environment["MODE"]
		got.environment = nil
		if diff := cmp.Diff(configuration{timeout, "provided.al2023", s.architecture, nil}, got, cmp.AllowUnexported(configuration{})); diff != "" || mode != want.mode {
			t.Errorf("%s: mode %s, want %s\n%s", function, mode, want.mode, diff)
		}
	}
	out, err := s.functions.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: aws.String(s.resource(t, "FetchConfigurations")), Qualifier: aws.String("$LATEST"),
	})
	if err != nil {
		t.Fatal(err)
	}
	failed := s.attributes(t, s.resource(t, "FailedRuns"))["QueueArn"]
	if aws.ToInt32(out.MaximumRetryAttempts) != 2 || aws.ToInt32(out.MaximumEventAgeInSeconds) != 3600 ||
		out.DestinationConfig == nil || out.DestinationConfig.OnFailure == nil || aws.ToString(out.DestinationConfig.OnFailure.Destination) != failed {
		t.Errorf("a run that failed: %+v, want 2 retries within an hour and then %s", out, failed)
	}
}

func (s *stack) deployedSchedule(t *testing.T, want expected) {
	out, err := s.schedules.GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: aws.String(s.resource(t, "FetchConfigurationsNightly"))})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(out.ScheduleExpression); got != want.expression || aws.ToString(out.ScheduleExpressionTimezone) != "UTC" {
		t.Errorf("%s in %s, want %s in UTC", got, aws.ToString(out.ScheduleExpressionTimezone), want.expression)
	}
	if got := aws.ToInt32(out.FlexibleTimeWindow.MaximumWindowInMinutes); got != want.flexibleMinutes {
		t.Errorf("a window of %d minutes, want %d", got, want.flexibleMinutes)
	}
	if retry := out.Target.RetryPolicy; retry == nil || aws.ToInt32(retry.MaximumRetryAttempts) != 10 || aws.ToInt32(retry.MaximumEventAgeInSeconds) != 3600 {
		t.Errorf("retries %+v, want 10 within an hour", retry)
	}
	letters := s.attributes(t, s.resource(t, "FailedSchedules"))["QueueArn"]
	if out.Target.DeadLetterConfig == nil || aws.ToString(out.Target.DeadLetterConfig.Arn) != letters {
		t.Errorf("dead letters %+v, want %s", out.Target.DeadLetterConfig, letters)
	}
}

func (s *stack) deployedTable(t *testing.T) {
	name := s.resource(t, "LedgerTable")
	out, err := s.tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if !aws.ToBool(out.Table.DeletionProtectionEnabled) || out.Table.BillingModeSummary == nil || out.Table.BillingModeSummary.BillingMode != dynamodbtypes.BillingModePayPerRequest {
		t.Errorf("protected %v, billing %+v", aws.ToBool(out.Table.DeletionProtectionEnabled), out.Table.BillingModeSummary)
	}
	// MiniStack 1.5.33 does not carry expiry and point-in-time recovery over from CloudFormation: what is
	// asserted is the template that was deployed.
	var template struct {
		Resources map[string]struct {
			DeletionPolicy      string
			UpdateReplacePolicy string
			Properties          map[string]json.RawMessage
		}
	}
	body, err := s.formation.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: &s.name, TemplateStage: types.TemplateStageProcessed})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(body.TemplateBody)), &template); err != nil {
		t.Fatal(err)
	}
	table := template.Resources["LedgerTable"]
	if table.DeletionPolicy != "Retain" || table.UpdateReplacePolicy != "Retain" {
		t.Errorf("deleting the stack: %s, replacing the table: %s; want Retain", table.DeletionPolicy, table.UpdateReplacePolicy)
	}
	for property, want := range map[string]map[string]any{
		"TimeToLiveSpecification":          {"AttributeName": "ttl", "Enabled": true},
		"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
	} {
		var got map[string]any
		if err := json.Unmarshal(table.Properties[property], &got); err != nil || !maps.Equal(got, want) {
			t.Errorf("%s is %s, want %v", property, table.Properties[property], want)
		}
	}
}

func (s *stack) deployedLogs(t *testing.T) {
	prefix := "/aws/lambda/" + s.name + "/"
	out, err := s.logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range out.LogGroups {
		names = append(names, strings.TrimPrefix(aws.ToString(g.LogGroupName), prefix))
		if aws.ToInt32(g.RetentionInDays) != 90 {
			t.Errorf("%s is kept for %d days, want 90", aws.ToString(g.LogGroupName), aws.ToInt32(g.RetentionInDays))
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"fetch-configurations", "sync-accounts", "sync-usage"}) {
		t.Errorf("log groups %v", names)
	}
}
