// Package fetch is the stage that reads Autotask, counts, compares with the ledger, and decides what is told, or
// refuses. Nothing is queued from an incomplete read or from a run that the guard holds.
//
// A way through it: stage.go is a run from its beginning to its record; read.go reads and fleet.go counts; decide.go is the
// order in which it is decided, with plan.go for what one account is told and why, guard.go for what holds a run, and judge.go
// for what a hold and a person's approval make of it; queue.go sends; attention.go is what a person should know.
package fetch

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// DefaultRules are the service rules that hold when none are set.
//
//go:embed default-services.yaml
var DefaultRules []byte

// Modes.
const (
	ModePost    = ledger.ModePost
	ModeObserve = ledger.ModeObserve
)

// Autotask is what this stage asks of the Autotask client, made for one run.
type Autotask interface {
	Login(ctx context.Context) (autotask.Login, error)
	InUse() autotask.InUse
	OwnCompany(ctx context.Context) (autotask.Company, error)
	QueryAccess(ctx context.Context, entity autotask.Entity) (autotask.Access, error)
	Types(ctx context.Context) ([]autotask.Type, error)
	Companies(ctx context.Context) ([]autotask.Company, error)
	CompanyTypes(ctx context.Context) ([]autotask.Type, error)
	CountItems(ctx context.Context, startAt []int64) (autotask.ItemCounts, error)
	Requests() int64
	Allowance() autotask.Allowance
}

// Stage is one configured fetch stage. Its fields are set once, before the first Run.
type Stage struct {
	Autotask      Autotask
	Ledger        *ledger.Ledger
	AccountsQueue Sender
	UsageQueue    Sender
	Log           *slog.Logger
	Now           func() time.Time
	NewRunID      func() string

	Rules             services.Rules
	InForce           services.Rules // of a dry run that tries other Rules: those in force, to compare with; else nil
	Mode              string         // the setting; a person's word in the ledger wins
	Guard             Guard
	RefreshAfter      time.Duration
	IncludeOwnCompany bool
	InactiveZero      bool // items of companies not marked active count as 0
	// CompanyTypes are the names or ids of the company types for whose companies accounts are made; none: all.
	CompanyTypes []string

	// For the record of who did what: the hash of the rules, and the program's version.
	RulesHash string
	Version   string

	// LeaseFor is longer than a run may last; 0 where the ledger itself is locked for the life of the process.
	LeaseFor time.Duration
	// SecretVersion is the version of the Autotask credentials in use.
	SecretVersion func(ctx context.Context) (string, error)
	// Look, if set, looks at Synthesize before anything is compared (on one machine; in the cloud sync-accounts looks).
	Look func(ctx context.Context, rules []ledger.Rule) (Seen, error)
}

// Seen is what a look at Synthesize tells this stage, beside what it has put into the ledger.
type Seen struct {
	Mapped    map[string]bool // accounts that Synthesize calls mapped (true) or not, by id; none where it does not say
	Attention []Attention
}

// SettingsError says that the run cannot begin as it is set up: rules that do not fit the tenant, another tenant.
type SettingsError struct{ Err error }

func (e *SettingsError) Error() string { return e.Err.Error() }
func (e *SettingsError) Unwrap() error { return e.Err }

// run is one execution.
type run struct {
	*Stage
	event  Event
	held   ledger.Lease
	result Result
	record ledger.Run
	bound  autotask.InUse  // the login that was last held against the ledger's tenant
	base   ledger.Baseline // what the guard compares with
	fleet  *fleet
	// inForce is the same read counted by the rules in force, if others are tried; nil if they fit the tenant no more.
	inForce        *fleet
	inForceProblem string
	mapped         map[string]bool
	hand           ledger.Hand // what a person has decided for all runs
	// released are the companies that a person has ended, by account id; followed is what this run has found of them
	// that is news.
	released map[string]ledger.Release
	followed map[ledger.Release]ledger.Found
	rights   map[string]autotask.Access // what the API user may read, by entity
	// companyTypes are those for whose companies accounts are made, by id; none: all.
	companyTypes     map[int64]bool
	companyTypeNames map[int64]string
	// unmatched says which rules that had items then fit no type of the tenant now.
	unmatched *services.NoTypesError
}

// Run executes one run. A held run is no error. After an error, Result says what is known, with State failed.
//
// A dry run works on a copy of the ledger that is thrown away: hand in a Stage made on an overlay.
func (s *Stage) Run(ctx context.Context, event Event) (Result, error) {
	r := &run{Stage: s, event: event}
	id := event.ExecutionID
	if id == "" {
		id = s.NewRunID()
	}
	r.result = Result{RunID: id, State: StateFailed, Mode: s.Mode, DryRun: event.DryRun, Services: map[string]int64{}}
	r.result.Read.Uncovered = map[string]int64{}
	err := tenantError(s.Ledger.Check(ctx))
	if err == nil {
		r.hand, err = s.Ledger.Hand(ctx)
	}
	if err == nil {
		r.result.Mode = r.hand.ModeOr(s.Mode)
		err = r.begin(ctx)
	}
	if err != nil {
		r.result.Reason = err.Error()
		return r.result, err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := s.Ledger.End(end, r.held); err != nil {
			s.Log.WarnContext(ctx, "the lease ends by itself", "runId", id, "error", err)
		}
	}()
	if err := r.execute(ctx); err != nil {
		r.result.State, r.result.Reason = StateFailed, err.Error()
		if unsaved := r.save(ctx); unsaved != nil {
			err = errors.Join(err, unsaved)
		}
		return r.result, err
	}
	if err := r.save(ctx); err != nil {
		r.result.State, r.result.Reason = StateFailed, err.Error()
		return r.result, err
	}
	return r.result, nil
}

