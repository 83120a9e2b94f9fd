// Package queue is what the stages know of queues: messages to send, messages received, and a verdict for each. It
// knows no AWS. Local is a queue in the process with the rules of an SQS FIFO queue; the adapter for SQS lives in sqsfifo.
package queue

import (
	"bytes"
	"context"
	"fmt"
	"time"
	"unicode/utf8"
)

// Message is a message to send.
type Message struct {
	Group           string // messages of one group are delivered one after the other
	DeduplicationID string // a second message with it within five minutes is swallowed
	Body            []byte
}

// MaxMessage is the most bytes that SQS takes as one message, attributes included, and as one batch of messages.
const MaxMessage = 1 << 20

// maxID is how long SQS lets group and deduplication ids be.
const maxID = 128

// Check tells whether a queue would take the message, by the documented rules of SQS FIFO queues.
func (m Message) Check() error {
	switch {
	case !validID(m.Group):
		return fmt.Errorf("group %q: must be 1 to %d characters, letters, digits and ASCII punctuation", m.Group, maxID)
	case !validID(m.DeduplicationID):
		return fmt.Errorf("group %s: deduplication id %q: must be 1 to %d characters, letters, digits and ASCII punctuation", m.Group, m.DeduplicationID, maxID)
	case len(m.Body) == 0:
		return fmt.Errorf("group %s: empty body", m.Group)
	case len(m.Body) > MaxMessage:
		return fmt.Errorf("group %s: body of %d bytes is over %d", m.Group, len(m.Body), MaxMessage)
	}
	if !utf8.Valid(m.Body) || bytes.ContainsFunc(m.Body, func(r rune) bool { return !Allowed(r) }) {
		return fmt.Errorf("group %s: body has characters that SQS does not take; write them as JSON escapes", m.Group)
	}
	return nil
}

func validID(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxID
}

// Allowed tells whether SQS takes a character in a body or an attribute: those of XML 1.0.
func Allowed(r rune) bool {
	return r >= ' ' && r != '\ufffe' && r != '\uffff' || r == '\t' || r == '\n' || r == '\r'
}

// Sender puts messages on one queue, in order within a group. After an error some of them may have been sent.
type Sender interface {
	Send(ctx context.Context, messages []Message) error
}

// Received is a message being worked.
type Received struct {
	ID       string // of this sending; names the message in verdicts
	Group    string
	Body     []byte
	Receives int // how often it has been received, this time included
	SentAt   time.Time
}

// Failure is a message that has not been worked.
type Failure struct {
	ID         string
	Err        error
	RetryAfter time.Duration // how long it should rest at least; 0: as the queue is set
	Dead       bool          // it can never succeed: to the dead letters, with Err as the reason
}

func (f Failure) reason() string {
	if f.Err == nil {
		return "no reason was given"
	}
	return f.Err.Error()
}
