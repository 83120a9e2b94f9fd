package vendorapi

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzRetryAfter: whatever the header says, the wait is nothing or something to wait for.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, value := range []string{"5", "-5", "0", "1e9", "99999999999999999999", "9223372036854775807", " 7 ", "Mon, 23 Nov 2026 02:01:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "soon", ""} {
		f.Add(value, "")
		f.Add(value, "Mon, 23 Nov 2026 01:59:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		if wait := retryAfter(h, now); wait < 0 {
			t.Fatalf("%q, %q: %s", value, date, wait)
		}
	})
}

// FuzzHead: what an answer is quoted with is one short line of text without the secrets.
func FuzzHead(f *testing.F) {
	f.Add([]byte("status 500: HUSHHUSH is wrong\r\n"), "HUSHHUSH")
	f.Add([]byte(strings.Repeat("x", 298)+"HUSHHUSH"), "HUSHHUSH")
	f.Add([]byte("\xff\u202e<html>"), "a")
	f.Add([]byte("HUSH\u0000HUSH HUHUSHSH"), "HUSH")
	f.Fuzz(func(t *testing.T, body []byte, secret string) {
		line := head(body, []string{secret, ""})
		if len(line) > headBytes+3 || strings.ContainsFunc(line, unicode.IsControl) || line != strings.ToValidUTF8(line, "?") {
			t.Fatalf("%d bytes: %q", len(line), line)
		}
		// A secret of a few characters may be a part of the mark itself, or arise where the text was cleaned.
		if len(secret) >= 8 && strings.Contains(line, secret) && strings.Contains(string(body), secret) && !strings.Contains("[redacted] ...", secret) {
			t.Fatalf("%q shows %q", line, secret)
		}
	})
}
