package metrics_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/metrics"
)

var at = time.Date(2026, 11, 23, 2, 16, 5, 123_000_000, time.UTC)

func emitter() (*metrics.Emitter, *bytes.Buffer) {
	var out bytes.Buffer
	return &metrics.Emitter{Out: &out, Now: func() time.Time { return at }, Stack: "prod"}, &out
}

// line is a line as CloudWatch reads it.
type line struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
	members map[string]any
}

// read holds each line to the rules of the format, as documented.
func read(t *testing.T, out string) []line {
	t.Helper()
	var lines []line
	for text := range strings.Lines(out) {
		var l line
		if err := errors.Join(json.Unmarshal([]byte(text), &l), json.Unmarshal([]byte(text), &l.members)); err != nil || !strings.HasSuffix(text, "\n") {
			t.Fatalf("no line of JSON: %v\n%s", err, text)
		}
		if len(text) > 256<<10 {
			t.Errorf("a line of %d bytes: CloudWatch Logs takes 256 KB", len(text))
		}
		if l.AWS.Timestamp != at.UnixMilli() {
			t.Errorf("timestamp %d, want milliseconds: %d", l.AWS.Timestamp, at.UnixMilli())
		}
		for _, d := range l.AWS.CloudWatchMetrics {
			if d.Namespace != "synthsync" || len(d.Dimensions) != 1 || len(d.Metrics) == 0 || len(d.Metrics) > 100 {
				t.Errorf("namespace %q, %d dimension sets, %d metrics", d.Namespace, len(d.Dimensions), len(d.Metrics))
			}
			for _, name := range d.Dimensions[0] {
				if value, isText := l.members[name].(string); !isText || value == "" || len(value) > 1024 || len(d.Dimensions[0]) > 30 {
					t.Errorf("dimension %q is %v", name, l.members[name])
				}
			}
			for _, m := range d.Metrics {
				if _, isNumber := l.members[m.Name].(float64); !isNumber || len(m.Name) > 255 {
					t.Errorf("metric %.300q is %v", m.Name, l.members[m.Name])
				}
				if !slices.Contains([]string{"Count", "Seconds", "Percent"}, m.Unit) {
					t.Errorf("metric %s: CloudWatch has no unit %q", m.Name, m.Unit)
				}
			}
		}
		lines = append(lines, l)
	}
	return lines
}

func TestEmit_OneLine_WithValuesDimensionsAndFieldsAtItsRoot(t *testing.T) {
	e, out := emitter()
	err := e.Emit(metrics.Set{
		Dimensions: map[string]string{"Service": "Managed Servers"},
		Fields:     map[string]string{"runId": "run-1"},
		Metrics:    []metrics.Metric{{Name: "Units", Unit: metrics.Count, Value: 12}},
	})
	want := `{"Service":"Managed Servers","Stack":"prod","Units":12,"_aws":{"Timestamp":1795400165123,"CloudWatchMetrics":` +
		`[{"Namespace":"synthsync","Dimensions":[["Stack","Service"]],"Metrics":[{"Name":"Units","Unit":"Count"}]}]},"runId":"run-1"}` + "\n"
	if err != nil || out.String() != want {
		t.Errorf("%v\ngot  %swant %s", err, out, want)
	}
	read(t, out.String())
}

func TestEmit_MoreThanAHundredMetrics_AreSplit(t *testing.T) {
	e, out := emitter()
	set := metrics.Set{Fields: map[string]string{"runId": "r"}}
	for i := range 250 {
		set.Metrics = append(set.Metrics, metrics.Metric{Name: fmt.Sprint("m", i), Unit: metrics.Seconds, Value: float64(i)})
	}
	if err := e.Emit(set); err != nil {
		t.Fatal(err)
	}
	lines := read(t, out.String())
	total := 0
	for _, l := range lines {
		total += len(l.AWS.CloudWatchMetrics[0].Metrics)
		if l.members["runId"] != "r" {
			t.Error("a line without the fields")
		}
	}
	if len(lines) != 3 || total != 250 {
		t.Errorf("%d lines with %d metrics, want 3 with 250", len(lines), total)
	}
}

func TestEmit_WhatTheFormatCannotHold_IsNamed_AndTheRestIsWritten(t *testing.T) {
	for name, m := range map[string]metrics.Metric{
		"":                       {Unit: metrics.Count},
		strings.Repeat("n", 256): {Unit: metrics.Count},
		"Größe":                  {Unit: metrics.Count},
		"_aws":                   {Unit: metrics.Count},
		"Stack":                  {Unit: metrics.Count},
		"Good":                   {Unit: metrics.Count},
		"NotANumber":             {Unit: metrics.Percent, Value: math.NaN()},
		"Endless":                {Unit: metrics.Percent, Value: math.Inf(1)},
	} {
		e, out := emitter()
		m.Name = name
		err := e.Emit(metrics.Set{Metrics: []metrics.Metric{{Name: "Good", Unit: metrics.Count, Value: 1}, m}})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%.20q: %v", name, err)
		}
		if lines := read(t, out.String()); len(lines) != 1 || len(lines[0].AWS.CloudWatchMetrics[0].Metrics) != 1 || lines[0].members["Good"] != 1.0 {
			t.Errorf("%.20q: the other metric is not there: %s", name, out)
		}
	}
}

func TestEmit_DimensionsTakeASCIIOnly_OthersStayApart(t *testing.T) {
	e, out := emitter()
	for _, service := range []string{"Geräte", "Gerate", "Ger\x00te\n", "機器", ": odd", strings.Repeat("x", 2000)} {
		if err := e.Emit(metrics.Set{Dimensions: map[string]string{"Service": service}, Metrics: []metrics.Metric{{Name: "Units", Unit: metrics.Count}}}); err != nil {
			t.Error(err)
		}
	}
	seen := map[string]bool{}
	for _, l := range read(t, out.String()) {
		value := l.members["Service"].(string)
		if seen[value] || strings.HasPrefix(value, ":") || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", value)
		}
		seen[value] = true
	}
	if len(seen) != 6 || !seen[`Ger\u00e4te`] {
		t.Errorf("%v", seen)
	}
}

func TestEmit_ADimensionThatCannotBe_WritesNothing(t *testing.T) {
	many := map[string]string{}
	for i := range 30 { // and Stack
		many[fmt.Sprint("d", i)] = "v"
	}
	for _, dimensions := range []map[string]string{{"Service": " "}, {"": "x"}, {"Stack": "other"}, many} {
		e, out := emitter()
		if err := e.Emit(metrics.Set{Dimensions: dimensions, Metrics: []metrics.Metric{{Name: "Units", Unit: metrics.Count}}}); err == nil || out.Len() > 0 {
			t.Errorf("%v: %v, %s", dimensions, err, out)
		}
	}
}

func TestEmit_NoMetrics_NoLine(t *testing.T) {
	e, out := emitter()
	if err := e.Emit(metrics.Set{Fields: map[string]string{"runId": "r"}}); err != nil || out.Len() > 0 {
		t.Errorf("%v, %q", err, out)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestEmit_NothingToWriteTo_IsAnError(t *testing.T) {
	e := metrics.Emitter{Out: broken{}, Now: time.Now, Stack: "prod"}
	if err := e.Emit(metrics.Set{Metrics: []metrics.Metric{{Name: "Units", Unit: metrics.Count}}}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
}
