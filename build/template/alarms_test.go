package template_test

import (
	"regexp"
	"slices"
	"strings"
)

// alarms are the ids of all alarms, composite ones included.
func (s *stack) alarms() []string {
	return append(s.ofType(alarmType), s.ofType("AWS::CloudWatch::CompositeAlarm")...)
}

// watches says that an alarm looks at a metric of one thing, and fires at the first of it.
func (s *stack) watches(alarm, namespace, metric, dimension, value string) bool {
	if s.property(alarm, "Namespace") != namespace || s.property(alarm, "MetricName") != metric {
		return false
	}
	dimensions := list(s.property(alarm, "Dimensions"))
	if len(dimensions) != 1 || at(dimensions[0], "Name") != dimension || at(dimensions[0], "Value") != value {
		return false
	}
	threshold, comparison := number(s.property(alarm, "Threshold")), s.property(alarm, "ComparisonOperator")
	atOnce := comparison == "GreaterThanOrEqualToThreshold" && threshold > 0 && threshold <= 1 || comparison == "GreaterThanThreshold" && threshold == 0
	statistic := text(s.property(alarm, "Statistic"))
	return atOnce && (statistic == "Maximum" || statistic == "Sum") && number(s.property(alarm, "EvaluationPeriods")) == 1
}

func deadEndsAlarm(_ *subject, st *stack, report report) {
	for queue, holds := range st.deadEnds() {
		if !slices.ContainsFunc(st.alarms(), func(a string) bool {
			return st.watches(a, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${"+queue+".QueueName}")
		}) {
			report(queue, "no alarm at the first message, and it holds %s", holds)
		}
	}
}

func errorsAlarm(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		if !slices.ContainsFunc(st.alarms(), func(a string) bool {
			return st.watches(a, "AWS/Lambda", "Errors", "FunctionName", "${"+id+"}")
		}) {
			report(id, "no alarm at its first error")
		}
	}
}

func alarmsTell(_ *subject, st *stack, report report) {
	for _, id := range st.alarms() {
		actions := list(st.property(id, "AlarmActions"))
		reaches := slices.ContainsFunc(actions, func(a any) bool {
			return st.resources[named(a)]["Type"] == topicType || strings.HasPrefix(text(a), "arn:") && strings.Contains(text(a), ":sns:")
		})
		if !reaches || st.property(id, "ActionsEnabled") != nil && !isTrue(st.property(id, "ActionsEnabled")) {
			report(id, "publishes to no topic")
		}
		if description := text(st.property(id, "AlarmDescription")); len(description) < 40 || !strings.HasSuffix(description, ".") {
			report(id, "does not say what it means: %q", description)
		}
		if st.resources[id]["Type"] != alarmType {
			continue
		}
		switch missing := st.property(id, "TreatMissingData"); missing {
		case "notBreaching", "breaching", "ignore":
		default:
			report(id, "does not say what no data means")
		}
		if metrics := list(st.property(id, "Metrics")); len(metrics) == 0 {
			alarmReads(st, id, st.resources[id]["Properties"], report)
		} else {
			for _, m := range metrics {
				if metric := at(m, "MetricStat", "Metric"); metric != nil {
					alarmReads(st, id, metric, report)
				}
			}
		}
	}
	for _, id := range st.ofType("AWS::SNS::Subscription") {
		if text(st.property(id, "Endpoint")) == "" {
			report(id, "tells nobody")
		}
	}
	if text(st.params["AlarmEmail"]) != "" && len(st.ofType("AWS::SNS::Subscription")) == 0 {
		report("AlarmEmail", "is given, and is told nothing")
	}
}

// alarmReads checks that a metric is one stack's: the program's own are told apart by a dimension.
func alarmReads(st *stack, id string, metric any, report report) {
	namespace := text(at(metric, "Namespace"))
	if namespace == "" || text(at(metric, "MetricName")) == "" {
		report(id, "reads no metric")
	}
	if strings.HasPrefix(namespace, "AWS/") || strings.Contains(namespace, "${AWS::StackName}") {
		return
	}
	own := slices.ContainsFunc(list(at(metric, "Dimensions")), func(d any) bool {
		value := text(at(d, "Value"))
		return strings.Contains(value, "${AWS::StackName}") || named(value) != "" && st.resources[named(value)] != nil
	})
	if !own {
		report(id, "reads %s of every stack in the account", namespace)
	}
}

// alarmName is how the runbook names an alarm.
var alarmName = regexp.MustCompile("`([A-Z][A-Za-z0-9]*Alarm)`")

func runbookHasAll(s *subject, stacks []*stack, report report) {
	known := map[string]bool{}
	for _, st := range stacks {
		for _, id := range st.alarms() {
			known[id] = true
		}
	}
	has := map[string]bool{}
	for line := range strings.Lines(s.runbook) {
		first := line
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			first = cells[1]
		} else if !strings.HasPrefix(line, "#") {
			continue
		}
		for _, m := range alarmName.FindAllStringSubmatch(first, -1) {
			has[m[1]] = true
		}
	}
	for _, id := range sorted(known) {
		if !has[id] {
			report("docs/runbook.md", "has no row and no heading for %s", id)
		}
	}
	for _, m := range alarmName.FindAllStringSubmatch(s.runbook, -1) {
		if !known[m[1]] {
			report("docs/runbook.md", "names %s, which the template does not have", m[1])
		}
	}
}
