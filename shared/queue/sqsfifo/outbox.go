package sqsfifo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/queue"
)

// outbox is what remains to be sent.
type outbox struct {
	pending []queue.Message
	dropped int
	faults  []error
}

// dropUnfit gives up what no queue would take, before anything is sent.
func (o *outbox) dropUnfit() {
	unfit := map[string]bool{} // groups
	o.pending = slices.DeleteFunc(slices.Clone(o.pending), func(m queue.Message) bool {
		if err := m.Check(); err != nil && !unfit[m.Group] {
			unfit[m.Group] = true
			o.faults = append(o.faults, err)
		}
		if unfit[m.Group] {
			o.dropped++
		}
		return unfit[m.Group]
	})
}

// next is the next batch: at most one message of a group, since SQS may take the later and refuse the earlier of two in
// one batch; and no more than fit into one call.
func (o *outbox) next() []queue.Message {
	var batch []queue.Message
	size := 0
	seen := map[string]bool{}
	for _, m := range o.pending {
		if len(batch) == maxEntries {
			break
		}
		if fits := size+len(m.Body) <= queue.MaxMessage; fits && !seen[m.Group] {
			batch = append(batch, m)
			size += len(m.Body)
		}
		seen[m.Group] = true
	}
	return batch
}

// settle removes what was accepted, and what was refused together with the rest of its group. A message that the answer
// does not mention stays. last is why something is to be sent again, if anything is.
func (o *outbox) settle(batch []queue.Message, out *sqs.SendMessageBatchOutput) (accepted int, last error) {
	const (
		again = iota
		done
		refused
	)
	fate := make([]int, len(batch))
	why := make([]error, len(batch))
	for i := range why {
		why[i] = errors.New("the answer does not mention the message")
	}
	for _, e := range out.Successful {
		if i, ok := index(e.Id, batch); ok {
			fate[i] = done
		}
	}
	for _, e := range out.Failed {
		i, ok := index(e.Id, batch)
		if !ok {
			continue
		}
		fate[i] = again
		why[i] = fmt.Errorf("group %s: %s: %s", batch[i].Group, aws.ToString(e.Code), aws.ToString(e.Message))
		if e.SenderFault {
			fate[i] = refused
		}
	}
	sent, drop := map[string]bool{}, map[string]bool{} // by group, of which a batch has one message
	for i, m := range batch {
		switch fate[i] {
		case done:
			accepted++
			sent[m.Group] = true
		case refused:
			drop[m.Group] = true
			o.faults = append(o.faults, why[i])
		default:
			last = why[i]
		}
	}
	o.remove(sent)
	if len(drop) > 0 {
		o.pending = slices.DeleteFunc(o.pending, func(m queue.Message) bool {
			if drop[m.Group] {
				o.dropped++
			}
			return drop[m.Group]
		})
	}
	return accepted, last
}

// remove takes the first message of each of these groups out. They stand near the beginning, and only so far is anything
// moved: of a hundred thousand messages, ten at a time, nobody wants to move the rest ten thousand times.
func (o *outbox) remove(groups map[string]bool) {
	var kept []queue.Message
	end := 0
	for ; end < len(o.pending) && len(groups) > 0; end++ {
		if m := o.pending[end]; groups[m.Group] {
			delete(groups, m.Group)
		} else {
			kept = append(kept, m)
		}
	}
	begin := end - len(kept)
	copy(o.pending[begin:end], kept)
	o.pending = o.pending[begin:]
}

// err is the first few faults: thousands of messages fail for one reason.
func (o *outbox) err() error {
	const most = 5
	if more := len(o.faults) - most; more > 0 {
		return errors.Join(append(o.faults[:most:most], fmt.Errorf("and %d more", more))...)
	}
	return errors.Join(o.faults...)
}

func index(id *string, batch []queue.Message) (int, bool) {
	i, err := strconv.Atoi(aws.ToString(id))
	return i, err == nil && i >= 0 && i < len(batch)
}
