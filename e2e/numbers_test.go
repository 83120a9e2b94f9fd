//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// textual is a number in the emulator's answers that came from a parameter of the stack: MiniStack 1.5.33 leaves it the
// text that a parameter is, where AWS makes it the number that the property is.
var textual = regexp.MustCompile(`"(MaximumConcurrency|MaximumWindowInMinutes)": ?"([0-9]+)"`)

// numbers makes them numbers, for the SDK takes nothing else.
type numbers struct{ aws.HTTPClient }

func (n numbers) Do(r *http.Request) (*http.Response, error) {
	response, err := n.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	body = textual.ReplaceAll(body, []byte(`"$1":$2`))
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return response, nil
}
