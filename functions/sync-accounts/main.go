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

// clocksDiffer is by how much the clocks of workers are taken to differ at most.
const clocksDiffer = wiring.AttemptTimeout

// makingLives is how long a creation whose answer was lost may still take effect.
var makingLives = accounts.Lives(wiring.AttemptTimeout, clocksDiffer)

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
