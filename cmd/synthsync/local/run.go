package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Plan reads and compares as a run does, on a copy of the ledger that is thrown away. It sends nothing that writes.
func (m *Machine) Plan(ctx context.Context, event fetch.Event) (fetch.Result, error) {
	s, err := m.open(true)
	if err != nil {
		return fetch.Result{}, &fetch.SettingsError{Err: err}
	}
	event.DryRun = true
	return s.fetchStage().Run(ctx, event)
}

// Diff plans with other rules, and says what they would count beside those of the configuration.
func (m *Machine) Diff(ctx context.Context, rules services.Rules) (fetch.Result, error) {
	s, err := m.open(true)
	if err != nil {
		return fetch.Result{}, &fetch.SettingsError{Err: err}
	}
	stage := s.fetchStage()
	stage.InForce, stage.Rules, stage.RulesHash = stage.Rules, rules, rules.Hash()
	return stage.Run(ctx, fetch.Event{DryRun: true})
}

// Run executes one run to its end: what is not delivered when it returns is in Usage.Failed, stays in the ledger as
// meant, and is told by the next run. A held run is no error.
func (m *Machine) Run(ctx context.Context, event fetch.Event) (fetch.Result, error) {
	s, err := m.open(event.DryRun)
	if err != nil {
		return fetch.Result{}, &fetch.SettingsError{Err: err}
	}
	result, err := s.fetchStage().Run(ctx, event)
	if err != nil || result.State != fetch.StateDone || event.DryRun || result.Mode == fetch.ModeObserve {
		return result, err
	}
	s.makeAccounts(ctx)
	s.tell(ctx, &result)
	err = s.conclude(ctx, &result)
	var undelivered *UndeliveredError
	if err != nil && !errors.As(err, &undelivered) { // what became of it cannot be told, or not be written down
		result.State, result.Reason = fetch.StateFailed, strings.TrimPrefix(result.Reason+"; "+err.Error(), "; ")
	}
	return result, err
}

// makeAccounts works the accounts queue. A creation whose answer was lost is waited for, since only then it is certain
// whether the thing stands.
func (s *session) makeAccounts(ctx context.Context) {
	stage := s.accountsStage()
	end := s.Now().Add(2 * s.makingLives())
	for {
		batch := s.accounts.Receive(s.accounts.Len())
		if len(batch) == 0 {
			due, waiting := s.accounts.NextDue()
			if !waiting || due.After(end) || s.synthesize.Stopped() != nil || !s.rest(ctx, due) {
				return
			}
			continue
		}
		failures := stage.Handle(ctx, batch)
		s.accounts.Settle(batch, failures)
		if gaveUp(failures) {
			return
		}
	}
}

