// Package functions_test drives the three functions' executables as AWS does: built as shipped, over a local Lambda
// Runtime API, with the documents of EventBridge Scheduler and SQS.
package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const (
	autotaskARN   = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:autotask-AbCdEf"
	synthesizeARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:synthesize-AbCdEf"
)

// stack is a deployed stack with both vendors on the other side.
type stack struct {
	t       testing.TB
	cloud   *awstest.Cloud
	tenant  *autotasktest.Tenant
	sim     *synthesizetest.Simulator
	env     map[string]string
	fetch   *lambdatest.Function
	account *lambdatest.Function
	usage   *lambdatest.Function
	runs    int

	operator string // the tool's executable
	moved    string // a ledger that was exported on one machine
	restored string // a file for one that was restored
	service  service
}

func deploy(t testing.TB, change map[string]string) *stack {
	t.Helper()
	s := &stack{t: t, cloud: awstest.Start(t), tenant: smallTenant(), sim: synthesizetest.New(synthesizetest.Options{})}
	autotask, synthesize := autotasktest.Start(s.tenant), synthesizetest.Start(s.sim)
	t.Cleanup(autotask.Close)
	t.Cleanup(synthesize.Close)
	s.secrets(autotasktest.DefaultCredentials.Secret, synthesizetest.DefaultPartnerKey, "v1")
	s.env = s.cloud.Environment()
	maps.Copy(s.env, map[string]string{
		"AUTOTASK_SECRET_ARN": autotaskARN, "SYNTHESIZE_SECRET_ARN": synthesizeARN, "LEDGER_TABLE": "ledger",
		"ACCOUNTS_QUEUE_URL": s.cloud.QueueURL("accounts.fifo"), "USAGE_QUEUE_URL": s.cloud.QueueURL("usage.fifo"),
		"ACCOUNTS_DEAD_LETTER_URL": s.cloud.QueueURL("accounts-dead.fifo"), "USAGE_DEAD_LETTER_URL": s.cloud.QueueURL("usage-dead.fifo"),
		"AUTOTASK_URL": autotask.URL, "SYNTHESIZE_URL": synthesize.URL, "MODE": "post", "LOG_LEVEL": "DEBUG", "SYNTHESIZE_RATE": "90",
		"STACK_NAME": stackName,
	})
	maps.Copy(s.env, change)
	s.fetch = s.start("./fetch-configurations")
	s.account = s.start("./sync-accounts")
	s.usage = s.start("./sync-usage")
	return s
}

func (s *stack) start(pkg string) *lambdatest.Function {
	s.t.Helper()
	f := lambdatest.Start(s.t, lambdatest.Build(s.t, pkg), s.env)
	if err := f.InitError(); err != nil {
		s.t.Fatalf("%s: %v\n%s", pkg, err, f.Log())
	}
	s.t.Logf("%s: ready after %s", pkg, f.StartUp())
	return f
}

func (s *stack) secrets(autotaskSecret, partnerKey, version string) {
	c := autotasktest.DefaultCredentials
	s.cloud.SetSecret(autotaskARN, object(map[string]string{"username": c.Username, "secret": autotaskSecret, "integrationCode": c.IntegrationCode}), version)
	s.cloud.SetSecret(synthesizeARN, object(map[string]string{"vendorApiKey": synthesizetest.DefaultVendorKey, "partnerApiKey": partnerKey}), version)
}

