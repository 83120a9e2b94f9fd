package notify

import (
	"encoding/json"
	"strings"
	"time"
)

// Message is one thing that a person is told.
type Message struct {
	Incident string    `json:"incident"` // what kind of trouble: held, failed, mapping lost, needs a hand
	Over     bool      `json:"over"`     // it is over
	Title    string    `json:"title"`
	Lines    []string  `json:"lines,omitempty"`
	Command  string    `json:"command,omitempty"` // what to type next
	Where    string    `json:"where"`             // which stack or ledger
	RunID    string    `json:"runId,omitempty"`
	At       time.Time `json:"at"`
}

// encode writes the message in the shape that its receiver documents.
func (m Message) encode(kind string) ([]byte, error) {
	switch kind {
	case Slack:
		return json.Marshal(map[string]string{"text": m.slack()})
	case Teams:
		return json.Marshal(m.teams())
	}
	return json.Marshal(m)
}

// slack is the message in Slack's markup, in which three characters must be escaped.
func (m Message) slack() string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	text := "*" + escape.Replace(m.Title) + "*"
	for _, line := range m.Lines {
		text += "\n• " + escape.Replace(line)
	}
	if m.Command != "" {
		text += "\n```" + escape.Replace(m.Command) + "```"
	}
	return text
}

// teams is the message as a Workflows webhook of Teams takes it: an Adaptive Card in an attachment.
func (m Message) teams() map[string]any {
	block := func(text string, more map[string]any) map[string]any {
		b := map[string]any{"type": "TextBlock", "text": text, "wrap": true}
		for k, v := range more {
			b[k] = v
		}
		return b
	}
	body := []map[string]any{block(m.Title, map[string]any{"weight": "Bolder", "size": "Medium"})}
	for _, line := range m.Lines {
		body = append(body, block("- "+line, nil))
	}
	if m.Command != "" {
		body = append(body, block(m.Command, map[string]any{"fontType": "Monospace"}))
	}
	return map[string]any{
		"type": "message",
		"attachments": []map[string]any{{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"content": map[string]any{
				"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2", "body": body,
			},
		}},
	}
}
