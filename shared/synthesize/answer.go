package synthesize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// note is what Synthesize says beside its data. Errors call the code statusCode, successes status (which in an
// organization is a word); the message of a 400 may be a list.
type note struct {
	StatusCode json.RawMessage `json:"statusCode"`
	Status     json.RawMessage `json:"status"`
	Message    json.RawMessage `json:"message"`
}

// readNote makes what it can of a body, which may as well be HTML or nothing.
func readNote(body []byte) (status int, message string) {
	var n note
	if json.Unmarshal(body, &n) != nil {
		return 0, ""
	}
	if json.Unmarshal(n.StatusCode, &status) != nil {
		_ = json.Unmarshal(n.Status, &status)
	}
	var lines []string
	if json.Unmarshal(n.Message, &message) != nil && json.Unmarshal(n.Message, &lines) == nil {
		message = strings.Join(lines, "; ")
	}
	return status, message
}

// classify judges what is not 2xx. A conflict is a normal no. "Vendor Profile Not Found" is documented as a 404 of most
// endpoints; it means that these keys have no integration (any more).
func classify(a vendorapi.Answer) vendorapi.Verdict {
	_, message := readNote(a.Body)
	switch {
	case a.Status == http.StatusNotFound && strings.Contains(strings.ToLower(message), "vendor profile not found"):
		return vendorapi.Fault
	case a.Status == http.StatusConflict:
		return vendorapi.Declined
	}
	return vendorapi.ClassifyStatus(a)
}

// noMap matches the documented "No account map found with id: 1". How the same is said of a service is not published.
var noMap = regexp.MustCompile(`(?i)\bno\b.*\bmap(ping)?s? found\b`)

// unmapped tells whether a count was refused because its account or service is not mapped, a normal answer.
func unmapped(a vendorapi.Answer) bool {
	_, message := readNote(a.Body)
	return a.Status == http.StatusNotFound && noMap.MatchString(message)
}

// written reads the answer to a write whose content does not matter. The status decides, an empty body is fine; but a
// web page comes from something else that answers in Synthesize's place, and a body may contradict its status.
func written(judge func(vendorapi.Answer) vendorapi.Verdict) func(io.Reader) error {
	return func(body io.Reader) error {
		head, _ := io.ReadAll(io.LimitReader(body, 64<<10)) // cut or not: the status came whole
		if bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")) {
			return errors.New("a web page instead of an answer of the API")
		}
		if status, _ := readNote(head); status >= 400 {
			return vendorapi.Judge(judge(vendorapi.Answer{Status: status, Body: head}), fmt.Errorf("the body says status %d", status))
		}
		return nil
	}
}
