// Command fetch-configurations is the Lambda that reads Autotask, counts, compares, and queues what is to be told.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/wiring"
)

const (
	// leaseFor is longer than a function may run, so that no second run reads while one does.
	leaseFor = 16 * time.Minute
	// patience without any definite answer of Autotask: longer than its hiccups, shorter than what the function has.
	patience = 3 * time.Minute
)

func main() {
	f, err := wiring.New(os.LookupEnv, os.Stdout, time.Now)
	table := f.Required("LEDGER_TABLE", "the name of the ledger's DynamoDB table")
	secret := f.Required("AUTOTASK_SECRET_ARN", "the ARN of the secret with the Autotask credentials")
	url := f.URL("AUTOTASK_URL", autotask.DefaultBaseURL, vendorapi.CheckBaseURL)
	budgetPercent := f.Percent("AUTOTASK_BUDGET_PERCENT", 50, 100)
	waitForBudget := f.OneOf("AUTOTASK_OVER_BUDGET", fetch.OverStop, fetch.OverWait) == fetch.OverWait
	stage := fetch.Stage{
		Log: f.Log, Now: f.Now, NewRunID: rand.Text, LeaseFor: leaseFor,
		Mode:              f.OneOf("MODE", fetch.ModePost, fetch.ModeObserve),
		Guard:             fetch.Guard{MaxDropPercent: f.Percent("MAX_DROP_PERCENT", 30, 100), MaxRisePercent: f.Percent("MAX_RISE_PERCENT", 100, 100_000), MaxCompanyDropPercent: f.Percent("MAX_COMPANY_DROP_PERCENT", 0, 100)},
		RefreshAfter:      f.Duration("REFRESH_AFTER", 20*time.Hour),
		IncludeOwnCompany: f.Bool("INCLUDE_OWN_COMPANY", false),
		InactiveZero:      f.OneOf("INACTIVE_COMPANIES", "count", "zero") == "zero",
		CompanyTypes:      companyTypes(f),
		Version:           version(),
	}
	accountsURL := f.Required("ACCOUNTS_QUEUE_URL", "the URL of the queue of sync-accounts")
	usageURL := f.Required("USAGE_QUEUE_URL", "the URL of the queue of sync-usage")
	rules := rulesOf(f, f.Optional("SERVICES", string(fetch.DefaultRules)))
	f.MustStart(err)
	api := sqs.NewFromConfig(f.AWS)
	stage.AccountsQueue, stage.UsageQueue = sqsfifo.NewSender(api, accountsURL), sqsfifo.NewSender(api, usageURL)
	credentials := credentialsOf(f, secret)
	stage.SecretVersion = func(ctx context.Context) (string, error) {
		c, err := credentials(ctx, false)
		return c.Version, err
	}
	store := f.Store(table)

	lambda.Start(func(ctx context.Context, document json.RawMessage) (fetch.Result, error) {
		event, err := fetch.ParseEvent(document)
		if err != nil {
			return fetch.Result{}, err
		}
		all := ctx
		ctx, cancel := wiring.Within(all)
		defer cancel()
		if event.NotifyTest {
			return notifyTest(ctx, f, secret), nil
		}
		run := stage
		event.Actor = actor(event)
		run.Ledger = ledger.New(store, f.Now)
		if event.DryRun {
			run.Ledger = ledger.New(memory.Overlay(store), f.Now)
		}
		// A refused login ends a client for good, so every run has its own.
		if run.Autotask, err = autotask.New(autotask.Config{
			BaseURL: url, Credentials: credentials, Patience: patience, Log: f.Log, BudgetPercent: budgetPercent, WaitForBudget: waitForBudget,
		}); err != nil {
			return fetch.Result{}, err
		}
		if run.Rules, err = rules(ctx); err != nil {
			failed := fetch.Result{State: fetch.StateFailed, Mode: run.Mode, DryRun: event.DryRun, Reason: err.Error()}
			failed.Notified = tell(all, f, secret, run.Ledger, failed, err)
			return failed, &fetch.SettingsError{Err: err}
		}
		if event.Rules != "" {
			run.InForce = run.Rules
			if run.Rules, err = services.Parse("rules", []byte(event.Rules)); err != nil {
				return fetch.Result{}, &fetch.SettingsError{Err: err}
			}
		}
		run.RulesHash = run.Rules.Hash()
		result, err := run.Run(ctx, event)
		result.Notified = tell(all, f, secret, run.Ledger, result, err)
		return result.Capped(), named(err)
	})
}

