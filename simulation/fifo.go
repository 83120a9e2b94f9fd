package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	visibility    = 12 * time.Minute // of the template: six times the workers' time
	maxReceives   = 10
	batchSize     = 10
	deduplication = 5 * time.Minute
)

// fifo is an SQS FIFO queue with its dead letters.
type fifo struct {
	name       string
	next       int
	entries    []*entry
	recent     map[string]time.Time
	dead       []*letter
	deadIDs    map[string]time.Time
	workers    int
	maxWorkers int
	sent       int
	deleted    int
	died       int

	// any puts what may be delivered into an order of its own, groups kept, and says how many of it come at once.
	any func([]*entry) ([]*entry, int)
}

type entry struct {
	id, group, body string
	receives        int
	receipt         string
	hidden          time.Time
	sentAt          time.Time
}

type letter struct {
	id, group, body, reason string
}

func newFifo(name string, workers int) *fifo {
	return &fifo{name: name, maxWorkers: workers, recent: map[string]time.Time{}, deadIDs: map[string]time.Time{}}
}

// put puts a message on the queue, or swallows it.
func (q *fifo) put(group, deduplicationID, body string) string {
	now := time.Now()
	if at, sent := q.recent[deduplicationID]; sent && now.Sub(at) < deduplication {
		return q.name + "-swallowed"
	}
	q.recent[deduplicationID] = now
	q.next++
	q.sent++
	e := &entry{id: q.name + "-" + strconv.Itoa(q.next), group: group, body: body, sentAt: now}
	q.entries = append(q.entries, e)
	return e.id
}

// due tells whether a message can be delivered now, else when one may be.
func (q *fifo) due(now time.Time) (bool, time.Time) {
	var next time.Time
	if len(q.entries) == 0 {
		return false, next
	}
	blocked := q.blocked(now)
	for _, e := range q.entries {
		if !blocked[e.group] {
			return true, time.Time{}
		}
		if now.Before(e.hidden) && (next.IsZero() || e.hidden.Before(next)) {
			next = e.hidden
		}
	}
	return false, next
}

// blocked is the groups of which something is hidden.
func (q *fifo) blocked(now time.Time) map[string]bool {
	var blocked map[string]bool // asked at each step, and mostly empty
	for _, e := range q.entries {
		if now.Before(e.hidden) {
			if blocked == nil {
				blocked = map[string]bool{}
			}
			blocked[e.group] = true
		}
	}
	return blocked
}

// receive takes a batch: of each group the first ones, and nothing of a group of which something is hidden.
func (q *fifo) receive(now time.Time) []*entry {
	var batch []*entry
	blocked := q.blocked(now)
	entries, size := slices.Clone(q.entries), batchSize
	if q.any != nil {
		entries, size = q.any(entries)
	}
	for _, e := range entries {
		if blocked[e.group] || len(batch) >= size {
			continue
		}
		if e.receives >= maxReceives {
			q.bury(e.id, e.group, e.body, "")
			q.remove(e)
			q.died++
			continue
		}
		e.receives++
		e.receipt = e.id + "/" + strconv.Itoa(e.receives)
		e.hidden = now.Add(visibility)
		batch = append(batch, e)
	}
	return batch
}

// remove deletes a message, and tells whether it was still there.
func (q *fifo) remove(e *entry) bool {
	before := len(q.entries)
	q.entries = slices.DeleteFunc(q.entries, func(other *entry) bool { return other == e })
	return len(q.entries) < before
}

func (q *fifo) bury(id, group, body, reason string) {
	now := time.Now()
	if at, sent := q.deadIDs[id]; sent && now.Sub(at) < deduplication {
		return
	}
	q.deadIDs[id] = now
	q.dead = append(q.dead, &letter{id: id, group: group, body: body, reason: reason})
}

// api is the queue service as one function sees it.
type api struct {
	*task
	queue *fifo
}

var errSQS = &types.InvalidAddress{} // an error that the SDK would not repeat

type unavailable struct{ error }

func (unavailable) RetryableError() bool { return true }

