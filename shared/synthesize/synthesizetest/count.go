package synthesizetest

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// countFields is the body of a count, as far as it can be read.
type countFields struct {
	ok                              bool
	accountID, clientOID, unitCount json.RawMessage
}

func readCount(body []byte) countFields {
	var in map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil || in == nil {
		return countFields{}
	}
	return countFields{ok: true, accountID: in["accountId"], clientOID: in["clientOId"], unitCount: in["unitCount"]}
}

// accountText is the account id as text, be it a string or a number.
func (f countFields) accountText() string {
	if s, ok := asString(f.accountID); ok {
		return s
	}
	n, _ := asNumber(f.accountID)
	return n.String()
}

// asNumber reads a JSON number, and nothing else.
func asNumber(raw json.RawMessage) (json.Number, bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return "", false
	}
	return json.Number(raw), true
}

// postCount sets the units of a pair: the last write wins, nothing is added up. Nothing is stored unless the account and
// the service are both mapped.
func (m *Simulator) postCount(c *call, now time.Time) answer {
	accountID, units, refused := m.readPost(c)
	if refused != nil {
		return *refused
	}
	k := key{accountID, c.ServiceID}
	if refused := m.lookUp(k, c); refused != nil {
		p := m.posts[k]
		p.Unmapped++
		m.posts[k] = p
		if m.sw.RebuildAfter404 && !c.NoBuild {
			m.requestRebuild(now)
		}
		return *refused
	}
	p := m.posts[k]
	p.Accepted++
	m.posts[k] = p
	m.set(k, units, now, c.Number)
	m.organization.lastSynced = now
	if !m.organization.used {
		m.organization.used = true
		if m.organization.status != Active {
			m.setStatus(StatusChange{To: Active, At: now, Request: c.Number})
		}
	}
	if !c.NoBuild {
		m.requestRebuild(now)
	}
	return answer{status: http.StatusCreated, json: struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	}{orNumber(m.sw.CountStatus, http.StatusCreated), "Created service unit count"}}
}

// readPost checks a count's body.
func (m *Simulator) readPost(c *call) (accountID string, units json.Number, refused *answer) {
	refuse := func(message string) (string, json.Number, *answer) {
		a := m.sw.invalid(message)
		return "", "", &a
	}
	const invalidID = "You have provided an invalid Id type"
	f := c.fields
	if !f.ok || !c.isJSON() {
		return refuse("body must be a JSON object")
	}
	if f.clientOID != nil {
		if id, ok := asString(f.clientOID); !ok || id == "" {
			return refuse(invalidID)
		}
	}
	raw := f.accountID
	if raw == nil {
		raw = f.clientOID // the deprecated way; nothing is ever mapped under such an id here
	}
	accountID, ok := asString(raw)
	if n, isNumber := asNumber(raw); isNumber && m.sw.LenientAccountID {
		accountID, ok = n.String(), true
	}
	if !ok || accountID == "" {
		return refuse(invalidID)
	}
	units, ok = asNumber(f.unitCount)
	if !ok && string(f.unitCount) == "null" && m.sw.LenientNull {
		return accountID, "0", nil
	}
	n, err := strconv.ParseFloat(string(units), 64)
	if !ok || err != nil || math.IsInf(n, 0) {
		return refuse("unitCount must be a number conforming to the specified constraints")
	}
	if n < 0 && !m.sw.LenientNegative {
		return refuse("unitCount must not be less than 0")
	}
	return accountID, units, nil
}

// lookUp finds the service and the mapping of both ends.
func (m *Simulator) lookUp(k key, c *call) *answer {
	s := m.serviceByID(k.serviceID)
	if s == nil {
		a := m.unknownService(c)
		return &a
	}
	const noMap = "No account map found with id: {accountId}"
	message := noMap
	if a := m.accountByID[k.accountID]; a != nil && a.mappingID != "" {
		if s.mapped {
			return nil
		}
		message = or(m.sw.ServiceUnmappedMessage, noMap)
	}
	a := notFound("%s", fill(message, k.accountID, k.serviceID))
	return &a
}
