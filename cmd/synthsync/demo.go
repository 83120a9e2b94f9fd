package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

type demoCommand struct {
	Keep string `placeholder:"DIR" help:"Leave the ledger there (synthsync.ledger) for report and the others to look at."`
}

// demo is a story told by the real stages against two local vendors.
type demo struct {
	p       *process
	tenant  *autotasktest.Tenant
	sim     *synthesizetest.Simulator
	machine *local.Machine
	store   *file.Store
	step    int
	last    fetch.Result
}

// Run tells the story. It fails if what Synthesize holds at the end is not what a direct count of the devices gives.
func (c *demoCommand) Run(ctx context.Context, p *process) (err error) {
	dir := c.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "synthsync-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return &exitError{exitSettings, fmt.Errorf("--keep: %w", err)}
	}
	path := filepath.Join(dir, "synthsync.ledger")
	if _, err := os.Stat(path); err == nil {
		return &exitError{exitSettings, fmt.Errorf("--keep: %s is there already; the demo begins with an empty ledger, so name another folder", path)}
	}
	store, err := openLedger(path, file.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	d := &demo{p: p, tenant: autotasktest.Sample(1), sim: synthesizetest.New(synthesizetest.Options{Seed: 1}), store: store}
	autotaskServer, synthesizeServer := autotasktest.Start(d.tenant), synthesizetest.Start(d.sim)
	defer autotaskServer.Close()
	defer synthesizeServer.Close()
	rules, err := services.Parse("built-in rules", fetch.DefaultRules)
	if err != nil {
		return err
	}
	credentials := autotasktest.DefaultCredentials
	progress := newProgress(p.stderr)
	defer progress.close()
	d.machine = &local.Machine{Config: local.Config{
		AutotaskURL: autotaskServer.URL, SynthesizeURL: synthesizeServer.URL, Store: store, Rules: rules, Mode: fetch.ModePost,
		Credentials: autotask.Credentials{Username: credentials.Username, Secret: credentials.Secret, IntegrationCode: credentials.IntegrationCode},
		Keys:        synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey},
		Guard:       fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100}, RefreshAfter: 20 * time.Hour,
		Patience: 700 * time.Millisecond, AttemptTimeout: 2 * time.Second, Now: p.now, Progress: progress,
		Log: slog.New(slog.DiscardHandler),
	}}
	if err := d.tell(ctx); err != nil {
		return err
	}
	if c.Keep != "" {
		fmt.Fprintf(p.stdout, "The ledger is kept: go run ./cmd/synthsync report --ledger %s\n", path)
	}
	return nil
}

// chapter announces what happens next.
func (d *demo) chapter(format string, args ...any) {
	d.step++
	fmt.Fprintf(d.p.stdout, "\n%d. %s\n", d.step, fmt.Sprintf(format, args...))
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.p.stdout, "   "+format+"\n", args...) }

// run runs the product, and says in a line what it did. want is the state that the story expects.
func (d *demo) run(ctx context.Context, event fetch.Event, want string) error {
	result, err := d.machine.Run(ctx, event)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.last = result
	u := result.Usage
	d.say("run: %s; read %d companies, %d items; accounts made %d; counts posted %d, unchanged %d, not mapped %d, mapping lost %d, failed %d",
		verdict(result), result.Read.Companies, result.Read.Items, result.Accounts.Created, u.Posted, u.Unchanged, u.Unmapped, u.Lost, u.Failed)
	if result.State != want {
		return fmt.Errorf("demo, step %d: the run ended as %s, not as %s: %w", d.step, result.State, want, errors.Join(err, errors.New(result.Reason)))
	}
	return nil
}

func (d *demo) tell(ctx context.Context) error {
	fmt.Fprintf(d.p.stdout, "Two vendors on this machine: an Autotask with %d companies, a Synthesize without any. No settings, no network.\n", len(d.tenant.Companies()))
	for _, chapter := range []func(context.Context) error{
		d.firstRun, d.mapped, d.nothingNew, d.retired, d.outage, d.stale, d.lost, d.held, d.compare,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}