// tell says what became of a run: first in the log and the metrics, whose alarms need nobody else, and then to a person, at
// an address that may hang.
func tell(ctx context.Context, f *wiring.Function, secretARN string, book *ledger.Ledger, r fetch.Result, err error) *fetch.Notified {
	report(ctx, f, r, err)
	emit(ctx, f, book, r, err)
	told, news := announce(ctx, f, secretARN, book, r)
	emitNews(ctx, f, r, news)
	return told
}

// named is an error under the name by which the command knows it: Lambda tells no more of an error than its text and its
// outermost type.
func named(err error) error {
	var settings *fetch.SettingsError
	if errors.As(err, &settings) {
		return &fetch.SettingsError{Err: err}
	}
	return err
}

// companyTypes reads for which companies accounts are made.
func companyTypes(f *wiring.Function) []string {
	types, err := fetch.ParseCompanyTypes(f.Optional("COMPANY_TYPES", ""))
	if err != nil {
		f.Problem("COMPANY_TYPES", "%v", err)
	}
	return types
}

// rulesOf makes the service rules of the setting: the rules themselves, which must be right for the function to start, or
// s3://bucket/key, which is read for each run, so that new rules need no deployment.
func rulesOf(f *wiring.Function, text string) func(context.Context) (services.Rules, error) {
	if !strings.HasPrefix(text, "s3://") {
		rules, err := services.Parse("SERVICES", []byte(text))
		if err != nil {
			f.Problem("SERVICES", "cannot be used: %v", err)
		}
		return func(context.Context) (services.Rules, error) { return rules, nil }
	}
	object, err := awslite.ParseObject(text)
	if err != nil {
		f.Problem("SERVICES", "cannot be used: %v", err)
	}
	return func(ctx context.Context) (services.Rules, error) {
		text, err := awslite.GetObject(ctx, f.AWS, object, f.Now())
		if err != nil {
			return nil, fmt.Errorf("SERVICES: %w", err)
		}
		return services.Parse(object.String(), text)
	}
}

// credentialsOf reads the Autotask credentials from their secret.
func credentialsOf(f *wiring.Function, arn string) func(context.Context, bool) (autotask.Credentials, error) {
	return func(ctx context.Context, fresh bool) (autotask.Credentials, error) {
		value, version, err := f.Secrets.Load(ctx, arn, fresh)
		if err != nil {
			return autotask.Credentials{}, err
		}
		s, err := awslite.ParseAutotaskSecret(value)
		if err != nil {
			f.Secrets.Forget(arn)
			return autotask.Credentials{}, fmt.Errorf("secret %s: %w", arn, err)
		}
		return autotask.Credentials{Username: s.Username, Secret: s.Secret, IntegrationCode: s.IntegrationCode, Version: version}, nil
	}
}

// report logs what became of a run: a held or failed one at a level that alarms can watch.
func report(ctx context.Context, f *wiring.Function, r fetch.Result, err error) {
	log := f.Log.With("runId", r.RunID, "observedAt", r.ObservedAt, "state", r.State, "mode", r.Mode, "dryRun", r.DryRun,
		"companies", r.Read.Companies, "items", r.Read.Items, "requests", r.Read.Requests, "due", r.Due,
		"budgetLimit", r.Budget.Limit, "budgetUsed", r.Budget.Used, "budgetAllowed", r.Budget.Allowed, "budgetNeeded", r.Budget.Needed,
		"budgetOver", r.Budget.Over, "budgetExceeded", r.Budget.Exceeded, "budgetWaitedSeconds", r.Budget.WaitedSeconds)
	switch {
	case err != nil:
		log.ErrorContext(ctx, "run failed", "error", err)
	case r.State == fetch.StateHeld:
		log.ErrorContext(ctx, "run held: nothing was told", "reason", r.Reason)
	default:
		log.InfoContext(ctx, "run done")
	}
	for _, a := range r.Capped().Attention {
		log := log
		if a.More > 0 {
			log = log.With("more", a.More, "accountIds", a.AccountIDs)
		}
		log.WarnContext(ctx, "worth a look", "kind", a.Kind, "text", a.Text)
	}
}
