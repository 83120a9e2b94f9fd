package main

import (
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/wiring"
)

// outcomes are the metrics of one batch: what became of its counts, and how many of its messages failed.
func outcomes(o ledger.Outcomes, failures []queue.Failure) metrics.Set {
	failed, refused := wiring.Failures(failures)
	count := func(name string, n int) metrics.Metric {
		return metrics.Metric{Name: name, Unit: metrics.Count, Value: float64(n)}
	}
	return metrics.Set{Metrics: []metrics.Metric{
		count("Posted", o.Posted),
		count("Unchanged", o.Unchanged),
		count("Unmapped", o.Unmapped),
		count("MappingLost", o.Lost),
		count("Superseded", o.Superseded),
		count("Failed", failed),
		count("RefusedLogins", refused),
	}}
}
