// Package stack reaches a deployed stack from the operator's machine, with his own AWS credentials: its functions, its
// ledger, its queues.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config" // an operator has profiles and single sign-on, which this package knows
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
)

// Where says how a stack is found.
type Where struct {
	Name    string // the stack's
	Region  string // empty: as AWS_REGION or the profile says
	Profile string // empty: as AWS_PROFILE says
}

// Stack is a deployed stack.
type Stack struct {
	Where
	aws     aws.Config
	outputs map[string]string
}

// Error says that the stack cannot be reached as it is set up: credentials, region, name, rights.
type Error struct {
	Text string
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Text
	}
	return e.Text + ": " + e.Err.Error()
}
func (e *Error) Unwrap() error { return e.Err }

// Open finds a stack. The error is an *Error where a person has to set something right.
func Open(ctx context.Context, w Where) (*Stack, error) {
	c, err := load(ctx, w)
	if err != nil {
		return nil, err
	}
	s := &Stack{Where: w, aws: c}
	s.Region = c.Region
	return s, s.describe(ctx)
}

// OfParts is a stack by its outputs, for a person who may use its queues and its ledger and not look at the stack.
func OfParts(ctx context.Context, w Where, outputs map[string]string) (*Stack, error) {
	c, err := load(ctx, w)
	if err != nil {
		return nil, err
	}
	s := &Stack{Where: w, aws: c, outputs: outputs}
	s.Region = c.Region
	return s, nil
}

// load reads this machine's AWS settings.
func load(ctx context.Context, w Where) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if w.Region != "" {
		options = append(options, config.WithRegion(w.Region))
	}
	if w.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(w.Profile))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return c, &Error{"read the AWS settings of this machine (AWS_PROFILE, ~/.aws/config)", err}
	}
	if c.Region == "" {
		return c, &Error{"no AWS region is set: give --region, or set AWS_REGION", nil}
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		return c, &Error{"no AWS credentials: log in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", err}
	}
	c.HTTPClient = awslite.WholeBodies(silence(c.HTTPClient))
	return c, nil
}

// silence bounds how long a connection may be silent, which the SDK does for a client that it knows: longer than the 20
// seconds that SQS may wait for a message.
func silence(client aws.HTTPClient) aws.HTTPClient {
	if client == nil { // the environment asks for nothing special
		client = awshttp.NewBuildableClient()
	}
	if known, is := client.(*awshttp.BuildableClient); is {
		return known.WithReadTimeout(time.Minute)
	}
	return client
}

// describe reads the stack's outputs.
func (s *Stack) describe(ctx context.Context) error {
	out, err := cloudformation.NewFromConfig(s.aws).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Name})
	if err != nil {
		return s.explain("look for stack "+s.Name, err)
	}
	if len(out.Stacks) == 0 {
		return s.missing()
	}
	s.outputs = map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		s.outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	for _, key := range []string{"FetchConfigurationsFunction", "LedgerTableName", "UsageQueueUrl", "UsageDeadLettersUrl", "AccountsQueueUrl", "AccountsDeadLettersUrl"} {
		if s.outputs[key] == "" {
			return &Error{fmt.Sprintf("stack %s in %s has no output %s: it is not a stack of synthsync, or its deployment has not ended (it is %s)",
				s.Name, s.Region, key, out.Stacks[0].StackStatus), nil}
		}
	}
	return nil
}

func (s *Stack) missing() error {
	return &Error{fmt.Sprintf("there is no stack %q in region %s: a stack stands in one region and one account; give --region or --profile", s.Name, s.Region), nil}
}

// explain turns what AWS answers into what a person can do about it.
func (s *Stack) explain(doing string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch code := api.ErrorCode(); {
		case code == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist"):
			return s.missing()
		case strings.Contains(code, "AccessDenied"):
			return &Error{doing + ": these AWS credentials have not the right to", err}
		case strings.Contains(code, "ExpiredToken"), code == "InvalidClientTokenId", code == "UnrecognizedClientException", code == "SignatureDoesNotMatch":
			return &Error{doing + ": AWS does not take these credentials; log in again", err}
		}
	}
	return fmt.Errorf("%s in %s: %w", doing, s.Region, err)
}

// Ledger is the stack's ledger.
func (s *Stack) Ledger(now func() time.Time) *ledger.Ledger {
	return ledger.New(dynamo.New(dynamodb.NewFromConfig(s.aws), s.outputs["LedgerTableName"], dynamo.Options{Now: now}), now)
}

// Mode is observe or post, as deployed.
func (s *Stack) Mode() string { return s.outputs["Mode"] }

// Function is the name of the fetch function.
func (s *Stack) Function() string { return s.outputs["FetchConfigurationsFunction"] }

// Boxes are the stack's dead letters: what makes accounts before what counts on them.
func (s *Stack) Boxes() []letters.Box {
	api := sqs.NewFromConfig(s.aws)
	var boxes []letters.Box
	for _, b := range []struct {
		queue        letters.Queue
		dead, source string // outputs
	}{
		{letters.Accounts, "AccountsDeadLettersUrl", "AccountsQueueUrl"}, {letters.Usage, "UsageDeadLettersUrl", "UsageQueueUrl"},
		{letters.Runs, "FailedRunsUrl", ""}, {letters.Schedules, "FailedSchedulesUrl", ""},
	} {
		if url := s.outputs[b.dead]; url != "" {
			boxes = append(boxes, letters.Box{API: api, Queue: b.queue, URL: url, Source: s.outputs[b.source]})
		}
	}
	return boxes
}

// InvocationError says that the function was reached and failed.
type InvocationError struct {
	Function string
	Type     string // the error's type, as the function's program names it
	Message  string
}

func (e *InvocationError) Error() string {
	return fmt.Sprintf("function %s: %s", e.Function, e.Message)
}

// longest is longer than a function may run, its start and the way there included.
const longest = 16 * time.Minute

// invoker calls the function once and waits for it: a second call, made because the first one's answer is late, would be
// a second run.
func (s *Stack) invoker() *lambda.Client {
	return lambda.NewFromConfig(s.aws, func(o *lambda.Options) {
		o.RetryMaxAttempts = 1
		o.HTTPClient = awslite.WholeBodies(&http.Client{Timeout: longest, Transport: http.DefaultTransport})
	})
}
