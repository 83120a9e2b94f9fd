package vendorapi_test

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// An answer may repeat a secret as JSON, on a web page, or in an address. Vendors make secrets of the very characters that are
// written otherwise there.
func TestDo_AnswerThatRepeatsTheSecret_HoweverItSpellsIt_IsNotQuotedWithIt(t *testing.T) {
	const odd = `7*a&B"d\2<m#/8'p`
	quoted, err := json.Marshal(odd)
	if err != nil {
		t.Fatal(err)
	}
	for name, spelled := range map[string]string{
		"as it is": odd, "JSON": `7*a&B\"d\\2<m#/8'p`, "JSON with slashes escaped": `7*a&B\"d\\2<m#\/8'p`, "JSON for web pages": strings.Trim(string(quoted), `"`),
		"a web page": html.EscapeString(odd), "a web page with names": "7*a&amp;B&quot;d\\2&lt;m#/8&apos;p", "a query": url.QueryEscape(odd), "a path": url.PathEscape(odd),
	} {
		for what, code := range map[string]int{"a no": 400, "no login": 401, "an answer that nobody can read": 200} {
			bubble(t, name+", "+what, func(t *testing.T) {
				handler, _ := scripted(status(code, "you sent "+spelled+" to us"))
				c := caller(t, handler, func(c *vendorapi.Config[login]) {
					c.Credentials = func(context.Context, bool) (login, string, error) { return login{odd}, "v1", nil }
				})
				request := get()
				request.Decode = decodeNumbers
				err := c.Do(t.Context(), request)
				if err == nil || strings.Contains(err.Error(), spelled) || !strings.Contains(err.Error(), "[redacted]") {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// An answer is quoted with its beginning. A secret that stands where it is cut is not quoted with its own beginning either.
func TestDo_AnswerThatIsCutWithinTheSecret_IsNotQuotedWithAPartOfIt(t *testing.T) {
	const secret = "7kQ2-vW9x-Lm4p-Zt8r"
	for before := 270; before <= 300; before++ {
		bubble(t, strconv.Itoa(before), func(t *testing.T) {
			handler, _ := scripted(status(400, strings.Repeat("n", before)+secret))
			c := caller(t, handler, func(c *vendorapi.Config[login]) {
				c.Credentials = func(context.Context, bool) (login, string, error) { return login{secret}, "v1", nil }
			})
			err := c.Do(t.Context(), get())
			if err == nil || !strings.Contains(err.Error(), "nnn") || strings.Contains(err.Error(), secret[:4]) {
				t.Errorf("%v", err)
			}
		})
	}
}

func decodeNumbers(body io.Reader) error { return vendorapi.DecodeJSON(body, new([]int)) }
