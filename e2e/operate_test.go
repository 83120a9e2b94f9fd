//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
)

// invoke starts a run as a person does, waits for its answer, and returns the end of its log with it.
func (s *stack) invoke(t *testing.T, event string) (fetch.Result, string) {
	t.Helper()
	out, err := s.functions.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(s.outputs["FetchConfigurationsFunction"]), Payload: []byte(event), LogType: types.LogTypeTail,
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil {
		t.Fatalf("the end of the log: %v", err)
	}
	if out.FunctionError != nil {
		t.Fatalf("fetch-configurations: %s: %s\n%s", *out.FunctionError, out.Payload, log)
	}
	var result fetch.Result
	if err := json.Unmarshal(out.Payload, &result); err != nil {
		t.Fatalf("the answer of fetch-configurations, %s: %v", out.Payload, err)
	}
	return result, string(log)
}

// run starts a run that must be done with so many counts due; negative: any.
func (s *stack) run(t *testing.T, due int) fetch.Result {
	t.Helper()
	result, log := s.invoke(t, `{}`)
	if result.State != fetch.StateDone || due >= 0 && result.Due != due {
		t.Fatalf("the run is %s with %d counts due, want done with %d: %s\n%s", result.State, result.Due, due, result.Reason, log)
	}
	return result
}

// queue is the URL of a queue, by its output.
func (s *stack) queue(t *testing.T, output string) *string {
	t.Helper()
	address := s.outputs[output]
	if address == "" {
		t.Fatalf("stack %s has no output %s", s.name, output)
	}
	return &address
}

const (
	accountsQueue       = "AccountsQueueUrl"
	usageQueue          = "UsageQueueUrl"
	accountsDeadLetters = "AccountsDeadLettersUrl"
	usageDeadLetters    = "UsageDeadLettersUrl"
)

// depth is how many messages a queue has, the hidden ones included.
func (s *stack) depth(t *testing.T, output string) int {
	t.Helper()
	attributes := s.attributes(t, *s.queue(t, output))
	sum := 0
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		n, err := strconv.Atoi(attributes[name])
		if err != nil {
			t.Fatalf("%s of %s: %v", name, output, err)
		}
		sum += n
	}
	return sum
}

func (s *stack) attributes(t *testing.T, queueURL string) map[string]string {
	t.Helper()
	out, err := s.queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &queueURL, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatalf("%s: %v", queueURL, err)
	}
	return out.Attributes
}

// quiet waits until both queues are empty.
func (s *stack) quiet(t *testing.T, most time.Duration) {
	t.Helper()
	within(t, most, "the queues are empty", func() error {
		if accounts, usage := s.depth(t, accountsQueue), s.depth(t, usageQueue); accounts+usage > 0 {
			return fmt.Errorf("%d and %d messages", accounts, usage)
		}
		return nil
	})
}

// letters receives what a dead-letter queue has, without deleting it.
func (s *stack) letters(t *testing.T, output string) []sqstypes.Message {
	t.Helper()
	var letters []sqstypes.Message
	for want := s.depth(t, output); len(letters) < want; {
		out, err := s.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: s.queue(t, output), MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			t.Fatalf("%s gives %d of its %d letters", output, len(letters), want)
		}
		letters = append(letters, out.Messages...)
	}
	return letters
}

func (s *stack) discard(t *testing.T, output string, letter sqstypes.Message) {
	t.Helper()
	if _, err := s.queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: s.queue(t, output), ReceiptHandle: letter.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
}

func (s *stack) send(t *testing.T, output, group, deduplication, body string) {
	t.Helper()
	if _, err := s.queues.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: s.queue(t, output), MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: &deduplication,
	}); err != nil {
		t.Fatal(err)
	}
}

// fill puts a value into a secret that the stack made, as the stack's first two outputs tell a person to.
func (s *stack) fill(t *testing.T, output string, value map[string]string) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(s.outputs[output]), SecretString: aws.String(string(text)),
	}); err != nil {
		t.Fatal(err)
	}
}

func (s *stack) fillAutotask(t *testing.T, c autotasktest.Credentials) {
	t.Helper()
	s.fill(t, "AutotaskSecretArn", map[string]string{"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode})
}

func (s *stack) fillSynthesize(t *testing.T, vendorKey, partnerKey string) {
	t.Helper()
	s.fill(t, "SynthesizeSecretArn", map[string]string{"vendorApiKey": vendorKey, "partnerApiKey": partnerKey})
}

// record is the ledger's record of a run.
func (s *stack) record(t *testing.T, r fetch.Result) ledger.Run {
	t.Helper()
	book := ledger.New(dynamo.New(s.tables, s.outputs["LedgerTableName"], dynamo.Options{}), time.Now)
	run, ok, err := book.RunAt(t.Context(), r.ObservedAt)
	if err != nil || !ok {
		t.Fatalf("the ledger has no record of run %s: %v", r.RunID, err)
	}
	return run
}

// log is what a function has logged, in order, as far as the emulator keeps it.
func (s *stack) log(t *testing.T, function string) string {
	t.Helper()
	group := "/aws/lambda/" + s.name + "/" + function
	out, err := s.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
	if err != nil {
		t.Errorf("the log of %s: %v", function, err)
		return ""
	}
	var lines []string
	for _, e := range out.Events {
		lines = append(lines, strings.TrimRight(aws.ToString(e.Message), "\n"))
	}
	return strings.Join(lines, "\n")
}

// lastLogs is the end of all three logs, for a person who looks for a failure's cause.
func (s *stack) lastLogs(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, function := range []string{"fetch-configurations", "sync-accounts", "sync-usage"} {
		lines := strings.Split(s.log(t, function), "\n")
		lines = lines[max(0, len(lines)-60):]
		fmt.Fprintf(&text, "---- %s, last %d lines\n%s\n", function, len(lines), strings.Join(slices.Compact(lines), "\n"))
	}
	return text.String()
}
