// Package metrics writes CloudWatch metrics as lines of log in the Embedded Metric Format (EMF): CloudWatch reads them out
// of the log by itself, so that a function calls no API and needs no right for it. By hand, since it is one JSON object:
// the known Go library for it has had no release since 2021, and its living fork needs a newer Go than this module.
package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Namespace is where the metrics are found in CloudWatch.
const Namespace = "synthsync"

// Stack is the dimension that every metric has: the name of the stack it comes from.
const Stack = "Stack"

// Limits of the format, as documented by AWS.
const (
	maxMetrics    = 100  // in a line
	maxName       = 255  // characters of a metric's or dimension's name
	maxValue      = 1024 // characters of a dimension's value
	maxDimensions = 30
)

// Unit is a unit that CloudWatch knows.
type Unit string

// The units in use.
const (
	Count   Unit = "Count"
	Seconds Unit = "Seconds"
	Percent Unit = "Percent"
)

// Metric is one value.
type Metric struct {
	Name  string
	Unit  Unit
	Value float64
}

// Counted is the metric of how many there are of something.
func Counted(name string, n int) Metric {
	return Metric{Name: name, Unit: Count, Value: float64(n)}
}

// Set is metrics that belong together.
type Set struct {
	// Dimensions tell series apart, beside Stack. Each value of one is a metric of its own, which AWS bills: never a
	// company, an account or a run.
	Dimensions map[string]string
	// Fields stand in the same line and make no metrics: a run's id, say. They can be searched for in the log.
	Fields  map[string]string
	Metrics []Metric
}

// Emitter writes the metrics of one stack.
type Emitter struct {
	Out   io.Writer
	Now   func() time.Time
	Stack string
}

// directive says which members of a line are metrics.
type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type definition struct {
	Name string
	Unit Unit
}

type meta struct {
	Timestamp         int64 // milliseconds since 1970
	CloudWatchMetrics []directive
}

// Emit writes a set, as one line or, where it has more metrics than a line may have, as several. What the format cannot
// hold is left out and named in the error; the rest is written all the same.
func (e *Emitter) Emit(set Set) error {
	var problems []error
	line := map[string]any{Stack: dimensionValue(e.Stack)}
	names := []string{Stack}
	for _, name := range slices.Sorted(maps.Keys(set.Dimensions)) {
		value := dimensionValue(set.Dimensions[name])
		if err := checkName(name, line); err != nil || value == "" || len(names) == maxDimensions {
			// Without one of its dimensions, a metric would be taken for another.
			return fmt.Errorf("metrics with dimension %q: %w", name, errors.Join(err, errDimension))
		}
		line[name] = value
		names = append(names, name)
	}
	for name, value := range set.Fields {
		if err := checkName(name, line); err != nil {
			problems = append(problems, fmt.Errorf("field %q: %w", name, err))
			continue
		}
		line[name] = value
	}
	metrics := set.Metrics
	for len(metrics) > 0 {
		n := min(len(metrics), maxMetrics)
		problems = append(problems, e.write(line, names, metrics[:n]))
		metrics = metrics[n:]
	}
	return errors.Join(problems...)
}

var errDimension = errors.New("its value must not be empty, and a metric has at most 30 of them")

// write writes one line: common with these metrics.
func (e *Emitter) write(common map[string]any, dimensions []string, metrics []Metric) error {
	var problems []error
	line := maps.Clone(common)
	d := directive{Namespace: Namespace, Dimensions: [][]string{dimensions}}
	for _, m := range metrics {
		err := checkName(m.Name, line)
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			err = errors.Join(err, fmt.Errorf("its value is %v", m.Value))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("metric %q: %w", m.Name, err))
			continue
		}
		line[m.Name] = m.Value
		d.Metrics = append(d.Metrics, definition{m.Name, m.Unit})
	}
	if len(d.Metrics) == 0 {
		return errors.Join(problems...)
	}
	line["_aws"] = meta{Timestamp: e.Now().UnixMilli(), CloudWatchMetrics: []directive{d}}
	body, err := json.Marshal(line)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	// In one write, so that no line of log comes between.
	if _, err := e.Out.Write(append(body, '\n')); err != nil {
		problems = append(problems, fmt.Errorf("write metrics: %w", err))
	}
	return errors.Join(problems...)
}

// checkName refuses a name that CloudWatch would not take, or that the line has already.
func checkName(name string, line map[string]any) error {
	if name == "" || len(name) > maxName || name == "_aws" || name[0] == ':' || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("its name must be 1 to %d printable ASCII characters, without a colon at the start", maxName)
	}
	if _, twice := line[name]; twice {
		return errors.New("the line has this name already")
	}
	return nil
}

// dimensionValue makes a text fit for a dimension, which takes printable ASCII only: other characters become their
// escapes, so that two services stay two.
func dimensionValue(text string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	out := b.String()
	if strings.HasPrefix(out, ":") {
		out = "_" + out
	}
	return out[:min(len(out), maxValue)]
}
