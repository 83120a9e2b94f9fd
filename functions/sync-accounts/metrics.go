package main

import (
	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/wiring"
)

// outcomes are the metrics of one batch: what was made, and how many of its messages failed.
func outcomes(made accounts.Stats, failures []queue.Failure) metrics.Set {
	failed, refused := wiring.Failures(failures)
	return metrics.Set{Metrics: []metrics.Metric{
		metrics.Counted("AccountsCreated", made.Created),
		metrics.Counted("AccountsRenamed", made.Renamed),
		metrics.Counted("MessagesFailed", failed),
		metrics.Counted("RefusedLogins", refused),
	}}
}
