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
	count := func(name string, n int) metrics.Metric {
		return metrics.Metric{Name: name, Unit: metrics.Count, Value: float64(n)}
	}
	return metrics.Set{Metrics: []metrics.Metric{
		count("AccountsCreated", made.Created),
		count("AccountsRenamed", made.Renamed),
		count("MessagesFailed", failed),
		count("RefusedLogins", refused),
	}}
}
