package synthesizetest

import (
	"encoding/json"
	"mime"
)

// isJSON reports whether the body was sent as JSON; otherwise the vendor's framework sees no body at all.
func (c *call) isJSON() bool {
	t, _, err := mime.ParseMediaType(c.content)
	return err == nil && t == "application/json"
}

func (c *call) object() (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	ok := c.isJSON() && json.Unmarshal(c.Body, &fields) == nil && fields != nil
	return fields, ok
}

// asString reads a JSON string, and nothing else.
func asString(raw json.RawMessage) (string, bool) {
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}
