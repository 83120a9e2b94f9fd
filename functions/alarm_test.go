package functions_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// point is one data point of a metric.
type point struct {
	namespace, name string
	dimensions      string // as "Name=Value", in the order of the names
	at              time.Time
	value           float64
}

func dimensionsOf(of map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, name+"="+of[name])
	}
	return strings.Join(out, " ")
}

// alarm is an alarm of the template, evaluated as CloudWatch documents it for alarms on one metric.
type alarm struct {
	id, namespace, metric, dimensions string
	statistic, comparison, missing    string
	threshold                         float64
	period                            time.Duration
	periods, toAlarm                  int
}

// States of an alarm.
const (
	ok       = "OK"
	inAlarm  = "ALARM"
	noStatus = "INSUFFICIENT_DATA"
)

func alarmsOf(t *testing.T, from template) map[string]alarm {
	t.Helper()
	alarms := map[string]alarm{}
	for id, r := range from.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		p := r.Properties
		for name := range p {
			if !slices.Contains([]string{"AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods",
				"DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions"}, name) {
				t.Errorf("%s: these tests do not know %s", id, name)
			}
		}
		figure := func(name string) float64 {
			var n float64
			if _, err := fmt.Sscan(fmt.Sprint(from.resolve(p[name])), &n); err != nil && p[name] != nil {
				t.Errorf("%s: %s is no figure: %v", id, name, p[name])
			}
			return n
		}
		dimensions := map[string]string{}
		for _, d := range p["Dimensions"].([]any) {
			d := d.(map[string]any)
			dimensions[fmt.Sprint(d["Name"])] = fmt.Sprint(from.resolve(d["Value"]))
		}
		a := alarm{
			id: id, namespace: fmt.Sprint(p["Namespace"]), metric: fmt.Sprint(p["MetricName"]), dimensions: dimensionsOf(dimensions),
			statistic: fmt.Sprint(p["Statistic"]), comparison: fmt.Sprint(p["ComparisonOperator"]), missing: fmt.Sprint(p["TreatMissingData"]),
			threshold: figure("Threshold"), period: time.Duration(figure("Period")) * time.Second,
			periods: int(figure("EvaluationPeriods")), toAlarm: int(figure("DatapointsToAlarm")),
		}
		if a.toAlarm == 0 {
			a.toAlarm = a.periods
		}
		if a.period%time.Minute != 0 || time.Duration(a.periods)*a.period > 7*24*time.Hour || a.periods > 1 && time.Duration(a.periods)*a.period > 24*time.Hour && a.period < time.Hour {
			t.Errorf("%s: CloudWatch does not take %d periods of %s", id, a.periods, a.period)
		}
		alarms[id] = a
	}
	return alarms
}

// state is what the alarm says at a time, minute by minute from the first data point on: what it said before counts where
// missing data are ignored.
func (a alarm) state(points []point, now time.Time) string {
	begin := now
	var own []point
	for _, p := range points {
		if p.at.Before(begin) {
			begin = p.at
		}
		if p.namespace == a.namespace && p.name == a.metric && p.dimensions == a.dimensions {
			own = append(own, p)
		}
	}
	state := noStatus
	for at := now.Add(-now.Sub(begin).Truncate(time.Minute)); !at.After(now); at = at.Add(time.Minute) {
		state = a.evaluate(own, at, state)
	}
	return state
}

func (a alarm) evaluate(own []point, now time.Time, before string) string {
	breaching, missing := 0, 0
	for n := range a.periods {
		until := now.Add(-time.Duration(n) * a.period)
		value, any := a.statisticOf(own, until.Add(-a.period), until)
		switch {
		case any && a.breaches(value), !any && a.missing == "breaching":
			breaching++
		case !any:
			missing++
		}
	}
	switch {
	case breaching >= a.toAlarm:
		return inAlarm
	case missing == a.periods && a.missing == "ignore":
		return before
	}
	return ok
}

// statisticOf is the statistic over one period.
func (a alarm) statisticOf(own []point, after, until time.Time) (value float64, any bool) {
	for _, p := range own {
		if !p.at.After(after) || p.at.After(until) {
			continue
		}
		switch {
		case a.statistic == "Sum":
			value += p.value
		case a.statistic == "Maximum" && (!any || p.value > value):
			value = p.value
		case a.statistic != "Maximum":
			panic("these tests do not know the statistic " + a.statistic)
		}
		any = true
	}
	return value, any
}

func (a alarm) breaches(value float64) bool {
	switch a.comparison {
	case "GreaterThanThreshold":
		return value > a.threshold
	case "GreaterThanOrEqualToThreshold":
		return value >= a.threshold
	case "LessThanThreshold":
		return value < a.threshold
	}
	panic("these tests do not know the comparison " + a.comparison)
}
