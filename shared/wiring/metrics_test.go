package wiring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
	"github.com/synthsync/synthsync/shared/wiring"
)

func TestFailures_WaitingIsNotFailing_AndARefusedLoginCountsOnce(t *testing.T) {
	refused := fmt.Errorf("company 1: %w", queue.RetryAfter(&vendorapi.Error{Err: &vendorapi.RefusedError{}}, time.Minute))
	for name, c := range map[string]struct {
		errs            []error
		failed, refused int
	}{
		"nothing":             {},
		"waiting":             {[]error{queue.Wait(errors.New("its turn has not come"), time.Second), queue.ErrNoTime}, 0, 0},
		"an outage":           {[]error{errors.New("503"), errors.New("503")}, 2, 0},
		"refused":             {[]error{refused, refused}, 2, 1},
		"refused before":      {[]error{queue.RetryAfter(&ledger.Refusal{}, time.Minute)}, 1, 1},
		"no requests, please": {[]error{errors.Join(errors.New("company 2"), &vendorapi.FaultError{})}, 1, 1},
	} {
		var failures []queue.Failure
		for _, err := range c.errs {
			failures = append(failures, queue.Failure{Err: err})
		}
		if failed, refused := wiring.Failures(failures); failed != c.failed || refused != c.refused {
			t.Errorf("%s: %d failed, refused %d", name, failed, refused)
		}
	}
}

func TestEmit_HasTheStackAndTheRequest_WhateverTheLogLevel(t *testing.T) {
	var out bytes.Buffer
	env := map[string]string{"STACK_NAME": "prod", "LOG_LEVEL": "ERROR", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
	f, err := wiring.New(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, &out, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	fields := map[string]string{"runId": "run-1"}
	f.Emit(ctx, metrics.Set{Fields: fields, Metrics: []metrics.Metric{{Name: "GoodRun", Unit: metrics.Count, Value: 1}}})
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["Stack"] != "prod" || line["requestId"] != "request-1" || line["GoodRun"] != 1.0 || line["runId"] != "run-1" {
		t.Errorf("%v: %s", err, &out)
	}
	if len(fields) != 1 {
		t.Error("the caller's fields were changed")
	}
}
