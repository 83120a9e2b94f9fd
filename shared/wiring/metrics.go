package wiring

import (
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Emit writes metrics with the invocation's request id beside them. Metrics inform; that they could not be written undoes
// nothing and ends nothing.
func (f *Function) Emit(ctx context.Context, sets ...metrics.Set) {
	for _, set := range sets {
		if lc, ok := lambdacontext.FromContext(ctx); ok {
			set.Fields = maps.Clone(set.Fields)
			if set.Fields == nil {
				set.Fields = map[string]string{}
			}
			set.Fields["requestId"] = lc.AwsRequestID
		}
		if err := f.metrics.Emit(set); err != nil {
			f.Log.WarnContext(ctx, "metrics not written", "error", err)
		}
	}
}

// LoginRefused tells whether an error comes of a vendor that refused the login, or wants no requests: now, or as the
// ledger remembers it. A person has to act.
func LoginRefused(err error) bool {
	var remembered *ledger.Refusal
	return vendorapi.IsRefused(err) || vendorapi.IsFault(err) || errors.As(err, &remembered)
}

// Failures counts the messages of a batch that failed. One that only waits for its turn has not: its run's services
// message comes first, or too little time was left to begin. refused is 1 if a refused login is among the reasons, else 0:
// each message of a batch meets the same one.
func Failures(failures []queue.Failure) (failed, refused int) {
	for _, f := range failures {
		if !queue.Waits(f.Err) {
			failed++
		}
		if LoginRefused(f.Err) {
			refused = 1
		}
	}
	return failed, refused
}

// Flag is 1 for true and 0 for false, as a metric.
func Flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
