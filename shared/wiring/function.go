// Package wiring is what the three functions' mains have in common: settings from the environment, the AWS clients, the
// secrets, the log. It is the only package beside the mains that knows that it runs in a Lambda.
package wiring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/dynamo"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/settings"
)

// Function is one function's process: what lives as long as its execution environment.
type Function struct {
	*settings.Reader
	AWS     aws.Config
	Secrets *awslite.Secrets
	Log     *slog.Logger
	Now     func() time.Time
	metrics metrics.Emitter
}

// New sets a function up. It calls nobody. After reading its settings from the Reader, main asks Err once.
func New(lookup settings.Lookup, out io.Writer, now func() time.Time) (*Function, error) {
	r := settings.NewReader(lookup)
	f := &Function{Reader: r, Now: now, Log: newLog(out, r.LogLevel("LOG_LEVEL", slog.LevelInfo))}
	f.metrics = metrics.Emitter{Out: out, Now: now, Stack: r.Optional("STACK_NAME", "local")}
	config, err := awslite.Config(awslite.Lookup(lookup))
	if err != nil {
		return f, err
	}
	f.AWS = config
	f.Secrets = awslite.NewSecrets(secretsmanager.NewFromConfig(config), awslite.SecretsOptions{Now: now})
	return f, nil
}

// MustStart ends the process when the settings are not right, with everything that is wrong in one line of the log. err is
// New's.
func (f *Function) MustStart(err error) {
	if err = errors.Join(err, f.Err()); err != nil {
		f.Log.Error("this function cannot start", "error", err)
		os.Exit(1)
	}
}

// Ledger opens the ledger's table. It calls nobody.
func (f *Function) Ledger(table string) *ledger.Ledger {
	return ledger.New(f.Store(table), f.Now)
}

// Store is the store beneath, for an overlay.
func (f *Function) Store(table string) ledger.Store {
	return dynamo.New(dynamodb.NewFromConfig(f.AWS), table, dynamo.Options{Now: f.Now})
}

// Margins at the end of an invocation.
const (
	minMargin = time.Second
	maxMargin = 10 * time.Second
)

// Margin is the time kept at the end of an invocation for what must still be recorded: a sixth of what is left, one to ten
// seconds. A fixed one would leave a function with a short time-out no time to work in.
func Margin(ctx context.Context) time.Duration {
	deadline, set := ctx.Deadline()
	if !set {
		return 0
	}
	return min(max(time.Until(deadline)/6, minMargin), maxMargin)
}

// Within ends a context a margin before the invocation does: a function that is cut off records nothing.
func Within(ctx context.Context) (context.Context, context.CancelFunc) {
	return Leaving(ctx, Margin(ctx))
}

// Leaving ends a context so long before the invocation does.
func Leaving(ctx context.Context, last time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, deadline.Add(-last), fmt.Errorf("the function's time is nearly over: %w", context.DeadlineExceeded))
}

// newLog writes JSON lines with the invocation's request id.
func newLog(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(withRequestID{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})})
}

type withRequestID struct{ slog.Handler }

func (h withRequestID) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withRequestID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequestID{h.Handler.WithAttrs(attrs)}
}

func (h withRequestID) WithGroup(name string) slog.Handler {
	return withRequestID{h.Handler.WithGroup(name)}
}