func (r *run) begin(ctx context.Context) error {
	var err error
	if r.held, err = r.Ledger.Begin(ctx, r.result.RunID, r.LeaseFor); err != nil {
		return err
	}
	r.result.ObservedAt = r.held.ObservedAt
	if r.held.Behind > 0 {
		r.attend(KindClock, 0, "this machine's clock is %s behind the newest run; counts are told in the right order all the same, but correct the clock", r.held.Behind.Round(time.Second))
	}
	r.record = ledger.Run{ID: r.result.RunID, ObservedAt: r.held.ObservedAt, StartedAt: r.Now().UTC(), State: StateReading, Mode: r.result.Mode}
	if r.result.Mode != r.Mode {
		r.attend(KindMode, 0, "the setting MODE says %s; the mode is %s, set by %s", r.Mode, r.result.Mode, r.hand.Mode.Word)
	}
	if err := r.Ledger.SaveRun(ctx, r.record); err != nil {
		return err
	}
	return r.Ledger.NoteRun(ctx, r.act(StateReading))
}

func (r *run) execute(ctx context.Context) error {
	if err := r.login(ctx); err != nil {
		return err
	}
	if r.Look != nil {
		seen, err := r.Look(ctx, LedgerRules(r.Rules))
		if err != nil {
			return tenantError(err)
		}
		r.mapped = seen.Mapped
		r.result.Attention = append(r.result.Attention, seen.Attention...)
	}
	var err error
	if r.base, err = r.Ledger.Baseline(ctx); err != nil {
		return err
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	if err := r.Ledger.NoteRules(ctx, r.act("")); err != nil { // that fit this tenant
		return err
	}
	return r.decide(ctx)
}

// login makes the one call that goes alone, unless this secret was refused to this very run before (a retried
// invocation), and makes sure of the tenant.
func (r *run) login(ctx context.Context) error {
	version, err := r.SecretVersion(ctx)
	if err != nil {
		return err
	}
	// Only a refusal to this very run counts (a retried invocation): its observedAt is newer than any before.
	if err := r.Ledger.Refused(ctx, ledger.Autotask, r.result.RunID, r.held.ObservedAt, version); err != nil {
		return err
	}
	_, err = r.Autotask.Login(ctx)
	r.result.Read.Requests = r.Autotask.Requests()
	if err != nil {
		var refused *vendorapi.RefusedError
		if errors.As(err, &refused) {
			return errors.Join(err, r.noteRefusal(ctx, refused))
		}
		return err
	}
	r.result.Budget = BudgetOf(r.Autotask.Allowance())
	return r.bind(ctx)
}

// bind holds the tenant that is being read against the ledger's, which it binds if it is new.
func (r *run) bind(ctx context.Context) error {
	own, err := r.Autotask.OwnCompany(ctx)
	r.result.Read.Requests = r.Autotask.Requests()
	if err != nil {
		return err
	}
	r.bound = r.Autotask.InUse()
	note, err := r.Ledger.BindAutotask(ctx, ledger.AutotaskTenant{Database: r.bound.Zone.Database, Name: own.Name})
	if note != "" {
		r.attend(KindTenant, 0, "%s", note)
	}
	return tenantError(err)
}

// noteRefusal notes the version that was refused: the secret may hold another one by now.
func (r *run) noteRefusal(ctx context.Context, refused *vendorapi.RefusedError) error {
	return r.Ledger.NoteRefusal(ctx, ledger.Refusal{
		Vendor: ledger.Autotask, RunID: r.result.RunID, ObservedAt: r.held.ObservedAt, SecretVersion: refused.SecretVersion, Text: refused.Error(),
	})
}

// tenantError tells another tenant, or a ledger of a newer program, apart from what may heal by itself.
func tenantError(err error) error {
	var other *ledger.TenantError
	var newer *ledger.FormatError
	var half *ledger.ImportingError
	if errors.As(err, &other) || errors.As(err, &newer) || errors.As(err, &half) {
		return &SettingsError{err}
	}
	return err
}

// save writes the run's record: also when the run is being ended, since a person will look for it.
func (r *run) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	body, err := r.result.Record()
	if err != nil {
		return fmt.Errorf("record run %s: %w", r.result.RunID, err)
	}
	r.record.State, r.record.Reason, r.record.Report = r.result.State, cut(r.result.Reason), body
	r.record.EndedAt = r.Now().UTC()
	return errors.Join(r.Ledger.SaveRun(ctx, r.record), r.Ledger.NoteRun(ctx, r.act(r.result.State)))
}
