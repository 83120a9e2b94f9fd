// Package message defines what travels on the queues between the stages: JSON, versioned, validated on both ends.
//
// A message that cannot be read is never dropped: Decode returns an *Error that names the field and says what was
// expected, and the queue's consumer lets the message end in the dead letters with that reason.
package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is the only version of the message shapes that this program writes and reads.
const Version = 1

// ServicesGroup is the message group of the one services message of a run. Companies' groups are their account ids,
// which are decimal numbers, so the two never meet.
const ServicesGroup = "services"

// Account names an account at Synthesize. ID is the Autotask company id in decimal.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Service describes a service that must exist at Synthesize. Category and Subcategory are spelled as Synthesize
// spells them.
type Service struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Category    string `json:"category"`
	Subcategory string `json:"subcategory"`
}

// Usage tells an account's unit counts. Counts are totals to set, never differences to add; a zero is a count.
type Usage struct {
	RunID      string
	ObservedAt time.Time
	Account    Account
	Counts     map[string]int64
}

// Accounts is a message of the accounts queue: either one account that must exist (Account is set), or, once a run and
// in the group ServicesGroup, the services that must exist (Services is not nil).
type Accounts struct {
	RunID      string
	ObservedAt time.Time
	Account    *Account
	Services   []Service
}

// Error says which field of a message is wrong, and what it should be.
type Error struct {
	Field  string
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("message field %q: %s", e.Field, e.Reason) }

// Group is the FIFO message group: a company's messages stay in single file.
func (m Usage) Group() string { return m.Account.ID }

// Group is the FIFO message group: the account's id, or ServicesGroup.
func (m Accounts) Group() string {
	if m.Account == nil {
		return ServicesGroup
	}
	return m.Account.ID
}

// DeduplicationID is explicit so that SQS never takes a run's message for an earlier one's.
func (m Usage) DeduplicationID() string { return deduplicationID(m.RunID, m.ObservedAt, m.Group()) }

// DeduplicationID is explicit so that SQS never takes a run's message for an earlier one's.
func (m Accounts) DeduplicationID() string { return deduplicationID(m.RunID, m.ObservedAt, m.Group()) }

// wire is every field that any message may have; a pointer tells absent from empty.
type wire struct {
	Version    *int                        `json:"version"`
	RunID      string                      `json:"runId"`
	ObservedAt *time.Time                  `json:"observedAt"`
	Account    *Account                    `json:"account,omitempty"`
	Counts     *map[string]json.RawMessage `json:"counts,omitempty"`
	Services   *[]Service                  `json:"services,omitempty"`
}

// encode writes JSON in characters that every queue takes: SQS refuses two that JSON may hold as they stand, and a company's
// name that has one is no reason to tell nobody.
func encode(w wire) ([]byte, error) {
	body, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte("\ufffe"), []byte(`\ufffe`))
	return bytes.ReplaceAll(body, []byte("\uffff"), []byte(`\uffff`)), nil
}

func decode(body []byte) (wire, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var w wire
	if err := d.Decode(&w); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) && wrongType.Field != "" {
			return w, &Error{wrongType.Field, fmt.Sprintf("a JSON %s cannot stand here", wrongType.Value)}
		}
		return w, &Error{"(whole message)", "not a message of this program: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return w, &Error{"(whole message)", "something follows the JSON object"}
	}
	switch {
	case w.Version == nil:
		return w, &Error{"version", "missing"}
	case *w.Version != Version:
		return w, &Error{"version", fmt.Sprintf("this program reads version %d, not %d; deploy the program that wrote it, or let the next run tell this again", Version, *w.Version)}
	case w.RunID == "":
		return w, &Error{"runId", "missing"}
	case w.ObservedAt == nil || observedAt(w).IsZero():
		return w, &Error{"observedAt", "missing"}
	case observedAt(w).Year() < 1 || observedAt(w).Year() > 9999: // in UTC; it could not be written again
		return w, &Error{"observedAt", "outside the years 1 to 9999"}
	}
	if w.Account != nil && !decimal(w.Account.ID) {
		return w, &Error{"account.id", fmt.Sprintf("%q is not an Autotask company id in decimal", w.Account.ID)}
	}
	return w, nil
}

// decimal tells whether s is a company id as this program writes it: digits without leading zeros.
func decimal(s string) bool {
	if s == "" || len(s) > 19 || (len(s) > 1 && s[0] == '0') {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// deduplicationID keeps within SQS's 128 characters for ids of up to 64 (an execution id is 36).
func deduplicationID(runID string, observedAt time.Time, group string) string {
	if len(runID) > 64 {
		runID = runID[:64]
	}
	return fmt.Sprintf("%s.%d.%s", safe(runID), observedAt.UnixMilli(), group)
}

// safe replaces what SQS does not take in a deduplication id.
func safe(s string) string {
	return string(bytes.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '_'
	}, []byte(s)))
}

// RunOf is the run that a message is of, for the log; "" of one that cannot be read.
func RunOf(body []byte) string {
	var m struct {
		RunID string `json:"runId"`
	}
	_ = json.Unmarshal(body, &m)
	return m.RunID
}
