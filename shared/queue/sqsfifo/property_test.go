package sqsfifo_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"pgregory.net/rapid"

	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
)

// picky takes a batch as SQS does, refuses some entries for good, and checks the documented limits.
type picky struct {
	t     *rapid.T
	fatal map[string]bool // by deduplication id
	taken []string        // group/body, in the order in which they came onto the queue
}

func (p *picky) SendMessageBatch(_ context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	size, groups := 0, map[string]bool{}
	if n := len(in.Entries); n < 1 || n > 10 {
		p.t.Fatalf("a batch of %d messages", n)
	}
	out := &sqs.SendMessageBatchOutput{}
	for _, e := range in.Entries {
		size += len(aws.ToString(e.MessageBody))
		group := aws.ToString(e.MessageGroupId)
		if groups[group] {
			p.t.Fatalf("two messages of group %s in one batch: the later could be taken and the earlier refused", group)
		}
		groups[group] = true
		if p.fatal[aws.ToString(e.MessageDeduplicationId)] {
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("InvalidMessageContents"), SenderFault: true})
			continue
		}
		p.taken = append(p.taken, aws.ToString(e.MessageDeduplicationId))
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id})
	}
	if size > queue.MaxMessage {
		p.t.Fatalf("a batch of %d bytes", size)
	}
	return out, nil
}

// Whatever is sent arrives once, whole groups in order up to the first that SQS refuses for good, and no group takes
// another along.
func TestSend_AnyMessages_EachGroupArrivesInOrderUpToItsFirstFault(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "messages")
		p := &picky{t: t, fatal: map[string]bool{}}
		var messages []queue.Message
		want, dead := map[string][]string{}, map[string]bool{}
		for i := range n {
			group := fmt.Sprint(rapid.IntRange(1, 12).Draw(t, "group"))
			size := rapid.SampledFrom([]int{1, 1, 1, 20, 20, 20, 20, 20, 200_000, 600_000, queue.MaxMessage}).Draw(t, "size")
			m := queue.Message{Group: group, DeduplicationID: fmt.Sprintf("%s-%d", group, i), Body: bytes.Repeat([]byte("x"), size)}
			if rapid.IntRange(0, 15).Draw(t, "fault") == 0 {
				p.fatal[m.DeduplicationID] = true
				dead[group] = true
			}
			if !dead[group] {
				want[group] = append(want[group], m.DeduplicationID)
			}
			messages = append(messages, m)
		}
		err := sqsfifo.NewSender(p, "https://sqs.example/1/usage.fifo").Send(context.Background(), messages)
		if (err != nil) != (len(p.fatal) > 0) {
			t.Fatalf("%d messages cannot be sent, and the error is %v", len(p.fatal), err)
		}
		got := map[string][]string{}
		for _, m := range messages {
			if slices.Index(p.taken, m.DeduplicationID) >= 0 && got[m.Group] == nil {
				for _, id := range p.taken {
					if bytes.HasPrefix([]byte(id), []byte(m.Group+"-")) {
						got[m.Group] = append(got[m.Group], id)
					}
				}
			}
		}
		for group := range mergeKeys(want, got) {
			if !slices.Equal(want[group], got[group]) {
				t.Fatalf("group %s: %v arrived, want %v", group, got[group], want[group])
			}
		}
	})
}

func mergeKeys(a, b map[string][]string) map[string]bool {
	out := map[string]bool{}
	for key := range a {
		out[key] = true
	}
	for key := range b {
		out[key] = true
	}
	return out
}
