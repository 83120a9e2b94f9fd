package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Event is what starts a run: the schedule, or a person.
type Event struct {
	ExecutionID   string    // of the schedule; makes the run's id, so that a retry of the same execution is known as such
	ScheduledTime time.Time // for the log
	DryRun        bool      // read and compare; change nothing, not even the ledger
	Force         bool      // let a run pass that the guard would hold
	Full          bool      // tell every count again, also those that have not changed
	Actor         string    // who starts it, as he says himself; "" if he does not
	Reason        string    // why, in his words
	NotifyTest    bool      // only tell a person that somebody tries it
	Rules         string    // of a dry run: service rules to try in place of those in force
}

// EventError says which field of an event is wrong.
type EventError struct {
	Field  string
	Reason string
}

func (e *EventError) Error() string {
	return fmt.Sprintf("event field %q: %s; an event is {\"executionId\", \"scheduledTime\"} from the schedule, or {\"dryRun\": true}, {\"force\": true} or {\"full\": true} from a person", e.Field, e.Reason)
}

// ParseEvent reads an event. Every fault is an *EventError; an unknown field is one, since a misspelt "dryRun" must not
// become a run that tells.
func ParseEvent(data []byte) (Event, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Event{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var fields uniqueFields
	if err := d.Decode(&fields); err != nil {
		var fault *EventError
		if errors.As(err, &fault) {
			return Event{}, fault
		}
		return Event{}, &EventError{"(whole event)", "not a JSON object: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Event{}, &EventError{"(whole event)", "something follows the JSON object"}
	}
	var e Event
	into := map[string]any{
		"executionId": &e.ExecutionID, "scheduledTime": &e.ScheduledTime,
		"dryRun": &e.DryRun, "force": &e.Force, "full": &e.Full,
		"actor": &e.Actor, "reason": &e.Reason, "rules": &e.Rules, "notifyTest": &e.NotifyTest,
	}
	for name, value := range fields {
		field, known := into[name]
		if !known {
			return Event{}, &EventError{name, "unknown"}
		}
		if placeholder(value) {
			continue
		}
		if string(value) == "null" || json.Unmarshal(value, field) != nil {
			return Event{}, &EventError{name, "cannot be " + string(value[:min(len(value), 60)])}
		}
	}
	if len(e.ExecutionID) > 100 {
		return Event{}, &EventError{"executionId", "longer than 100 characters"}
	}
	if len(e.Actor) > 500 || len(e.Reason) > 1000 {
		return Event{}, &EventError{"actor or reason", "longer than 500 or 1000 characters"}
	}
	if e.Rules != "" && !e.DryRun {
		return Event{}, &EventError{"rules", "only together with \"dryRun\": true; a run that tells has the rules of its setting SERVICES"}
	}
	return e, nil
}

// uniqueFields is a JSON object that names no field twice: a run with "dryRun" true and false must not tell.
type uniqueFields map[string]json.RawMessage

func (f *uniqueFields) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("it begins with %v", open)
	}
	*f = uniqueFields{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the decoder takes nothing else for a name
		if _, twice := (*f)[name]; twice {
			return &EventError{name, "stands twice"}
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		(*f)[name] = value
	}
	return nil
}

// placeholder tells a context attribute that the scheduler would have filled in: a person who starts a run with the
// schedule's own input, copied from the console, has given none.
func placeholder(value json.RawMessage) bool {
	var text string
	return json.Unmarshal(value, &text) == nil && strings.HasPrefix(text, "<aws.scheduler.") && strings.HasSuffix(text, ">")
}
