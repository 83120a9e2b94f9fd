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
	return metrics.Set{Metrics: []metrics.Metric{
		metrics.Counted("Posted", o.Posted),
		metrics.Counted("Unchanged", o.Unchanged),
		metrics.Counted("Unmapped", o.Unmapped),
		metrics.Counted("MappingLost", o.Lost),
		metrics.Counted("Superseded", o.Superseded),
		metrics.Counted("Failed", failed),
		metrics.Counted("RefusedLogins", refused),
	}}
}
