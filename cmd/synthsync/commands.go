package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// common are the flags of every command that talks to the vendors.
type common struct {
	EnvFile  string        `placeholder:"FILE" help:"Settings from a file of NAME=VALUE lines; it wins over the environment."`
	Services string        `placeholder:"FILE" help:"Service rules (YAML or JSON); default: the built-in ones, or the setting SERVICES."`
	Patience time.Duration `default:"0" placeholder:"DURATION" help:"How long to go on without any definite answer from a vendor; default 15s (for unattended runs: 10m), and 3m with --stack."`
	JSON     bool          `name:"json" help:"One JSON object on stdout instead of a table."`
}

type runCommand struct {
	common
	place
	Force        bool   `help:"Let a run pass that the guard would hold, whatever it would tell. The blunt tool: approve lets pass only what you have seen."`
	Reason       string `placeholder:"TEXT" help:"Why, in your words; recorded with your name."`
	Full         bool   `help:"Tell every count again, also those that have not changed."`
	AcceptTenant bool   `help:"The ledger's tenant really moved: if the settings lead to another one, forget what was told, and what the guard compares with, and bind the ledger to that one."`
}

type planCommand struct {
	common
	Ledger string `xor:"place" placeholder:"FILE" help:"What Synthesize has been told; without it nothing is known."`
	Stack  string `xor:"place" placeholder:"NAME" help:"A stack that is deployed at AWS, instead of this machine."`
	deployed
	Force bool `help:"Show what --force would let pass."`
	Full  bool `help:"Show what --full would tell."`
}

type checkCommand struct {
	common
	Ledger string `xor:"place" placeholder:"FILE" help:"What Synthesize has been told: with it, check lists what is to be mapped there, and makes sure that it is this tenant's."`
	Stack  string `xor:"place" placeholder:"NAME" help:"A stack that is deployed at AWS, instead of this machine."`
	deployed
	Notify bool `help:"Only try whether a person is told: send a test to NOTIFY_URL, and ask HEARTBEAT_URL."`
}

type reportCommand struct {
	place
	JSON bool `name:"json" help:"One JSON object on stdout instead of tables."`
}

// Run tells Synthesize.
func (c *runCommand) Run(ctx context.Context, p *process) error {
	if c.Stack != "" {
		return c.onStack(ctx, p)
	}
	m, err := c.here(p, c.Ledger, file.Options{})
	if err != nil {
		return err
	}
	defer m.close()
	if c.AcceptTenant {
		if err := c.acceptTenant(ctx, p, m); err != nil {
			return err
		}
	}
	result, err := m.Run(ctx, fetch.Event{Force: c.Force, Full: c.Full, Actor: p.who(), Reason: c.Reason})
	m.progress.close()
	result.Notified = c.announce(ctx, p, m.Config, result, err)
	return c.show(p, result, err)
}

// acceptTenant has the ledger forget its tenant, if the settings really lead to another one: what it forgets is also what the
// guard compares with, which must not be lost over a secret that is refused, or for nothing.
func (c *runCommand) acceptTenant(ctx context.Context, p *process, m *here) error {
	moved, err := m.Moved(ctx)
	m.progress.close()
	if err != nil {
		if settings := settingsFault(err); settings != nil {
			return settings
		}
		return notForUs(fmt.Errorf("--accept-tenant: nothing was forgotten, since it cannot be said whether the tenant moved: %w", err))
	}
	if !moved {
		fmt.Fprintln(p.stderr, "synthsync: --accept-tenant: the settings lead to the ledger's own tenant; nothing was forgotten")
		return nil
	}
	book := ledger.New(m.Store, p.now)
	if err := book.AcceptTenant(ctx); err != nil {
		return notForUs(err)
	}
	fmt.Fprintln(p.stderr, "synthsync: --accept-tenant: the ledger has forgotten what the old tenant was told; the guard has nothing to compare this run with")
	return book.NoteAct(ctx, ledger.Act{What: ledger.ActTenant, Actor: p.who(), Reason: c.Reason, Version: version, Detail: "--accept-tenant: all that was told is forgotten"})
}

// show prints a result, whatever became of the run, and turns the outcome into an exit code.
func (c *runCommand) show(p *process, result fetch.Result, err error) error {
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	if c.JSON {
		if err := writeJSON(p.stdout, result); err != nil {
			return err
		}
	} else {
		renderResult(p.stdout, result)
		if slices.ContainsFunc(result.Attention, func(a fetch.Attention) bool { return a.Kind == fetch.KindUnmapped }) && c.place != (place{}) {
			fmt.Fprintf(p.stdout, "What is to be mapped, by units: synthsync report %s\n", c.place)
		}
	}
	if err != nil {
		return &exitError{exitUndelivered, err}
	}
	if result.State == fetch.StateHeld {
		if len(result.Holds) == 1 && result.Holds[0].Key == fetch.HoldByHand {
			return &exitError{exitHeld, fmt.Errorf("run %s is held and nothing was told; posting goes on with: synthsync resume %s", result.RunID, c.place)}
		}
		return &exitError{exitHeld, fmt.Errorf("run %s is held and nothing was told: look at it with plan, correct Autotask or the rules, or let pass what you saw, and only that: synthsync approve %s %s --reason TEXT (run --force lets anything pass)", result.RunID, result.RunID, c.place)}
	}
	if len(result.Holds) > 0 {
		return &exitError{exitHeld, fmt.Errorf("run %s is done, but %d companies were held back: let them pass with: synthsync approve %s %s --reason TEXT; or end one with: synthsync release COMPANY %s --reason TEXT", result.RunID, len(result.Holds), result.RunID, c.place, c.place)}
	}
	return nil
}

