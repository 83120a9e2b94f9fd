package letters_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/message"
)

// office is a stack's dead letters with a ledger.
type office struct {
	t     *testing.T
	cloud *awstest.Cloud
	book  *ledger.Ledger
	said  []string
	next  int
	ahead time.Duration
}

const (
	usageDead, usageQueue       = "usage-dead.fifo", "usage.fifo"
	accountsDead, accountsQueue = "accounts-dead.fifo", "accounts.fifo"
)

var observed = time.Date(2026, 3, 1, 2, 15, 0, 0, time.UTC)

func open(t *testing.T) *office {
	o := &office{t: t, cloud: awstest.Start(t), book: ledger.New(memory.New(), time.Now)}
	o.cloud.Queue(usageQueue)
	o.cloud.Queue(accountsQueue)
	return o
}

func (o *office) desk() *letters.Desk {
	api := sqs.New(sqs.Options{
		Region: "eu-central-1", BaseEndpoint: &o.cloud.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer: aws.NopRetryer{}, HTTPClient: awslite.WholeBodies(http.DefaultClient),
	})
	return &letters.Desk{
		Boxes: []letters.Box{
			{API: api, Queue: letters.Accounts, URL: o.cloud.QueueURL(accountsDead), Source: o.cloud.QueueURL(accountsQueue)},
			{API: api, Queue: letters.Usage, URL: o.cloud.QueueURL(usageDead), Source: o.cloud.QueueURL(usageQueue)},
		},
		Book: o.book, Now: func() time.Time { return time.Now().Add(o.ahead) },
		NewID: func() string { o.next++; return fmt.Sprint("replay-", o.next) },
		Say:   func(format string, args ...any) { o.said = append(o.said, fmt.Sprintf(format, args...)) },
	}
}

// told makes the ledger one that knows service Servers, and told company units of it at a time.
func (o *office) told(company string, units int64, at time.Time) {
	o.t.Helper()
	ctx := o.t.Context()
	services := o.services(at)
	if err := o.book.NoteAccount(ctx, company, func(a *ledger.Account) { a.Made("Company " + company) }); err != nil {
		o.t.Fatal(err)
	}
	telling, err := o.book.StartTelling(ctx, "run of "+at.Format("15:04"), at, company, map[string]int64{"Servers": units}, services, fmt.Sprint(company, at))
	if err != nil {
		o.t.Fatal(err)
	}
	results := map[string]ledger.Result{}
	for _, c := range telling.Counts {
		results[c.Service.Key] = ledger.Result{Answer: ledger.Accepted, Definite: true}
	}
	if _, err := o.book.FinishTelling(ctx, telling, results, true); err != nil {
		o.t.Fatal(err)
	}
}