func (a api) call(what string) (lost bool, err error) {
	if err := a.yield(what); err != nil {
		return false, err
	}
	if err := a.ctx.Err(); err != nil {
		return false, err
	}
	if a.sim.calm {
		return false, nil
	}
	switch a.sim.choose.one("queue fault: "+a.name+" "+what, 8, 3) {
	case 1:
		a.note("queue throttled", what)
		return false, unavailable{errors.New("SQS is throttled")}
	case 2:
		a.note("queue answer lost", what)
		return true, unavailable{errors.New("the answer of SQS is lost")}
	case 3:
		a.note("queue refuses", what)
		return false, errSQS
	}
	return false, nil
}

func (a api) note(kind, what string) {
	a.faulty = true
	a.sim.count(kind, a.stage)
	a.sim.note("%s: %s: %s", a.name, what, kind)
}

// SendMessageBatch puts messages on the queue.
func (a api) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	var groups []string
	for _, e := range in.Entries {
		groups = append(groups, *e.MessageGroupId)
	}
	lost, err := a.call("queue send " + a.queue.name + " " + strings.Join(groups, ","))
	if err != nil && !lost {
		return nil, err
	}
	out := &sqs.SendMessageBatchOutput{}
	for _, e := range in.Entries {
		a.sim.sending(a.task, a.queue, *e.MessageBody)
		id := a.queue.put(*e.MessageGroupId, *e.MessageDeduplicationId, *e.MessageBody)
		a.sim.trace("%s queues %s %s", a.name, id, *e.MessageBody)
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id, MessageId: aws.String(id)})
	}
	return out, err
}

// SendMessage puts a message into the dead letters.
func (a api) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	lost, err := a.call("queue bury " + a.queue.name + " " + *in.MessageGroupId)
	if err != nil && !lost {
		return nil, err
	}
	reason := ""
	if r, ok := in.MessageAttributes["reason"]; ok {
		reason = aws.ToString(r.StringValue)
	}
	a.queue.bury(*in.MessageDeduplicationId, *in.MessageGroupId, *in.MessageBody, reason)
	if reason == "" {
		a.sim.fail("a dead letter has its reason", "%s buries %s without saying why", a.name, *in.MessageDeduplicationId)
	}
	a.sim.note("%s buries %s: %.200s", a.name, *in.MessageDeduplicationId, reason)
	return &sqs.SendMessageOutput{}, err
}

// ChangeMessageVisibility lets a message rest.
func (a api) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	lost, err := a.call("queue hide " + *in.ReceiptHandle)
	if err != nil && !lost {
		return nil, err
	}
	for _, e := range a.queue.entries {
		if e.receipt == *in.ReceiptHandle {
			e.hidden = time.Now().Add(time.Duration(in.VisibilityTimeout) * time.Second)
		}
	}
	return &sqs.ChangeMessageVisibilityOutput{}, err
}

func eventOf(batch []*entry) (events.SQSEvent, map[string]string) {
	var event events.SQSEvent
	receipts := map[string]string{}
	for _, e := range batch {
		receipts[e.id] = e.receipt
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: e.id, ReceiptHandle: e.receipt, Body: e.body,
			Attributes: map[string]string{
				"MessageGroupId": e.group, "ApproximateReceiveCount": strconv.Itoa(e.receives),
				"SentTimestamp": fmt.Sprint(e.sentAt.UnixMilli()),
			},
		})
	}
	return event, receipts
}

// anyOrder is any order that FIFO allows: of each group the first ones first, and as many as the service likes.
func (s *sim) anyOrder(q *fifo) func([]*entry) ([]*entry, int) {
	return func(entries []*entry) ([]*entry, int) {
		if s.calm || len(entries) < 2 {
			return entries, batchSize
		}
		size := batchSize
		if n := s.choose.one("batch size of "+q.name, 300, 3); n > 0 {
			size = n
		}
		if s.choose.one("order of "+q.name, 400, 1) == 1 {
			var groups []string
			of := map[string][]*entry{}
			for _, e := range entries {
				if of[e.group] == nil {
					groups = append(groups, e.group)
				}
				of[e.group] = append(of[e.group], e)
			}
			entries = nil
			for len(groups) > 0 {
				at := s.choose.of("group of "+q.name, len(groups))
				entries = append(entries, of[groups[at]]...)
				groups = slices.Delete(groups, at, at+1)
			}
		}
		return entries, size
	}
}