func object(v any) string {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// smallTenant has 5 companies with 4 desktops and 2 servers each, and the MSP itself.
func smallTenant() *autotasktest.Tenant {
	t := autotasktest.NewTenant(autotasktest.Options{})
	t.SetType(autotasktest.Type{ID: 1, Name: "Desktop"})
	t.SetType(autotasktest.Type{ID: 2, Name: "Laptop"})
	t.SetType(autotasktest.Type{ID: 3, Name: "Server"})
	id := int64(1000)
	for c := int64(1); c <= 5; c++ {
		t.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Company %d", c)})
		for n := range 6 {
			id += 3
			t.AddItem(autotasktest.Item{ID: id, Company: c, Type: []int64{1, 1, 1, 1, 3, 3}[n]})
		}
	}
	return t
}

// run lets the schedule fire and delivers all messages, until nothing is due.
func (s *stack) run() fetch.Result {
	s.t.Helper()
	s.runs++
	r := s.invoke(lambdatest.SchedulerEvent(fmt.Sprintf("execution-%d", s.runs), time.Now()))
	if r.Error != nil {
		s.t.Fatalf("fetch-configurations: %v\n%s", r.Error, r.Log)
	}
	s.deliver()
	return s.result(r)
}

func (s *stack) invoke(event []byte) lambdatest.Response {
	s.t.Helper()
	if !s.service.admit(s.idOf(s.fetch)) {
		return lambdatest.Response{Error: &lambdatest.Error{Type: "TooManyRequestsException", Message: "Rate Exceeded."}}
	}
	r, err := s.fetch.Invoke(context.Background(), event, lambdatest.Options{Deadline: time.Now().Add(60 * time.Second)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.service.ended(s.idOf(s.fetch), r)
	return r
}

func (s *stack) result(r lambdatest.Response) fetch.Result {
	s.t.Helper()
	var result fetch.Result
	if err := json.Unmarshal(r.Payload, &result); err != nil {
		s.t.Fatalf("%s: %v", r.Payload, err)
	}
	return result
}

// deliver hands out what is due: accounts first, as a poller may. What failed stays.
func (s *stack) deliver() {
	s.t.Helper()
	s.drain("accounts.fifo", s.account)
	s.drain("usage.fifo", s.usage)
}

// drain works a queue in batches of 10, each message at most once.
func (s *stack) drain(name string, f *lambdatest.Function) {
	s.t.Helper()
	q := s.cloud.Queue(name)
	for left := q.Len(); left > 0; {
		batch := q.Receive(min(left, 10))
		if len(batch) == 0 {
			return
		}
		left -= len(batch)
		_, settlement := s.batch(f, name, batch)
		returned := map[string]bool{}
		for _, m := range settlement.Returned {
			returned[m] = true
		}
		var failures []queue.Failure
		for _, r := range batch {
			if returned[messageID(r)] {
				failures = append(failures, queue.Failure{ID: r.ID, Err: fmt.Errorf("returned"), RetryAfter: s.cloud.Hidden(messageID(r))})
			}
		}
		q.Settle(batch, failures)
	}
}

func messageID(r queue.Received) string { return "message-" + r.ID + "-" + r.Group }

// eventOf is the event in which SQS hands a batch over.
func eventOf(name string, batch []queue.Received) lambdatest.Batch {
	var messages []lambdatest.Message
	for _, r := range batch {
		messages = append(messages, lambdatest.Message{ID: messageID(r), Body: string(r.Body), Group: r.Group, Receives: r.Receives})
	}
	return lambdatest.SQSEvent(lambdatest.QueueARN(name), messages...)
}

func (s *stack) batch(f *lambdatest.Function, name string, batch []queue.Received) (lambdatest.Response, lambdatest.Settlement) {
	s.t.Helper()
	document := eventOf(name, batch)
	if !s.service.admit(s.idOf(f)) {
		r := lambdatest.Response{Error: &lambdatest.Error{Type: "TooManyRequestsException", Message: "Rate Exceeded."}}
		return r, lambdatest.Settle(r, document)
	}
	r, err := f.Invoke(context.Background(), document.Event, lambdatest.Options{Deadline: time.Now().Add(60 * time.Second)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.service.ended(s.idOf(f), r)
	return r, lambdatest.Settle(r, document)
}

// truth fails unless Synthesize holds what a direct count gives.
func (s *stack) truth() {
	s.t.Helper()
	held := s.sim.Counts()
	for company, types := range s.tenant.ActiveItems() {
		for service, want := range map[string]int64{"Managed Workstations": types[1] + types[2], "Managed Servers": types[3]} {
			pair := synthesizetest.Pair{AccountID: strconv.FormatInt(company, 10), Service: service}
			if got := held[pair].String(); got != strconv.FormatInt(want, 10) {
				s.t.Errorf("%+v: Synthesize holds %q, the devices are %d", pair, got, want)
			}
		}
	}
}

func (s *stack) logs() string { return s.fetch.Log() + s.account.Log() + s.usage.Log() }

// noSecrets fails if a secret stands in a log or answer.
func (s *stack) noSecrets(more ...string) {
	s.t.Helper()
	text := s.logs() + strings.Join(more, "\n")
	for _, secret := range []string{
		autotasktest.DefaultCredentials.Secret, autotasktest.DefaultCredentials.IntegrationCode,
		synthesizetest.DefaultVendorKey, synthesizetest.DefaultPartnerKey,
		synthesizetest.Token(synthesizetest.DefaultVendorKey, synthesizetest.DefaultPartnerKey),
	} {
		if strings.Contains(text, secret) {
			s.t.Errorf("a secret stands in the logs")
		}
	}
}
