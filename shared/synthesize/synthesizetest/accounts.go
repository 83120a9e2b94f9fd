package synthesizetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type account struct {
	id, name, description string
	arrears, inactive     bool
	mappingID             string // empty: not mapped
}

// accountView is an account in answers; what is nil is left out.
type accountView struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	IsMapped    *bool   `json:"isMapped,omitempty"`
	MappingID   *string `json:"mappingId,omitempty"`
}

func (m *Simulator) accountView(a *account) accountView {
	v := accountView{ID: a.id, Name: a.name, Description: a.description}
	if m.sw.AccountShape == WithIsMapped || m.sw.AccountShape == WithMappingID {
		mapped := a.mappingID != ""
		v.IsMapped = &mapped
	}
	if m.sw.AccountShape == WithMappingID && a.mappingID != "" {
		id := a.mappingID
		v.MappingID = &id
	}
	return v
}

// answeredView is an account in the answer of a POST or PATCH, where no source shows isMapped.
func (m *Simulator) answeredView(a *account) accountView {
	v := m.accountView(a)
	v.IsMapped = nil
	return v
}

// getAccounts answers a bare array, all of it at once.
func (m *Simulator) getAccounts(c *call) answer {
	onlyMapped := strings.EqualFold(c.Query.Get("returnUnmapped"), "false")
	wanted := accountIDs(c.Query)
	out := make([]accountView, 0, len(m.accounts))
	for _, a := range m.accounts {
		if (!onlyMapped || a.mappingID != "") && (wanted == nil || slices.Contains(wanted, a.id)) {
			out = append(out, m.accountView(a))
		}
	}
	return answer{status: http.StatusOK, json: out}
}

// accountIDs reads the filter in each of the encodings that clients use: repeated, with brackets, joined by commas.
func accountIDs(q url.Values) []string {
	var ids []string
	for _, value := range slices.Concat(q["accountIds"], q["accountIds[]"]) {
		ids = append(ids, strings.Split(value, ",")...)
	}
	return ids
}

func (m *Simulator) postAccounts(c *call) answer {
	batch, refused := m.readAccounts(c, true)
	if refused != nil {
		return *refused
	}
	seen := map[string]bool{}
	isNew := func(f accountFields) bool {
		isNew := !seen[*f.ID] && m.accountByID[*f.ID] == nil
		seen[*f.ID] = true
		return isNew
	}
	var fresh []accountFields
	duplicate := false
	for _, f := range batch {
		switch {
		case !isNew(f):
			duplicate = true
		case duplicate && m.sw.Batch == PartialUntil:
		default:
			fresh = append(fresh, f)
		}
	}
	if duplicate && m.sw.Batch == Atomic {
		return conflict()
	}
	out := make([]accountView, 0, len(fresh))
	for _, f := range fresh {
		a := &account{id: *f.ID}
		f.change(a)
		m.addAccount(a)
		if m.sw.MapOnCreate {
			m.mapAccount(a)
		}
		out = append(out, m.answeredView(a))
	}
	if duplicate {
		return conflict()
	}
	return answer{status: m.sw.created(), json: out}
}

func (m *Simulator) addAccount(a *account) {
	m.accounts = append(m.accounts, a)
	m.accountByID[a.id] = a
}

func (m *Simulator) mapAccount(a *account) {
	if a.mappingID == "" {
		a.mappingID = m.id("mapping", a.id)
	}
}

// patchAccounts changes several accounts, all of them or none.
func (m *Simulator) patchAccounts(c *call) answer {
	batch, refused := m.readAccounts(c, false)
	if refused != nil {
		return *refused
	}
	for _, f := range batch {
		if m.accountByID[*f.ID] == nil {
			return noAccount(*f.ID)
		}
	}
	out := make([]accountView, 0, len(batch))
	for _, f := range batch {
		a := m.accountByID[*f.ID]
		f.change(a)
		out = append(out, m.answeredView(a))
	}
	return answer{status: http.StatusOK, json: out}
}

// patchAccount changes one account; another id in the body moves it there, counts and mapping included.
func (m *Simulator) patchAccount(c *call, now time.Time) answer {
	in, ok := c.object()
	if !ok {
		return m.sw.invalid("body must be a JSON object")
	}
	f, wrong := m.sw.readAccount(in, false, false)
	if len(wrong) > 0 {
		return m.sw.invalid(wrong...)
	}
	a := m.accountByID[c.AccountID]
	if a == nil {
		return noAccount(c.AccountID)
	}
	if f.ID != nil && *f.ID != a.id {
		if m.accountByID[*f.ID] != nil {
			return conflict()
		}
		m.rekey(a, *f.ID, now, c.Number)
	}
	f.change(a)
	return answer{status: http.StatusOK, json: m.answeredView(a)}
}

func (m *Simulator) rekey(a *account, id string, now time.Time, request int) {
	old := a.id
	delete(m.accountByID, old)
	a.id = id
	m.accountByID[id] = a
	for _, s := range m.services {
		from, to := key{old, s.id}, key{id, s.id}
		if units, ok := m.counts[from]; ok {
			m.set(to, units, now, request)
		}
		if units, ok := m.built[from]; ok {
			m.built[to] = units
		}
	}
	m.forget(now, func(k key) bool { return k.accountID == old })
}

func noAccount(id string) answer {
	return refusal(http.StatusNotFound, fmt.Sprintf("No account found with id: %s", id))
}
