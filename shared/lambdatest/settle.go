package lambdatest

import (
	"encoding/json"
	"fmt"
)

// Settlement is what SQS does with a batch after its invocation.
type Settlement struct {
	Deleted  []string // ids of the messages that are gone
	Returned []string // ids of those that come back after their visibility timeout
	Reason   string   // why the whole batch came back, unless the answer named each of its messages

	// Overtaken are the deleted ones that stood behind a returned one of their message group. On a FIFO queue that is a
	// fault of the function: the earlier message comes after the later one.
	Overtaken []string
}

// Settle applies the rules of an event source mapping with ReportBatchItemFailures. Everything is deleted when the
// answer is empty, null, or has no failures in it or null for them; the messages that it names come back; and the whole
// batch comes back when the invocation failed, the answer is no JSON object, or a failure has no itemIdentifier of just
// that spelling, an empty one, or one that no message of the batch has. (The last one is what LocalStack does; AWS's
// own text does not mention it.)
func Settle(r Response, b Batch) Settlement {
	failed, reason := failures(r, b)
	var s Settlement
	returnedGroup := make(map[string]bool)
	for _, m := range b.Messages {
		switch {
		case reason != "" || failed[m.ID]:
			s.Returned = append(s.Returned, m.ID)
			returnedGroup[m.Group] = true
		default:
			s.Deleted = append(s.Deleted, m.ID)
			if returnedGroup[m.Group] {
				s.Overtaken = append(s.Overtaken, m.ID)
			}
		}
	}
	s.Reason = reason
	return s
}

// failures are the ids that the answer names, or why it counts as a failure of the whole batch.
func failures(r Response, b Batch) (ids map[string]bool, reason string) {
	if r.Error != nil {
		return nil, r.Error.Error()
	}
	if len(r.Payload) == 0 {
		return nil, ""
	}
	// Maps, not structs: encoding/json takes a name in any case for a struct's field, SQS does not.
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(r.Payload, &answer); err != nil {
		return nil, "the answer is no JSON object: " + err.Error()
	}
	var items []map[string]json.RawMessage
	if raw, ok := answer["batchItemFailures"]; ok {
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, "batchItemFailures is no list of objects: " + err.Error()
		}
	}
	known := make(map[string]bool, len(b.Messages))
	for _, m := range b.Messages {
		known[m.ID] = true
	}
	ids = make(map[string]bool, len(items))
	for i, item := range items {
		var id string
		if err := json.Unmarshal(item["itemIdentifier"], &id); err != nil || id == "" {
			return nil, fmt.Sprintf("batchItemFailures[%d] has no itemIdentifier", i)
		}
		if !known[id] {
			return nil, fmt.Sprintf("batchItemFailures[%d] names %q, which is not in the batch", i, id)
		}
		ids[id] = true
	}
	return ids, ""
}
