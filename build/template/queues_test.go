package template_test

import "strings"

// longest a queue can keep a message, in seconds, and the least receives before a message is given up: AWS advises 5, a
// person may choose 3.
const (
	longestRetention  = 1209600
	leastReceives     = 5
	leastReceivesEver = 3
)

func hiddenLongEnough(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		for _, queue := range st.sources(id) {
			timeout, hidden := number(st.property(id, "Timeout")), number(st.property(queue, "VisibilityTimeout"))
			if timeout <= 0 || hidden < 6*timeout {
				report(queue, "hides a message %vs, %s may run %vs: want six times that", hidden, id, timeout)
			}
			if hidden > 43200 {
				report(queue, "hides a message %vs, SQS allows 43200s", hidden)
			}
		}
	}
}

func redrives(_ *subject, st *stack, report report) {
	sourceOf := map[string]string{}
	for _, id := range st.ofType(function) {
		for _, queue := range st.sources(id) {
			dead := named(st.property(queue, "RedrivePolicy", "deadLetterTargetArn"))
			if dead == "" || st.resources[dead]["Type"] != queueType {
				report(queue, "has no dead-letter queue of this stack")
				continue
			}
			if other := sourceOf[dead]; other != "" || dead == queue {
				report(queue, "shares its dead letters with %s", other)
			}
			sourceOf[dead] = queue
			if isTrue(st.property(queue, "FifoQueue")) != isTrue(st.property(dead, "FifoQueue")) {
				report(dead, "is not the kind of queue that %s is, which SQS refuses", queue)
			}
			if keeps, source := number(st.property(dead, "MessageRetentionPeriod")), number(st.property(queue, "MessageRetentionPeriod")); keeps <= source {
				report(dead, "keeps %vs, its source %vs: a dead letter's age counts from its first sending", keeps, source)
			}
			receives := number(st.property(queue, "RedrivePolicy", "maxReceiveCount"))
			if receives < leastReceivesEver || st.isDefault() && receives < leastReceives {
				report(queue, "gives a message up after %v receives", receives)
			}
			if receives != number(st.params["MaxReceiveCount"]) {
				report(queue, "gives a message up after %v receives, not after what MaxReceiveCount says", receives)
			}
		}
	}
}

func queuesKeep(_ *subject, st *stack, report report) {
	ends := st.deadEnds()
	for _, id := range st.ofType(queueType) {
		keeps := number(st.property(id, "MessageRetentionPeriod"))
		if keeps < 60 || keeps > longestRetention {
			report(id, "does not say how long it keeps its messages")
		}
		if ends[id] != "" && keeps < longestRetention {
			report(id, "keeps %vs what nobody else has; SQS allows %d", keeps, longestRetention)
		}
	}
}

func queuesAreFIFO(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		for name, value := range st.environment(id) {
			if strings.HasSuffix(name, "_QUEUE_URL") || strings.HasSuffix(name, "_DEAD_LETTER_URL") {
				if !isTrue(st.property(named(value), "FifoQueue")) {
					report(named(value), "is no FIFO queue, and %s of %s sends groups", name, id)
				}
			}
		}
	}
	for _, id := range st.ofType(queueType) {
		fifo := isTrue(st.property(id, "FifoQueue"))
		if name := text(st.property(id, "QueueName")); name != "" && strings.HasSuffix(name, ".fifo") != fifo {
			report(id, "its name %s does not fit a FifoQueue: %v", name, fifo)
		}
		if fifo && text(st.property(id, "ContentBasedDeduplication")) != "false" {
			report(id, "takes equal contents for one message: equal counts of two runs would be swallowed")
		}
	}
}

func eventSources(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		events, _ := st.property(id, "Events").(tree)
		for name, e := range events {
			if at(e, "Type") != "SQS" {
				continue
			}
			where := id + "." + name
			if responses := list(at(e, "Properties", "FunctionResponseTypes")); len(responses) != 1 || responses[0] != "ReportBatchItemFailures" {
				report(where, "without ReportBatchItemFailures one failed message sends the whole batch again")
			}
			if n := number(at(e, "Properties", "ScalingConfig", "MaximumConcurrency")); n < 2 || n > 1000 {
				report(where, "has no MaximumConcurrency of 2 to 1000")
			}
			if n := number(at(e, "Properties", "BatchSize")); n < 1 || n > 10 {
				report(where, "BatchSize %v: a FIFO queue gives 1 to 10", n)
			}
			if at(e, "Properties", "Enabled") != nil && !isTrue(at(e, "Properties", "Enabled")) {
				report(where, "is switched off")
			}
			if at(e, "Properties", "FilterCriteria") != nil {
				report(where, "filters: what it leaves out is deleted unread")
			}
		}
	}
}

// deadEnds are the queues in which a message stays until a person comes, and why it is there.
func (s *stack) deadEnds() map[string]string {
	out := map[string]string{}
	for _, id := range s.ofType(queueType) {
		if dead := named(s.property(id, "RedrivePolicy", "deadLetterTargetArn")); dead != "" {
			out[dead] = "what " + id + " gave up"
		}
	}
	for _, id := range s.ofType(function) {
		if failure := s.property(id, "EventInvokeConfig", "DestinationConfig", "OnFailure"); at(failure, "Type") == "SQS" {
			out[named(at(failure, "Destination"))] = "invocations of " + id + " that failed"
		}
		if dead := named(s.property(id, "DeadLetterQueue", "TargetArn")); dead != "" {
			out[dead] = "invocations of " + id + " that failed"
		}
		events, _ := s.property(id, "Events").(tree)
		for name, e := range events {
			if dead := named(at(e, "Properties", "DeadLetterConfig", "Arn")); dead != "" {
				out[dead] = "starts by " + id + "." + name + " that failed"
			}
		}
	}
	return out
}
