package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// Invoke starts a run, or (DryRun) a plan, and waits for its answer. What is then on the queues is Follow's.
func (s *Stack) Invoke(ctx context.Context, event fetch.Event) (fetch.Result, error) {
	fields := map[string]any{}
	for name, text := range map[string]string{"actor": event.Actor, "reason": event.Reason, "rules": event.Rules} {
		if text != "" {
			fields[name] = text
		}
	}
	for name, set := range map[string]bool{"dryRun": event.DryRun, "force": event.Force, "full": event.Full, "notifyTest": event.NotifyTest} {
		if set {
			fields[name] = true
		}
	}
	payload, err := json.Marshal(fields)
	if err != nil {
		return fetch.Result{}, err
	}
	out, err := s.invoker().Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(s.Function()), Payload: payload})
	if err != nil {
		if ctx.Err() != nil {
			return fetch.Result{}, fmt.Errorf("function %s goes on by itself; see it with: synthsync report --stack %s: %w", s.Function(), s.Name, context.Cause(ctx))
		}
		return fetch.Result{}, s.explain("invoke function "+s.Function()+" (if it was reached, its run goes on by itself: see synthsync report --stack "+s.Name+")", err)
	}
	if aws.ToString(out.FunctionError) != "" {
		return fetch.Result{}, s.failure(out.Payload)
	}
	var result fetch.Result
	if err := json.Unmarshal(out.Payload, &result); err != nil || result.RunID == "" {
		return fetch.Result{}, errors.Join(fmt.Errorf("function %s answered what this program does not understand; are they of one version?", s.Function()), err)
	}
	return result, nil
}

func (s *Stack) failure(payload []byte) error {
	var failed struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(payload, &failed); err != nil || failed.ErrorMessage == "" {
		failed.ErrorMessage = string(payload[:min(len(payload), 500)])
	}
	e := &InvocationError{Function: s.Function(), Type: failed.ErrorType, Message: failed.ErrorMessage}
	if e.Type == "SettingsError" || e.Type == "EventError" {
		return &fetch.SettingsError{Err: e}
	}
	return e
}

// Progress is told how far the delivery is.
type Progress interface {
	Told(answers, total int)
	Waiting(vendor, reason string, wait time.Duration)
}

// poll is how often the ledger is asked.
const poll = 2 * time.Second

// Follow waits until what a run queued is delivered, for as long as something happens: patience is how long nothing may.
// The result's Usage is brought up to date; what is not delivered by then counts as failed, and is still tried by the
// queues.
func Follow(ctx context.Context, book *ledger.Ledger, result *fetch.Result, patience time.Duration, now func() time.Time, p Progress) error {
	last, since := -1, now()
	for {
		ended, open, err := delivered(ctx, book, result)
		if err != nil {
			return err
		}
		if ended >= result.Due && open == 0 {
			return nil
		}
		result.Usage.Failed = max(result.Due-ended, open)
		if ended != last {
			last, since = ended, now()
			p.Told(min(ended, result.Due), result.Due)
		}
		if now().Sub(since) >= patience {
			return nil
		}
		timer := time.NewTimer(poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// Undelivered brings a result's Usage up to date, and counts what the run meant to tell and what has not come to an end: it is
// under way, or lies with the dead letters.
func Undelivered(ctx context.Context, book *ledger.Ledger, result *fetch.Result) (int, error) {
	ended, open, err := delivered(ctx, book, result)
	return max(result.Due-ended, open), err
}

// delivered counts the pairs that came to an end, and, once that looks like all of them, the accounts whose message has
// not ended: a message that SQS delivered twice counts twice.
func delivered(ctx context.Context, book *ledger.Ledger, result *fetch.Result) (ended, open int, err error) {
	run, ok, err := book.RunAt(ctx, result.ObservedAt)
	if err != nil {
		return 0, 0, err
	}
	if !ok {
		return 0, 0, fmt.Errorf("the ledger has no record of run %s", result.RunID)
	}
	o := run.Outcomes
	o.Failed = 0 // tries that failed; what counts is what is left in the end
	result.Usage = o
	ended = o.Posted + o.Unchanged + o.Unmapped + o.Lost + o.Superseded
	if ended < result.Due {
		return ended, 0, nil
	}
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, a := range accounts {
		if a.OpenIntent() && a.Intent.ObservedAt.Equal(result.ObservedAt) {
			open++
		}
	}
	return ended, open, nil
}
