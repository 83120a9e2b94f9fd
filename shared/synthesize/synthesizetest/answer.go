package synthesizetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// answer is what a request is told: JSON by default, a text when there is one, no body when there is neither.
type answer struct {
	status     int
	json       any
	html       string
	retryAfter string
}

// errorBody is the error format: the field is statusCode, while successes say status.
type errorBody struct {
	StatusCode int    `json:"statusCode"`
	Message    any    `json:"message"`
	Error      string `json:"error,omitempty"`
}

// wrapped is the format of the answers that carry their object in data.
type wrapped struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func refusal(status int, message string) answer {
	return answer{status: status, json: errorBody{StatusCode: status, Message: message}}
}

func notFound(format string, args ...any) answer {
	return refusal(http.StatusNotFound, fmt.Sprintf(format, args...))
}

// invalid is a 400 in the manner of the framework, with one message or several.
func (s Switches) invalid(messages ...string) answer {
	b := errorBody{StatusCode: http.StatusBadRequest, Message: messages[0], Error: "Bad Request"}
	if s.ArrayMessages {
		b.Message = messages
	}
	return answer{status: b.StatusCode, json: b}
}

func conflict() answer {
	return refusal(http.StatusConflict, "A resource with this Id already exists")
}

func tooLarge() answer {
	return refusal(http.StatusRequestEntityTooLarge, "request entity too large")
}

// encode returns the body and its type.
func (a answer) encode() (body []byte, contentType string) {
	if a.html != "" {
		return []byte(a.html), "text/html; charset=utf-8"
	}
	if a.json == nil {
		return nil, ""
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the vendor's back end does not escape "&" in names
	if err := e.Encode(a.json); err != nil {
		panic(fmt.Sprintf("encode an answer: %v", err)) // our own types always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), "application/json; charset=utf-8"
}

// write sends the answer, or only so much of its body as the length says.
func (a answer) write(w http.ResponseWriter, body []byte, contentType string) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may have gone; that is its affair
}

// timestamp is the format of dates in answers.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
