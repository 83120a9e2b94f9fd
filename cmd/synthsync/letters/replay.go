package letters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/time/rate"

	"github.com/synthsync/synthsync/shared/queue/sqsfifo"
)

// Select says which letters are meant.
type Select struct {
	Company string          // a company's id; empty: all
	IDs     map[string]bool // letters by id; empty: all
	Queue   Queue           // empty: all
}

// All tells whether every letter is meant.
func (s Select) All() bool { return s.Company == "" && len(s.IDs) == 0 && s.Queue == "" }

// Takes tells whether a letter is meant.
func (s Select) Takes(l Letter) bool {
	return (s.Queue == "" || l.Queue == s.Queue) && (s.Company == "" || l.Company == s.Company) && (len(s.IDs) == 0 || s.IDs[l.ID])
}

// Moved counts what a replay did.
type Moved struct {
	Sent    int `json:"sent"`    // on their queue again
	Left    int `json:"left"`    // not meant, or unreadable: still with the dead letters
	Unsure  int `json:"unsure"`  // on their queue again, and with the dead letters still
	Behind  int `json:"behind"`  // could not be seen: they show when those before them are gone
	ByTask  int `json:"byTask"`  // moved by the queue service's own task
	Skipped int `json:"skipped"` // unreadable, so left
}

func (m Moved) add(o Moved) Moved {
	return Moved{m.Sent + o.Sent, m.Left + o.Left, m.Unsure + o.Unsure, m.Behind + o.Behind, m.ByTask + o.ByTask, m.Skipped + o.Skipped}
}

// mover sends letters back by hand: receive, send, delete. Wherever it is ended, no letter is lost: one that has been
// sent and not deleted is sent again by the next replay, which the ledger makes harmless.
type mover struct {
	*Box
	id     string // of this replay: SQS takes each sending for a new message, however soon it follows another
	choose Select
	rate   *rate.Limiter
	sent   func()
}

func (m *mover) move(ctx context.Context) (moved Moved, err error) {
	var back []held
	defer func() { err = errors.Join(err, m.giveBack(ctx, back)) }()
	done := map[string]bool{}
	err = m.each(ctx, func(batch []held) (bool, error) {
		failed := map[string]bool{} // groups: a later letter does not go before an earlier one
		for i, h := range batch {
			if done[h.ID] {
				continue // it shows again since its deletion was not heard of
			}
			if h.fault != nil || failed[h.Group] || !m.choose.Takes(h.Letter) {
				if h.fault != nil && m.choose.Takes(h.Letter) {
					moved.Skipped++
				}
				moved.Left++
				back = append(back, h)
				continue
			}
			deleted, err := m.one(ctx, h)
			switch {
			case err != nil && ctx.Err() != nil:
				back = append(back, batch[i:]...)
				return false, err
			case err != nil:
				failed[h.Group] = true
				back = append(back, h)
				return false, errors.Join(err, m.giveBack(ctx, batch[i+1:]))
			}
			done[h.ID] = true
			moved.Sent++
			if !deleted {
				moved.Unsure++
			}
			if m.sent != nil {
				m.sent()
			}
		}
		return true, nil
	})
	return moved, err
}

// one sends a letter back and then deletes it. A deletion that fails is no fault: the letter is replayed once more.
func (m *mover) one(ctx context.Context, h held) (deleted bool, err error) {
	if err := m.rate.Wait(ctx); err != nil {
		return false, fmt.Errorf("replay letter %s: %w", h.ID, err)
	}
	_, err = m.API.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &m.Source, MessageBody: aws.String(string(h.Body)), MessageGroupId: aws.String(h.Group),
		MessageDeduplicationId: aws.String(deduplicationID(h.ID, m.id)), MessageAttributes: withoutDeath(h.attributes),
	})
	if err != nil {
		return false, fmt.Errorf("replay letter %s to queue %s: %w", h.ID, path.Base(m.Source), err)
	}
	// Also when the command is being ended: what stands on its queue need not stay here.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err = m.API.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &m.URL, ReceiptHandle: aws.String(h.receipt)})
	return err == nil, nil
}

// deduplicationID is new for each replay, so that SQS swallows neither this sending nor a later one. SQS's message ids
// have 36 characters, and 128 are allowed.
func deduplicationID(letter, replay string) string {
	id := letter + "." + replay
	return id[:min(len(id), 128)]
}

// withoutDeath drops what was noted when the message died; it may die for another reason next time.
func withoutDeath(attributes map[string]types.MessageAttributeValue) map[string]types.MessageAttributeValue {
	kept := maps.Clone(attributes)
	for _, name := range []string{sqsfifo.AttributeReason, sqsfifo.AttributeOriginal, sqsfifo.AttributeReceives, sqsfifo.AttributeSentAt} {
		delete(kept, name)
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