// services has the ledger know service Servers, and that a run looked at Synthesize at a time.
func (o *office) services(at time.Time) ledger.Services {
	o.t.Helper()
	services, err := o.book.UpdateServices(o.t.Context(), func(s *ledger.Services) error {
		s.List = []ledger.Service{{Key: "Servers", Name: "Servers", ID: "sku-1", Ruled: true}}
		if at.After(s.LookedAt) {
			s.LookedAt = at
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return services
}

func (o *office) die(m message.Usage, reason string) {
	o.t.Helper()
	body, err := m.Encode()
	if err != nil {
		o.t.Fatal(err)
	}
	o.cloud.Bury(usageDead, awstest.Letter{Group: m.Group(), Body: string(body), Attributes: map[string]string{"reason": reason, "receives": "10"}})
}

func usage(company string, units int64, at time.Time) message.Usage {
	return message.Usage{RunID: "run of " + at.Format("15:04"), ObservedAt: at, Account: message.Account{ID: company, Name: "Company " + company}, Counts: map[string]int64{"Servers": units}}
}

func (o *office) bodies(queue string) []string {
	var all []string
	for _, l := range o.cloud.Queue(queue).Left() {
		all = append(all, string(l.Body))
	}
	return all
}

func TestList_SaysWhatAReplayWouldDo_AndHidesNothing(t *testing.T) {
	o := open(t)
	day := observed.Add(24 * time.Hour)
	o.told("1", 12, observed.Add(-time.Hour))
	o.told("2", 7, day) // a newer run has spoken
	o.told("3", 5, observed)
	o.die(usage("1", 14, observed), "tried 10 times: 503")
	o.die(usage("2", 9, observed), "tried 10 times: 503")
	o.die(usage("3", 5, observed), "tried 10 times: 503")
	o.cloud.Bury(usageDead, awstest.Letter{Group: "4", Body: "not JSON", Attributes: map[string]string{"reason": "no message"}})

	for look := range 2 {
		listing, err := o.desk().List(t.Context(), letters.Select{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"1": "would post Servers 12 -> 14", "2": "would be superseded by run run of 02:15 of 2026-03-02 02:15 UTC",
			"3": "would change nothing: its counts are told already", "": "would die again: message field",
		}
		if len(listing.Letters) != 4 || listing.Unseen != 0 {
			t.Fatalf("look %d: %d letters, %d unseen", look+1, len(listing.Letters), listing.Unseen)
		}
		for _, l := range listing.Letters {
			if !strings.HasPrefix(l.Verdict.Text, want[l.Company]) {
				t.Errorf("company %q: %q", l.Company, l.Verdict.Text)
			}
			if l.Reason == "" || l.Company != "" && l.Receives != 10 {
				t.Errorf("company %q: reason %q, tried %d times", l.Company, l.Reason, l.Receives)
			}
		}
	}
}

func TestList_MoreOfACompanyThanOneAnswerHolds_AreCounted(t *testing.T) {
	o := open(t)
	o.services(observed)
	for n := range 13 {
		o.die(usage("1", int64(n), observed.Add(time.Duration(n)*time.Minute)), "503")
	}
	listing, err := o.desk().List(t.Context(), letters.Select{})
	if err != nil || len(listing.Letters) != 10 || listing.Unseen != 3 {
		t.Errorf("%d letters, %d unseen, %v", len(listing.Letters), listing.Unseen, err)
	}
}

func TestList_RunsThatFailed_SayWhy_AndAreNotReplayed(t *testing.T) {
	o := open(t)
	o.cloud.Bury("failed-runs", awstest.Letter{Body: `{"version":"1.0","timestamp":"2026-03-01T02:20:00.000Z","requestContext":{"condition":"RetriesExhausted"},
		"requestPayload":{"executionId":"e-1"},"responsePayload":{"errorMessage":"Autotask refused the login","errorType":"Error"}}`})
	o.cloud.Bury("failed-schedules", awstest.Letter{Body: `{"executionId":"e-2"}`, Attributes: map[string]string{"ERROR_MESSAGE": "no such function"}})
	d := o.desk()
	for queue, name := range map[letters.Queue]string{letters.Runs: "failed-runs", letters.Schedules: "failed-schedules"} {
		d.Boxes = append(d.Boxes, letters.Box{API: d.Boxes[0].API, Queue: queue, URL: o.cloud.QueueURL(name)})
	}
	listing, err := d.List(t.Context(), letters.Select{})
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[letters.Queue]string{}
	for _, l := range listing.Letters {
		reasons[l.Queue] = l.RunID + ": " + l.Reason
		if l.Verdict.Outcome != letters.NotMoved {
			t.Errorf("%s: %+v", l.Queue, l.Verdict)
		}
	}
	if reasons[letters.Runs] != "e-1: Autotask refused the login" || reasons[letters.Schedules] != ": no such function" {
		t.Errorf("%q", reasons)
	}
	if moved, err := d.Replay(t.Context(), letters.Select{}, 500); err != nil || moved.Sent != 0 || len(o.cloud.Letters("failed-runs")) != 1 {
		t.Errorf("%+v %v", moved, err)
	}
	if n, err := d.Discard(t.Context(), letters.Select{Queue: letters.Runs}); err != nil || n != 1 {
		t.Errorf("%d discarded, %v", n, err)
	}
}

func TestDiscard_OnlyWhatIsNamed(t *testing.T) {
	o := open(t)
	o.services(observed)
	o.die(usage("1", 4, observed), "503")
	o.die(usage("2", 4, observed), "503")
	if _, err := o.desk().Discard(t.Context(), letters.Select{}); err == nil {
		t.Error("everything was discarded without a word")
	}
	n, err := o.desk().Discard(t.Context(), letters.Select{Company: "2"})
	if err != nil || n != 1 {
		t.Errorf("%d discarded, %v", n, err)
	}
	if left := o.cloud.Letters(usageDead); len(left) != 1 || left[0].Group != "1" {
		t.Errorf("left: %+v", left)
	}
}
