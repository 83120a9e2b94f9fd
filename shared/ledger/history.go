package ledger

import (
	"context"
	"time"
)

var historyKey = Key{kindState, "history"}

// historyDays is how far back falls are looked for: a guard that looks at one day lets a bill melt within a month.
const historyDays = 30

// History is the fleet's totals, one entry a day: those of the day's first run that told.
type History struct {
	Days []HistoryDay `json:"days,omitempty"` // oldest first
}

// HistoryDay is one day's totals.
type HistoryDay struct {
	Day      string           `json:"day"` // UTC, 2006-01-02
	Services map[string]int64 `json:"services"`
}

// Highest is the highest total of a service in the days kept, and when that was; ok is false if there is none.
func (h History) Highest(service string) (units int64, day string, ok bool) {
	for _, d := range h.Days {
		if n, counted := d.Services[service]; counted && (!ok || n > units) {
			units, day, ok = n, d.Day, true
		}
	}
	return units, day, ok
}

// History reads the totals of the last 30 days.
func (l *Ledger) History(ctx context.Context) (History, error) {
	var h History
	_, err := l.load(ctx, historyKey, &h)
	return h, err
}

// NoteHistory adds a run's totals, and drops what is older than the days kept. What a person let pass (by service key) is
// no fall to look back to.
func (l *Ledger) NoteHistory(ctx context.Context, at time.Time, services map[string]int64, passed []string) error {
	_, err := update(ctx, l, historyKey, func(h *History) error {
		oldest := at.UTC().AddDate(0, 0, -historyDays).Format(time.DateOnly)
		today := at.UTC().Format(time.DateOnly)
		var days []HistoryDay
		noted := false
		for _, d := range h.Days {
			if d.Day < oldest {
				continue
			}
			kept := make(map[string]int64, len(d.Services))
			for key, n := range d.Services {
				kept[key] = n
			}
			for _, key := range passed {
				delete(kept, key)
			}
			noted = noted || d.Day == today && len(passed) == 0
			if d.Day != today || len(passed) == 0 {
				days = append(days, HistoryDay{d.Day, kept})
			}
		}
		if !noted {
			days = append(days, HistoryDay{today, services})
		}
		h.Days = days
		return nil
	})
	return err
}
