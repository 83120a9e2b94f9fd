// Command sync-accounts is the Lambda that looks at Synthesize once a run and makes what must exist there.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/wiring"
)

// makingLives is how long a creation whose answer was lost may still take effect: a request's time-out, and as much again
// for clocks that differ.
const makingLives = 2 * wiring.AttemptTimeout

func main() {
	f, err := wiring.New(os.LookupEnv, os.Stdout, time.Now)
	c := wiring.NewConsumer(f, "ACCOUNTS")
	f.MustStart(err)
	book := f.Ledger(c.Table)
	lambda.Start(c.Handler(book, func(ctx context.Context, with wiring.Invocation, batch []queue.Received) []queue.Failure {
		stage := &accounts.Stage{
			Synthesize: with.Synthesize, Ledger: book, Log: f.Log, Silent: with.Silent, SecretVersion: with.Keys.Version, Token: rand.Text, Now: f.Now,
			MakingLives: makingLives, Margin: wiring.Margin(ctx), Stats: &accounts.Stats{},
		}
		failures := stage.Handle(ctx, batch)
		c.Emit(ctx, outcomes(*stage.Stats, failures))
		return failures
	}).Lambda)
}
