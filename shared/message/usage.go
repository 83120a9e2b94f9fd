package message

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Encode validates the message and writes it as JSON.
func (m Usage) Encode() ([]byte, error) {
	version, at := Version, m.ObservedAt.UTC()
	counts := make(map[string]json.RawMessage, len(m.Counts))
	for service, units := range m.Counts {
		counts[service] = strconv.AppendInt(nil, units, 10)
	}
	body, err := encode(wire{Version: &version, RunID: m.RunID, ObservedAt: &at, Account: &m.Account, Counts: &counts})
	if err != nil {
		return nil, fmt.Errorf("encode usage message of company %s: %w", m.Account.ID, err)
	}
	if _, err := DecodeUsage(body); err != nil {
		return nil, fmt.Errorf("encode usage message of company %s: %w", m.Account.ID, err)
	}
	return body, nil
}

// DecodeUsage reads a message of the usage queue. Every fault is an *Error.
func DecodeUsage(body []byte) (Usage, error) {
	w, err := decode(body)
	if err != nil {
		return Usage{}, err
	}
	switch {
	case w.Account == nil:
		return Usage{}, &Error{"account", "missing"}
	case w.Counts == nil:
		return Usage{}, &Error{"counts", "missing"}
	case len(*w.Counts) == 0:
		return Usage{}, &Error{"counts", "empty: a usage message tells at least one count"}
	case w.Services != nil:
		return Usage{}, &Error{"services", "does not belong into a usage message"}
	}
	m := Usage{RunID: w.RunID, ObservedAt: observedAt(w), Account: *w.Account, Counts: make(map[string]int64, len(*w.Counts))}
	for service, number := range *w.Counts {
		units, err := strconv.ParseInt(string(number), 10, 64)
		switch {
		case service == "":
			return Usage{}, &Error{"counts", "a service without a name"}
		case err != nil:
			return Usage{}, &Error{"counts." + service, fmt.Sprintf("%s is not a whole number", number)}
		case units < 0:
			return Usage{}, &Error{"counts." + service, fmt.Sprintf("%d is below zero", units)}
		}
		m.Counts[service] = units
	}
	return m, nil
}

// observedAt is kept to the millisecond, the unit in which the ledger issues it.
func observedAt(w wire) time.Time { return w.ObservedAt.UTC().Truncate(time.Millisecond) }
