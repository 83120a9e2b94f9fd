package main

import (
	"context"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/metrics"
	"github.com/synthsync/synthsync/shared/wiring"
)

// goodRunTime is how long the ledger may take over the newest good run, out of what is left of the invocation.
const goodRunTime = 2 * time.Second

// emit writes the metrics of a run. A dry run has none: a person who only looks must neither quiet an alarm nor raise one.
func emit(ctx context.Context, f *wiring.Function, book *ledger.Ledger, r fetch.Result, err error) {
	if r.DryRun {
		return
	}
	sinceGood, known := sinceGoodRun(ctx, f, book, r)
	set := runMetrics(r, wiring.LoginRefused(err))
	if known {
		set.Metrics = append(set.Metrics, metrics.Metric{Name: "AgeOfNewestGoodRun", Unit: metrics.Seconds, Value: sinceGood.Seconds()})
	}
	f.Emit(ctx, append([]metrics.Set{set}, unitMetrics(r)...)...)
}

// emitNews writes how many things are new that need a hand, once that is known; of a failed run too: the next one knows them.
func emitNews(ctx context.Context, f *wiring.Function, r fetch.Result, news int) {
	if r.DryRun {
		return
	}
	f.Emit(ctx, metrics.Set{
		Fields: map[string]string{"runId": r.RunID}, Metrics: []metrics.Metric{metrics.Counted("NewThings", news)},
	})
}

// sinceGoodRun notes a good run, or tells how long ago the newest one was. Before the first one it is not known.
func sinceGoodRun(ctx context.Context, f *wiring.Function, book *ledger.Ledger, r fetch.Result) (since time.Duration, known bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodRunTime)
	defer cancel()
	if r.State == fetch.StateDone {
		if err := book.NoteGoodRun(ctx, r.ObservedAt); err != nil {
			f.Log.WarnContext(ctx, "the good run is not noted; a later run that fails looks further back", "runId", r.RunID, "error", err)
		}
		return 0, true
	}
	at, known, err := book.GoodRun(ctx)
	if err != nil {
		f.Log.WarnContext(ctx, "the newest good run is not known", "runId", r.RunID, "error", err)
		return 0, false
	}
	return max(f.Now().Sub(at), 0), known
}

// runMetrics are the metrics of one run. Of a failed one only what is true whatever was missing: its counts are no counts.
func runMetrics(r fetch.Result, refused bool) metrics.Set {
	set := metrics.Set{Fields: map[string]string{"runId": r.RunID}}
	add := func(name string, unit metrics.Unit, value float64) {
		set.Metrics = append(set.Metrics, metrics.Metric{Name: name, Unit: unit, Value: value})
	}
	good := r.State == fetch.StateDone
	add("RunsDone", metrics.Count, wiring.Flag(good))
	add("RunsHeld", metrics.Count, wiring.Flag(r.State == fetch.StateHeld || len(r.Holds) > 0)) // or a company of it
	add("RunsFailed", metrics.Count, wiring.Flag(r.State == fetch.StateFailed))
	add("GoodRun", metrics.Count, wiring.Flag(good))
	add("RefusedLogins", metrics.Count, wiring.Flag(refused))
	add("AutotaskRequests", metrics.Count, float64(r.Read.Requests))
	if r.Budget.Limit > 0 {
		// Used was asked for at the login; what this run has sent since came on top, whatever others did.
		add("BudgetUsedPercent", metrics.Percent, 100*float64(r.Budget.Used+r.Read.Requests)/float64(r.Budget.Limit))
	}
	if r.Budget.Needed > 0 {
		add("BudgetSharePercent", metrics.Percent, r.Budget.SharePercent())
	}
	if r.State == fetch.StateFailed {
		return set
	}
	invisible := 0
	for _, a := range r.Attention {
		if a.Kind == fetch.KindInvisible {
			invisible++
		}
	}
	add("Companies", metrics.Count, float64(r.Read.Companies))
	add("Items", metrics.Count, float64(r.Read.Items))
	add("CountsDue", metrics.Count, float64(r.Due))
	add("InvisibleCompanies", metrics.Count, float64(invisible))
	add("Attention", metrics.Count, float64(len(r.Attention)))
	return set
}

// unitMetrics are the units by service, of a run that was not held: what is billed by. A service is a line of its own,
// since a line has one value for each dimension.
func unitMetrics(r fetch.Result) []metrics.Set {
	var sets []metrics.Set
	if r.State != fetch.StateDone {
		return nil
	}
	for service, units := range r.Services {
		sets = append(sets, metrics.Set{
			Dimensions: map[string]string{"Service": service},
			Fields:     map[string]string{"runId": r.RunID},
			Metrics:    []metrics.Metric{{Name: "Units", Unit: metrics.Count, Value: float64(units)}},
		})
	}
	return sets
}