// rest waits until a message is due again.
func (s *session) rest(ctx context.Context, due time.Time) bool {
	wait := max(time.Until(due), time.Millisecond)
	s.Progress.Waiting("Synthesize", "whether a creation took effect is not known yet", wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// gaveUp tells whether a failure is one that another try in this run would only repeat.
func gaveUp(failures []queue.Failure) bool {
	for _, f := range failures {
		if !f.Dead && f.RetryAfter == 0 && !errors.Is(f.Err, queue.ErrGroup) {
			return true
		}
	}
	return false
}

// tell works the usage queue once: each post is repeated by the client as long as patience lasts, so what fails after
// that is left to the next run.
func (s *session) tell(ctx context.Context, result *fetch.Result) {
	batch := s.usage.Receive(s.usage.Len())
	if len(batch) == 0 {
		return
	}
	total := result.Due
	var answers atomic.Int64
	stage := s.usageStage(func() { s.Progress.Told(int(answers.Add(1)), total) })
	failures, summary := stage.Handle(ctx, batch)
	s.usage.Settle(batch, failures)
	result.Usage = result.Usage.Add(summary.Outcomes)
}

// conclude sums up what was delivered, and corrects the run's record.
func (s *session) conclude(ctx context.Context, result *fetch.Result) error {
	result.Accounts = fetch.AccountStats{Created: s.stats.Created, Renamed: s.stats.Renamed}
	result.Read.Requests = s.autotask.Requests()
	var reasons []error
	left := append(s.accounts.Left(), s.accounts.Dead()...)
	for _, letter := range left {
		reasons = append(reasons, fmt.Errorf("not made: %s", letter.Reason))
	}
	for _, letter := range append(s.usage.Left(), s.usage.Dead()...) {
		m, err := message.DecodeUsage(letter.Body)
		if err != nil {
			return fmt.Errorf("read back what was not delivered: %w", err)
		}
		result.Usage.Failed += len(m.Counts)
		left = append(left, letter)
		reasons = append(reasons, fmt.Errorf("not told: company %s (%s): %s", m.Account.ID, m.Account.Name, letter.Reason))
	}
	err := s.attend(ctx, result)
	lost := lostOf(*result)
	if lost > 0 {
		reasons = append(reasons, LostMappings(lost))
	}
	if len(reasons) > 0 {
		result.State = fetch.StateFailed
		result.Reason = summarize(reasons)
	}
	if err != nil {
		return err
	}
	if err := s.record(ctx, *result); err != nil {
		return err
	}
	if err := s.keepLetters(ctx, result); err != nil {
		return err
	}
	if len(reasons) > 0 {
		return &UndeliveredError{Reason: result.Reason, Messages: len(left), Lost: lost, Stopped: s.synthesize.Stopped()}
	}
	return nil
}

// lostOf is how many mappings are lost: those that the run met, or, if they are more, all that it knows of. A count that owes
// nothing now, or whose company cannot be seen, is not tried, and lost all the same.
func lostOf(r fetch.Result) int {
	known := 0
	for _, a := range r.Attention {
		if a.Kind == fetch.KindMappingLost {
			known++
		}
	}
	return max(r.Usage.Lost, known)
}

// UndeliveredError says that a run ended with something not delivered.
type UndeliveredError struct {
	Reason   string
	Messages int   // that are left
	Lost     int   // mappings lost
	Stopped  error // the refusal that ended the run, if one did
}

func (e *UndeliveredError) Error() string { return e.Reason }
func (e *UndeliveredError) Unwrap() error { return e.Stopped }

// Refused tells whether a vendor refused the login.
func (e *UndeliveredError) Refused() bool { return vendorapi.IsRefused(e.Stopped) }

// summarize shows the first reasons: thousands of messages fail for one.
func summarize(reasons []error) string {
	const most = 5
	if len(reasons) > most {
		last := reasons[len(reasons)-1]
		reasons = append(reasons[:most-1:most-1], fmt.Errorf("… and %d more", len(reasons)-most), last)
	}
	text := ""
	for i, r := range reasons {
		if i > 0 {
			text += "; "
		}
		text += r.Error()
	}
	return text
}

// attend says anew which of the counts told are not mapped: what was known of them before the telling is old.
func (s *session) attend(ctx context.Context, result *fetch.Result) error {
	if len(result.Changes) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	known, err := s.book.Accounts(ctx)
	if err != nil {
		return err
	}
	svc, err := s.book.Services(ctx)
	if err != nil {
		return err
	}
	type pair struct{ account, service string }
	told := map[pair]bool{}
	var found []fetch.Attention
	for _, c := range result.Changes {
		told[pair{c.AccountID, c.Service}] = true
		service, ok := svc.ByName(c.Service)
		if !ok {
			continue
		}
		if a, unmapped := fetch.MappingAttention(known[c.AccountID].Pair(service), c); unmapped {
			found = append(found, a)
		}
	}
	result.Attention = append(slices.DeleteFunc(result.Attention, func(a fetch.Attention) bool {
		return a.Service != "" && told[pair{a.AccountID, a.Service}]
	}), found...)
	return nil
}

func (s *session) record(ctx context.Context, result fetch.Result) error {
	ctx = context.WithoutCancel(ctx)
	run, ok, err := s.book.RunAt(ctx, result.ObservedAt)
	if err != nil || !ok {
		return err
	}
	body, err := result.Record()
	if err != nil {
		return fmt.Errorf("record run %s: %w", result.RunID, err)
	}
	run.State, run.Reason, run.Report, run.EndedAt = result.State, result.Reason, body, s.Now().UTC()
	return errors.Join(s.book.SaveRun(ctx, run), s.book.EndRun(ctx, run.ObservedAt, result.State))
}
