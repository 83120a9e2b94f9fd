// Command sync-usage is the Lambda that posts unit counts to Synthesize.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/synthsync/synthsync/functions/sync-usage/usage"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/wiring"
)

// workers is how many companies of a batch are told side by side; the client's own limits bound the requests.
const workers = 8

// workerLives is longer than a function may run.
const workerLives = 16 * time.Minute

// awaits is how long a batch waits for its run's look at Synthesize, which takes a few seconds.
const awaits = 10 * time.Second

func main() {
	f, err := wiring.New(os.LookupEnv, os.Stdout, time.Now)
	c := wiring.NewConsumer(f, "USAGE")
	f.MustStart(err)
	book := f.Ledger(c.Table)
	lambda.Start(c.Handler(book, func(ctx context.Context, with wiring.Invocation, batch []queue.Received) []queue.Failure {
		stage := &usage.Stage{
			Synthesize: with.Synthesize, Ledger: book, Log: f.Log, Silent: with.Silent, SecretVersion: with.Keys.Version, Token: rand.Text, Now: f.Now,
			Workers: workers, WorkerLives: workerLives, Margin: wiring.Margin(ctx),
			Whose:  func(ctx context.Context) (ledger.SynthesizeTenant, error) { return wiring.Whose(ctx, with.Synthesize) },
			Awaits: awaits, Word: func(ctx context.Context) (string, error) { return c.Silent(ctx, book) },
		}
		failures, summary := stage.Handle(ctx, batch)
		c.Emit(ctx, outcomes(summary.Outcomes, failures))
		return failures
	}).Lambda)
}
