package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
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
