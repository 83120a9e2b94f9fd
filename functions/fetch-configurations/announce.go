package main

import (
	"context"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
	"github.com/synthsync/synthsync/shared/wiring"
)

// lastWords is the time kept at the very end of an invocation for its last line, and for Lambda to take its answer.
const lastWords = time.Second

// announcer tells a person by the addresses that stand in the secret for Autotask, which this function reads anyway: so they
// need no setting, which everybody who may see the function could read, and no right of their own.
// fresh reads them again first.
func announcer(ctx context.Context, f *wiring.Function, secretARN string, book *ledger.Ledger, fresh bool) (fetch.Announcer, error) {
	a := fetch.Announcer{Ledger: book, Sender: &notify.Client{}, Place: "--stack " + f.Optional("STACK_NAME", "NAME"), Now: f.Now}
	value, _, err := f.Secrets.Load(ctx, secretARN, fresh)
	if err != nil {
		return a, err
	}
	s, err := awslite.ParseAutotaskSecret(value)
	if err != nil {
		f.Secrets.Forget(secretARN)
		return a, err
	}
	client, err := notify.New(notify.Settings{URL: s.NotifyURL, Kind: s.NotifyKind, HeartbeatURL: s.HeartbeatURL}, nil)
	if err == nil {
		a.Sender = client
	}
	return a, err
}

// announce tells a person what a run found; news is how many things are new that need a hand. Nothing that goes wrong with
// it changes what became of the run.
func announce(ctx context.Context, f *wiring.Function, secretARN string, book *ledger.Ledger, r fetch.Result) (out *fetch.Notified, news int) {
	if r.DryRun {
		return nil, 0
	}
	ctx, cancel := wiring.Leaving(ctx, lastWords)
	defer cancel()
	a, err := announcer(ctx, f, secretARN, book, false)
	a.Fault = err
	out, news = a.Announce(ctx, r, false)
	if out != nil && out.Error != "" {
		f.Log.WarnContext(ctx, "a person was not told; the next run tries again", "runId", r.RunID, "error", out.Error)
	}
	return out, news
}

// notifyTest is the answer to a person who tries whether he is told.
func notifyTest(ctx context.Context, f *wiring.Function, secretARN string) fetch.Result {
	r := fetch.Result{RunID: "notify-test", State: fetch.StateDone, DryRun: true}
	a, err := announcer(ctx, f, secretARN, nil, true) // he has just put the addresses there
	switch {
	case err != nil:
		r.Notified = &fetch.Notified{Error: err.Error()}
	case !a.Sender.Notifies() && !a.Sender.Beats():
		r.Notified = &fetch.Notified{Error: `nobody is to be told: the secret for Autotask has neither "notifyUrl" nor "heartbeatUrl"`}
	default:
		r.Notified = a.Test(ctx)
	}
	if r.Notified.Error != "" {
		r.State, r.Reason = fetch.StateFailed, r.Notified.Error
	}
	return r
}
