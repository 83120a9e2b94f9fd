//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const region = "us-east-1"

// cloud is the emulated AWS, and the tools a user deploys with.
type cloud struct {
	sam, template, architecture string

	formation *cloudformation.Client
	functions *lambda.Client
	queues    *sqs.Client
	tables    *dynamodb.Client
	secrets   *secretsmanager.Client
	schedules *scheduler.Client
	logs      *cloudwatchlogs.Client
}

// newCloud takes the environment that .ci/run sets. It refuses an endpoint that is not on this machine: the test writes
// secrets and deletes stacks.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	settings := map[string]string{}
	for _, name := range []string{"AWS_ENDPOINT_URL", "E2E_SAM", "E2E_TEMPLATE", "E2E_ARCHITECTURE"} {
		if settings[name] = os.Getenv(name); settings[name] == "" {
			t.Fatalf("%s is not set; .ci/run sets it", name)
		}
	}
	endpoint, err := url.Parse(settings["AWS_ENDPOINT_URL"])
	if err != nil || !net.ParseIP(endpoint.Hostname()).IsLoopback() {
		t.Fatalf("AWS_ENDPOINT_URL is %s: this test is for an emulator on a loopback address only", settings["AWS_ENDPOINT_URL"])
	}
	c, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region))
	if err != nil {
		t.Fatal(err)
	}
	c.HTTPClient = numbers{awshttp.NewBuildableClient()} // set after the fact: with AWS_CA_BUNDLE, loading wants its own
	return &cloud{
		sam: settings["E2E_SAM"], template: settings["E2E_TEMPLATE"], architecture: settings["E2E_ARCHITECTURE"],
		formation: cloudformation.NewFromConfig(c), functions: lambda.NewFromConfig(c), queues: sqs.NewFromConfig(c),
		tables: dynamodb.NewFromConfig(c), secrets: secretsmanager.NewFromConfig(c), schedules: scheduler.NewFromConfig(c),
		logs: cloudwatchlogs.NewFromConfig(c),
	}
}

// stack is one deployed stack.
type stack struct {
	*cloud
	name      string
	outputs   map[string]string
	resources map[string]string // physical ids by logical id
}

// newStack names a stack that was never there, so that a second run of the test on one emulator starts afresh.
func (c *cloud) newStack(t *testing.T, prefix string) *stack {
	t.Helper()
	s := &stack{cloud: c, name: prefix + "-" + strings.ToLower(rand.Text()[:8])}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		// Told once more: a second deletion does nothing.
		_, _ = c.formation.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: &s.name})
	})
	return s
}

// deploy makes or changes the stack, as the README says it; parameters that are not named keep their values.
func (s *stack) deploy(t *testing.T, parameters ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{
		"deploy", "--template-file", s.template, "--config-file", repositoryFile(t, "samconfig.toml"), "--stack-name", s.name,
		"--region", region, "--no-confirm-changeset",
	}
	if len(parameters) > 0 {
		args = append(append(args, "--parameter-overrides"), parameters...)
	}
	command := exec.CommandContext(ctx, s.sam, args...)
	command.Dir = t.TempDir()
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		t.Fatalf("sam %s: %v\n%s", strings.Join(args, " "), err, output.String())
	}
	s.describe(t)
}

// repositoryFile is the path of a file at the root of the repository.
func repositoryFile(t *testing.T, name string) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(wd, "e2e") + name
}

func (s *stack) describe(t *testing.T) {
	t.Helper()
	stacks, err := s.formation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &s.name})
	if err != nil || len(stacks.Stacks) != 1 {
		t.Fatalf("describe stack %s: %v", s.name, err)
	}
	s.outputs = map[string]string{}
	for _, o := range stacks.Stacks[0].Outputs {
		s.outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	resources, err := s.formation.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: &s.name})
	if err != nil {
		t.Fatal(err)
	}
	s.resources = map[string]string{}
	for _, r := range resources.StackResources {
		s.resources[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
	}
}

// resource is the physical id of a resource of the template.
func (s *stack) resource(t *testing.T, logicalID string) string {
	t.Helper()
	id := s.resources[logicalID]
	if id == "" {
		t.Fatalf("stack %s has no %s", s.name, logicalID)
	}
	return id
}

// delete deletes the stack and waits until it is gone.
func (s *stack) delete(t *testing.T) {
	t.Helper()
	if _, err := s.formation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &s.name}); err != nil {
		t.Fatal(err)
	}
	within(t, time.Minute, "stack "+s.name+" is deleted", func() error {
		out, err := s.formation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &s.name})
		if err != nil && strings.Contains(err.Error(), "does not exist") {
			return nil
		}
		if err != nil {
			return err
		}
		if status := out.Stacks[0].StackStatus; status != types.StackStatusDeleteComplete {
			return fmt.Errorf("it is %s", status)
		}
		return nil
	})
}

// deleteTable removes a retained table, which is protected.
func (c *cloud) deleteTable(t *testing.T, name string) {
	t.Helper()
	_, unprotected := c.tables.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: aws.Bool(false)})
	_, deleted := c.tables.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name})
	if err := errors.Join(unprotected, deleted); err != nil {
		t.Fatal(err)
	}
}

// named lists what the account has under a stack's name: queues, functions, event source mappings, schedules.
func (s *stack) named(t *testing.T) []string {
	t.Helper()
	var names []string
	queues, err := s.queues.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &s.name})
	if err != nil {
		t.Fatal(err)
	}
	names = append(names, queues.QueueUrls...)
	functions, err := s.functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range functions.Functions {
		names = append(names, aws.ToString(f.FunctionName))
	}
	mappings, err := s.functions.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mappings.EventSourceMappings {
		names = append(names, aws.ToString(m.EventSourceArn))
	}
	schedules, err := s.schedules.ListSchedules(t.Context(), &scheduler.ListSchedulesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, sch := range schedules.Schedules {
		names = append(names, aws.ToString(sch.Name))
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, s.name) })
}
