package wiring

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsevent"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// How the two functions call Synthesize. A message that needs longer is better left to its queue.
const (
	AttemptTimeout = 20 * time.Second
	patience       = 30 * time.Second
)

// Consumer is what the two functions that call Synthesize have in common.
type Consumer struct {
	*Function
	Table string

	secretARN string
	url       string
	mode      string
	queueURL  string
	deadURL   string
	limits    *vendorapi.Limits
	receives  int
}

// NewConsumer reads the settings of a function that consumes a queue; name is ACCOUNTS or USAGE.
func NewConsumer(f *Function, name string) *Consumer {
	c := &Consumer{
		Function:  f,
		Table:     f.Required("LEDGER_TABLE", "the name of the ledger's DynamoDB table"),
		secretARN: f.Required("SYNTHESIZE_SECRET_ARN", "the ARN of the secret with the Synthesize keys"),
		url:       f.URL("SYNTHESIZE_URL", synthesize.DefaultBaseURL, vendorapi.CheckBaseURL),
		mode:      f.OneOf("MODE", ledger.ModePost, ledger.ModeObserve),
		queueURL:  f.Required(name+"_QUEUE_URL", "the URL of the queue that feeds this function"),
		deadURL:   f.Required(name+"_DEAD_LETTER_URL", "the URL of that queue's dead-letter queue"),
	}
	c.receives = int(f.Positive("MAX_RECEIVE_COUNT", 10))
	// Shared by all invocations of the process; the template's arithmetic counts on it.
	c.limits = vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8, PerSecond: float64(f.Positive("SYNTHESIZE_RATE", 40))})
	return c
}

// loadKeys reads the keys from their secret.
func (c *Consumer) loadKeys(ctx context.Context, fresh bool) (synthesize.Keys, error) {
	value, version, err := c.Secrets.Load(ctx, c.secretARN, fresh)
	if err != nil {
		return synthesize.Keys{}, err
	}
	s, err := awslite.ParseSynthesizeSecret(value)
	if err != nil {
		c.Secrets.Forget(c.secretARN)
		return synthesize.Keys{}, fmt.Errorf("secret %s: %w", c.secretARN, err)
	}
	return synthesize.Keys{VendorAPIKey: s.VendorAPIKey, PartnerAPIKey: s.PartnerAPIKey, Version: version}, nil
}

// NewKeyring holds the keys of one invocation, which load reads. Those that are read afresh, since the ones in use were refused,
// are used only if they lead to the book's own tenant. config is how Synthesize is asked that.
func NewKeyring(book *ledger.Ledger, config synthesize.Config, load func(ctx context.Context, fresh bool) (synthesize.Keys, error)) *synthesize.Keyring {
	return synthesize.NewKeyring(load, func(ctx context.Context, keys synthesize.Keys) error { return ours(ctx, book, config, keys) })
}

// ours asks whose keys are that are not those which the last look at Synthesize went well with. What is on its way to one
// organization is nothing to tell another.
func ours(ctx context.Context, book *ledger.Ledger, config synthesize.Config, keys synthesize.Keys) error {
	// The messages that wait may be of the very run to which these were refused. If they are not, the next invocation, which begins
	// with these, may ask for them.
	if err := book.EverRefused(ctx, ledger.Synthesize, keys.Version); err != nil {
		return err
	}
	services, err := book.Services(ctx)
	if err != nil || services.Proven != "" && services.Proven == keys.Version {
		return err
	}
	config.Keys = func(context.Context, bool) (synthesize.Keys, error) { return keys, nil }
	client, err := synthesize.New(config)
	if err != nil {
		return err
	}
	tenant, err := Whose(ctx, client)
	if err != nil {
		return fmt.Errorf("ask whose the keys in the secret are: %w", err)
	}
	return book.BindSynthesize(ctx, tenant)
}

// Whose says which tenant the client's keys belong to.
func Whose(ctx context.Context, client *synthesize.Client) (ledger.SynthesizeTenant, error) {
	o, err := client.Organization(ctx)
	return ledger.SynthesizeTenant{OrganizationID: o.OrganizationID, VendorID: o.VendorID, Name: o.Name}, err
}

// Silent says why nobody may be told now, or "": a person's word in the book, or the setting MODE.
func (c *Consumer) Silent(ctx context.Context, book *ledger.Ledger) (string, error) {
	hand, err := book.Hand(ctx)
	return hand.Silent(c.mode), err
}

// Invocation is what one invocation works with.
type Invocation struct {
	Synthesize *synthesize.Client  // a refused login ends it, not the process
	Keys       *synthesize.Keyring // what the client sends with
	Silent     string              // why nobody may be told now, or ""
}

// Handler makes the function's Lambda handler.
func (c *Consumer) Handler(book *ledger.Ledger, handle func(ctx context.Context, with Invocation, batch []queue.Received) []queue.Failure) *sqsevent.Consumer {
	api := sqs.NewFromConfig(c.AWS)
	return &sqsevent.Consumer{
		Log: c.Log, MaxReceives: c.receives, Visibility: sqsfifo.NewVisibility(api, c.queueURL), DeadLetters: sqsfifo.NewDeadLetters(api, c.deadURL),
		Handle: func(ctx context.Context, batch []queue.Received) []queue.Failure {
			silent, err := c.Silent(ctx, book)
			if err != nil {
				return queue.FailAll(batch, err)
			}
			config := synthesize.Config{BaseURL: c.url, Log: c.Log, Patience: patience, AttemptTimeout: AttemptTimeout}
			keys := NewKeyring(book, config, c.loadKeys)
			config.Keys, config.Limits = keys.Keys, c.limits
			client, err := synthesize.New(config)
			if err != nil {
				return queue.FailAll(batch, err)
			}
			ctx, cancel := Within(ctx)
			defer cancel()
			return handle(ctx, Invocation{client, keys, silent}, batch)
		},
	}
}
