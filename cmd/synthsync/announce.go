package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
	"github.com/synthsync/synthsync/shared/settings"
)

// notifier reads who is to be told.
func notifier(r *settings.Reader) *notify.Client {
	s := notify.Settings{URL: r.Optional("NOTIFY_URL", ""), Kind: r.Optional("NOTIFY_KIND", ""), HeartbeatURL: r.Optional("HEARTBEAT_URL", "")}
	client, err := notify.New(s, nil)
	if err != nil {
		r.Problems("NOTIFY_URL", err)
	}
	return client
}

// announce tells a person what a run on this machine found.
func (c *runCommand) announce(ctx context.Context, p *process, config local.Config, result fetch.Result, err error) *fetch.Notified {
	var left *local.UndeliveredError
	a := fetch.Announcer{Ledger: ledger.New(config.Store, p.now), Sender: config.Notify, Place: c.place.String(), Now: p.now}
	out, _ := a.Announce(context.WithoutCancel(ctx), result, errors.As(err, &left) && left.Messages == 0 && left.Lost > 0)
	sayNotTold(p, out)
	return out
}

// sayNotTold says of a run that a person could not be told.
func sayNotTold(p *process, out *fetch.Notified) {
	if out != nil && out.Error != "" {
		fmt.Fprintf(p.stderr, "synthsync: a person was not told; the next run tries again: %s\n", clean(out.Error))
	}
}

// NotTold says that a person could not be told of something, as the ledger knows it.
type NotTold struct {
	Since   time.Time `json:"since"`
	Why     string    `json:"why"`
	Waiting int       `json:"waiting"` // messages that the next run tries to deliver
}

func (n NotTold) String() string {
	return fmt.Sprintf("since %s nobody can be told: %s; messages that wait for the next run: %d. Try it with: synthsync check --notify", n.Since.UTC().Format("2006-01-02 15:04 MST"), n.Why, n.Waiting)
}

// notTold reads whether a person could be told; nil if he could.
func notTold(ctx context.Context, book *ledger.Ledger) (*NotTold, error) {
	known, err := book.Incidents(ctx)
	if err != nil || known.Trouble == "" {
		return nil, err
	}
	return &NotTold{known.TroubleSince, known.Trouble, len(known.Outbox)}, nil
}

// notify tries whether a person is told.
func (c *checkCommand) notify(ctx context.Context, p *process) error {
	var out *fetch.Notified
	if c.Stack != "" {
		s, err := c.open(ctx, c.Stack)
		if err != nil {
			return err
		}
		result, err := s.Invoke(ctx, fetch.Event{NotifyTest: true})
		if err != nil {
			return err
		}
		if out = result.Notified; out == nil {
			return &exitError{exitUndelivered, errors.New("the stack's function does not know how to try that; deploy the version of this program")}
		}
	} else {
		config, err := c.load(p)
		if err != nil {
			return err
		}
		if !config.Notify.Notifies() && !config.Notify.Beats() {
			return &exitError{exitSettings, errors.New("--notify: nobody is to be told: set NOTIFY_URL, HEARTBEAT_URL or both")}
		}
		ledgerName := c.place()
		if ledgerName.Ledger == "" {
			ledgerName.Ledger = "FILE"
		}
		out = fetch.Announcer{Sender: config.Notify, Place: ledgerName.String(), Now: p.now}.Test(ctx)
	}
	if c.JSON {
		if err := writeJSON(p.stdout, out); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(p.stdout, "Notification sent: %s. Dead man's switch told: %s.\n", yesNo(out.Sent > 0), yesNo(out.Beat))
	}
	if out.Error != "" {
		return &exitError{exitUndelivered, errors.New(out.Error)}
	}
	return nil
}
