package message

import "fmt"

// Encode validates the message and writes it as JSON.
func (m Accounts) Encode() ([]byte, error) {
	version, at := Version, m.ObservedAt.UTC()
	w := wire{Version: &version, RunID: m.RunID, ObservedAt: &at, Account: m.Account}
	if m.Services != nil {
		w.Services = &m.Services
	}
	body, err := encode(w)
	if err != nil {
		return nil, fmt.Errorf("encode accounts message of group %s: %w", m.Group(), err)
	}
	if _, err := DecodeAccounts(body); err != nil {
		return nil, fmt.Errorf("encode accounts message of group %s: %w", m.Group(), err)
	}
	return body, nil
}

// DecodeAccounts reads a message of the accounts queue. Every fault is an *Error.
func DecodeAccounts(body []byte) (Accounts, error) {
	w, err := decode(body)
	if err != nil {
		return Accounts{}, err
	}
	switch {
	case w.Counts != nil:
		return Accounts{}, &Error{"counts", "do not belong into an accounts message"}
	case w.Account == nil && w.Services == nil:
		return Accounts{}, &Error{"account", "missing, and no services either"}
	case w.Account != nil && w.Services != nil:
		return Accounts{}, &Error{"services", "stand beside an account; a message is about one or the other"}
	}
	m := Accounts{RunID: w.RunID, ObservedAt: observedAt(w), Account: w.Account}
	if w.Services != nil {
		m.Services = *w.Services
		for i, s := range m.Services {
			if s.Name == "" {
				return Accounts{}, &Error{fmt.Sprintf("services[%d].name", i), "missing"}
			}
		}
	}
	return m, nil
}
