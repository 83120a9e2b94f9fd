package synthesizetest

import (
	"encoding/json"
	"slices"
)

// accountFields is one account of a POST or PATCH.
type accountFields struct {
	ID, Name, Description *string
	IsArrears, IsActive   *bool
}

// accountBatch reads an array of accounts, or a single one.
func (c *call) accountBatch() ([]map[string]json.RawMessage, bool) {
	if !c.isJSON() {
		return nil, false
	}
	var many []map[string]json.RawMessage
	if json.Unmarshal(c.Body, &many) == nil && many != nil && !slices.ContainsFunc(many, isNil) {
		return many, true
	}
	one, ok := c.object()
	return []map[string]json.RawMessage{one}, ok
}

func isNil(fields map[string]json.RawMessage) bool { return fields == nil }

// readAccount reads one account; wrong says what is wrong with it. With full, id and name are required.
func (s Switches) readAccount(in map[string]json.RawMessage, idRequired, nameRequired bool) (f accountFields, wrong []string) {
	text := func(name string, required bool) *string {
		raw, there := in[name]
		if !there && !required {
			return nil
		}
		t, ok := asString(raw)
		if n := json.Number(""); !ok && name == "id" && s.LenientAccountID && json.Unmarshal(raw, &n) == nil {
			t, ok = n.String(), n != ""
		}
		switch {
		case !ok:
			wrong = append(wrong, name+" must be a string")
		case t == "" && name != "description":
			wrong = append(wrong, name+" should not be empty")
		}
		return &t
	}
	flag := func(name string) (b *bool) {
		if raw, there := in[name]; there && (json.Unmarshal(raw, &b) != nil || b == nil) {
			wrong = append(wrong, name+" must be a boolean value")
		}
		return b
	}
	f.ID = text("id", idRequired)
	f.Name = text("name", nameRequired)
	f.Description = text("description", false)
	f.IsArrears, f.IsActive = flag("isArrears"), flag("isActive")
	return f, wrong
}

// readAccounts reads a whole batch; one wrong account refuses all of it.
func (m *Simulator) readAccounts(c *call, nameRequired bool) ([]accountFields, *answer) {
	refuse := func(a answer) ([]accountFields, *answer) { return nil, &a }
	batch, ok := c.accountBatch()
	if !ok {
		return refuse(m.sw.invalid("body must be an array of accounts"))
	}
	if m.sw.MaxBatch > 0 && len(batch) > m.sw.MaxBatch {
		return refuse(tooLarge())
	}
	out := make([]accountFields, len(batch))
	for i, in := range batch {
		f, wrong := m.sw.readAccount(in, true, nameRequired)
		if len(wrong) > 0 {
			return refuse(m.sw.invalid(wrong...))
		}
		out[i] = f
	}
	return out, nil
}

func (f accountFields) change(a *account) {
	if f.Name != nil {
		a.name = *f.Name
	}
	if f.Description != nil {
		a.description = *f.Description
	}
	if f.IsArrears != nil {
		a.arrears = *f.IsArrears
	}
	if f.IsActive != nil {
		a.inactive = !*f.IsActive
	}
}