// settingsFault is the exit for what a person has to set right before anything can run.
func settingsFault(err error) error {
	var settings *fetch.SettingsError
	var other *ledger.TenantError
	if errors.As(err, &settings) || errors.As(err, &other) {
		return &exitError{exitSettings, err}
	}
	return nil
}

// Run shows what a run would tell.
func (c *planCommand) Run(ctx context.Context, p *process) error {
	if c.Stack != "" {
		return c.onStack(ctx, p)
	}
	m, err := c.here(p, c.Ledger, file.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer m.close()
	result, err := m.Plan(ctx, fetch.Event{Force: c.Force, Full: c.Full})
	m.progress.close()
	return c.show(p, result, err)
}

func (c *planCommand) show(p *process, result fetch.Result, err error) error {
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	if c.JSON {
		if err := writeJSON(p.stdout, result); err != nil {
			return err
		}
	} else {
		renderResult(p.stdout, result)
		if err == nil {
			renderChanges(p.stdout, result.Changes, result.Due, listed*4)
		}
	}
	switch {
	case err != nil:
		return &exitError{exitUndelivered, err}
	case result.State == fetch.StateHeld:
		return &exitError{exitHeld, errors.New("a run would be held")}
	case len(result.Holds) > 0:
		return &exitError{exitHeld, fmt.Errorf("a run would hold %d companies back", len(result.Holds))}
	}
	return nil
}

// checkedHere is what a check found on one machine.
type checkedHere struct {
	local.Checked
	ToMap []ToMap `json:"toMap"` // as in Report; empty without a ledger
}

func (c *checkCommand) place() place {
	return place{Ledger: c.Ledger, Stack: c.Stack, deployed: c.deployed}
}

// Run checks both logins and says what needs a hand.
func (c *checkCommand) Run(ctx context.Context, p *process) error {
	if c.Notify {
		return c.notify(ctx, p)
	}
	if c.Stack != "" {
		return c.onStack(ctx, p)
	}
	m, err := c.here(p, c.Ledger, file.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer m.close()
	checked := checkedHere{ToMap: []ToMap{}}
	if c.Ledger != "" {
		if checked.ToMap, err = c.place().worklist(ctx, p); err != nil {
			return err
		}
	}
	checked.Checked, err = m.Check(ctx)
	m.progress.close()
	if settings := settingsFault(err); settings != nil {
		return settings
	}
	if err != nil {
		return err
	}
	if c.Ledger != "" {
		if err := c.adviseOfLedger(ctx, p, m.Mode, &checked.Checked); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := writeJSON(p.stdout, checked); err != nil {
			return err
		}
	} else {
		renderChecked(p.stdout, checked.Checked, checked.ToMap)
		renderToMap(p.stdout, checked.ToMap, c.typed(c.place()))
		if c.Ledger == "" && checked.Synthesize.Accounts > checked.Synthesize.Mapped {
			fmt.Fprintln(p.stdout, "What is to be mapped, by units: synthsync check --ledger FILE")
		}
	}
	if checked.Failed {
		return &exitError{exitUndelivered, errors.New("a run would fail as things stand")}
	}
	return nil
}

// adviseOfLedger says what the ledger knows of a person's word that keeps runs from telling, and of a person who cannot be told.
func (c *checkCommand) adviseOfLedger(ctx context.Context, p *process, mode string, checked *local.Checked) error {
	book, done, err := c.place().book(ctx, p, true)
	if err != nil {
		return err
	}
	defer done()
	hand, err := book.Hand(ctx)
	if err != nil {
		return err
	}
	advise := func(format string, args ...any) {
		checked.Advice = append(checked.Advice, fmt.Sprintf(format, args...))
	}
	if hand.ModeOr(mode) == fetch.ModeObserve {
		advise("Runs observe and tell Synthesize nothing. When the plan is right: synthsync mode post %s", c.typed(c.place()))
	}
	if hand.Hold.On {
		advise("Posting is on hold by %s; it goes on with: synthsync resume %s", hand.Hold, c.place())
	}
	not, err := notTold(ctx, book)
	if not != nil {
		advise("Attention: %s %s", not, c.typed(c.place()))
	}
	return err
}

// openLedger turns the faults of a ledger file into exits: one that is in use is a run that did not happen, one that is
// no ledger is a wrong setting.
func openLedger(path string, o file.Options) (*file.Store, error) {
	store, err := file.Open(path, o)
	var inUse *file.InUseError
	switch {
	case err == nil:
		return store, nil
	case errors.As(err, &inUse):
		return nil, &exitError{exitUndelivered, err}
	}
	return nil, &exitError{exitSettings, err}
}
