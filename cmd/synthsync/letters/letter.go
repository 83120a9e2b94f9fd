// Package letters is the operator's hand on dead letters: what lies there, why, what a replay would do now, and the
// replay itself. A replay is safe to do half asleep: the ledger decides what is still told, so that nothing older ever
// wins, and a letter leaves its queue only after its copy stands on the other one.
package letters

import (
	"context"
	"encoding/json"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// Queue tells which of the queues a letter died on.
type Queue string

// The queues.
const (
	Usage     Queue = "usage"
	Accounts  Queue = "accounts"
	Runs      Queue = "runs"      // runs that failed after their retries
	Schedules Queue = "schedules" // runs that the schedule could not start
)

// Letter is a message that ended undelivered.
type Letter struct {
	ID         string    `json:"id"`
	Queue      Queue     `json:"queue"`
	Group      string    `json:"group,omitempty"`
	RunID      string    `json:"runId,omitempty"`
	ObservedAt time.Time `json:"observedAt,omitzero"`
	Company    string    `json:"company,omitempty"` // the company's id
	Name       string    `json:"name,omitempty"`
	SentAt     time.Time `json:"sentAt,omitzero"` // when it was first sent, as far as known
	DiedAt     time.Time `json:"diedAt,omitzero"` // when it was put with the dead letters, as far as known
	Receives   int       `json:"receives"`        // how often it was tried before it died, as far as known
	Reason     string    `json:"reason"`
	Verdict    Verdict   `json:"verdict"`

	Body []byte `json:"-"`

	usage    *message.Usage
	accounts *message.Accounts
	fault    error // it cannot be read
}

// read finds out what a letter is about.
func (l *Letter) read() {
	switch l.Queue {
	case Usage:
		m, err := message.DecodeUsage(l.Body)
		if err != nil {
			l.fault = err
			return
		}
		l.usage = &m
		l.RunID, l.ObservedAt, l.Company, l.Name = m.RunID, m.ObservedAt, m.Account.ID, m.Account.Name
	case Accounts:
		m, err := message.DecodeAccounts(l.Body)
		if err != nil {
			l.fault = err
			return
		}
		l.accounts = &m
		l.RunID, l.ObservedAt = m.RunID, m.ObservedAt
		if m.Account != nil {
			l.Company, l.Name = m.Account.ID, m.Account.Name
		}
	case Runs:
		l.readFailedRun()
	}
}

// readFailedRun takes from Lambda's record of a failed asynchronous invocation (documented) what it failed with.
func (l *Letter) readFailedRun() {
	var record struct {
		Timestamp      time.Time
		RequestContext struct{ Condition string }
		RequestPayload struct{ ExecutionID string }
		Response       struct {
			ErrorMessage string
			ErrorType    string
		} `json:"responsePayload"`
	}
	if json.Unmarshal(l.Body, &record) != nil {
		return // an older shape; the body itself is shown
	}
	l.RunID, l.DiedAt = record.RequestPayload.ExecutionID, record.Timestamp
	if record.Response.ErrorMessage != "" {
		l.Reason = record.Response.ErrorMessage
	} else if record.RequestContext.Condition != "" {
		l.Reason = record.RequestContext.Condition
	}
}

// Kept is a letter that a run on one machine left in its ledger.
func Kept(l ledger.Letter) Letter {
	letter := Letter{
		ID: l.ID, Queue: Queue(l.Queue), Group: l.Group, SentAt: l.SentAt, DiedAt: l.DiedAt, Receives: l.Receives, Reason: l.Reason, Body: l.Body,
	}
	letter.read()
	return letter
}

// ListKept judges the letters of a ledger on this machine.
func ListKept(ctx context.Context, book *ledger.Ledger, choose Select) (Listing, error) {
	judge, err := NewJudge(ctx, book)
	if err != nil {
		return Listing{}, err
	}
	kept, err := book.Letters(ctx)
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Letters: []Letter{}}
	for _, k := range kept {
		l := Kept(k)
		l.Verdict = judge.Of(l)
		if choose.Takes(l) {
			listing.Letters = append(listing.Letters, l)
		}
	}
	return listing, nil
}
