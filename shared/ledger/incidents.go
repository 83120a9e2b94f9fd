package ledger

import (
	"context"
	"encoding/json"
	"time"
)

var incidentsKey = Key{kindState, "incidents"}

// Incidents is what a person has been told of and is not over, and what he has still to be told.
type Incidents struct {
	Open   map[string]Incident `json:"open,omitempty"` // by kind
	Outbox []Notice            `json:"outbox,omitempty"`
	// Sending is until when one process sends the outbox; then another may.
	Sending time.Time `json:"sending,omitzero"`
	// Trouble is why a person could not be told last time, and TroubleSince since when he cannot be; empty if he can.
	Trouble      string    `json:"trouble,omitempty"`
	TroubleSince time.Time `json:"troubleSince,omitzero"`
}

// Incident is one kind of trouble that is known.
type Incident struct {
	Since    time.Time `json:"since"`
	RunID    string    `json:"runId"`
	Untold   bool      `json:"untold,omitempty"`   // there was nobody to be told
	Subjects []string  `json:"subjects,omitempty"` // short hashes of what it is about: another one is news
}

// Notice is one message to a person that is not delivered yet.
type Notice struct {
	At      time.Time       `json:"at"`
	Message json.RawMessage `json:"message"`
}

// Incidents reads what a person has been told, and has not.
func (l *Ledger) Incidents(ctx context.Context) (Incidents, error) {
	var i Incidents
	_, err := l.load(ctx, incidentsKey, &i)
	return i, err
}

// UpdateIncidents changes what a person has been told, by condition: of two processes one tells.
func (l *Ledger) UpdateIncidents(ctx context.Context, change func(*Incidents) error) (Incidents, error) {
	return update(ctx, l, incidentsKey, change)
}
