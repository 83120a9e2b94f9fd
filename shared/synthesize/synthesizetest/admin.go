package synthesizetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// AdminPrefix is the path under which the administrator's side is served, for a simulator in another process. It is never
// part of the vendor API, needs no token and is not in the request log.
//
//	GET  /admin/state | cards | history | requests | switches
//	POST /admin/map-account, ... with a JSON object: each method of the same name, see adminCommands
//
// Answers are JSON: 200 with the result, 400 with {"error": ...}, or 404.
const AdminPrefix = "/admin/"

// State is what GET /admin/state answers.
type State struct {
	VendorID        string         `json:"vendorId"`
	OrganizationID  string         `json:"organizationId"`
	IntegrationID   string         `json:"integrationId"`
	Status          Status         `json:"status"`
	StatusChanges   []StatusChange `json:"statusChanges"`
	Accounts        []Account      `json:"accounts"`
	Services        []Service      `json:"services"`
	Counts          []Count        `json:"counts"`
	Built           []Count        `json:"built"`
	Rebuilds        int            `json:"rebuilds"`
	RebuildRequests int            `json:"rebuildRequests"`
	RebuildPending  bool           `json:"rebuildPending"`
	Requests        int            `json:"requests"`
	Writes          int            `json:"writes"`
	PeakRate        int            `json:"peakRate"`
	PeakInFlight    int            `json:"peakInFlight"`
}

// Count is the units of one pair.
type Count struct {
	Pair
	Units json.Number `json:"units"`
}

// PairHistory is the values that one pair held.
type PairHistory struct {
	Pair
	Held []Held `json:"held"`
}

// State returns the whole state; the parts are taken one after another.
func (m *Simulator) State() State {
	return State{
		VendorID: m.VendorID(), OrganizationID: m.OrganizationID(), IntegrationID: m.IntegrationID(),
		Status: m.Status(), StatusChanges: m.StatusChanges(), Accounts: m.Accounts(), Services: m.Services(),
		Counts: countList(m.Counts()), Built: countList(m.Built()),
		Rebuilds: m.Rebuilds(), RebuildRequests: m.RebuildRequests(), RebuildPending: m.RebuildPending(),
		Requests: m.Total(), Writes: m.Writes(), PeakRate: m.PeakRate(), PeakInFlight: m.PeakInFlight(),
	}
}

func countList(counts map[Pair]json.Number) []Count {
	out := make([]Count, 0, len(counts))
	for _, p := range sortedKeys(counts) {
		out = append(out, Count{p, counts[p]})
	}
	return out
}

func (m *Simulator) historyList() []PairHistory {
	history := m.History()
	out := make([]PairHistory, 0, len(history))
	for _, p := range sortedKeys(history) {
		out = append(out, PairHistory{p, history[p]})
	}
	return out
}

var adminViews = map[string]func(*Simulator) any{
	"state":    func(m *Simulator) any { return m.State() },
	"cards":    func(m *Simulator) any { return m.Cards() },
	"history":  func(m *Simulator) any { return m.historyList() },
	"requests": func(m *Simulator) any { return m.Requests() },
	"switches": func(m *Simulator) any { return m.Switches() },
}

func (m *Simulator) serveAdmin(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, AdminPrefix)
	a := answer{status: http.StatusNotFound, json: adminError{"no such view or command: " + r.Method + " " + name}}
	if view, ok := adminViews[name]; ok && r.Method == http.MethodGet {
		a = answer{status: http.StatusOK, json: view(m)}
	}
	if command, ok := adminCommands[name]; ok && r.Method == http.MethodPost {
		result, err := command(m, arguments{r.Body})
		a = answer{status: http.StatusOK, json: result}
		if err != nil {
			a = answer{status: http.StatusBadRequest, json: adminError{err.Error()}}
		} else if result == nil {
			a.json = struct{}{}
		}
	}
	body, contentType := a.encode()
	a.write(w, body, contentType)
}

type adminError struct {
	Error string `json:"error"`
}

// arguments is the body of a command.
type arguments struct{ body io.Reader }

// into reads the arguments; an unknown field is an error, no body is no arguments.
func (a arguments) into(to any) error {
	text, err := io.ReadAll(a.body)
	if err != nil {
		return fmt.Errorf("read the arguments: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("read the arguments: %w", err)
	}
	return nil
}
