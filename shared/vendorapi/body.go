package vendorapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// TooLargeError says that an answer was longer than Config.MaxResponse.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string { return fmt.Sprintf("answer longer than %d bytes", e.Limit) }

// bounded reads up to a limit, and remembers how the body begins and what broke the reading.
type bounded struct {
	from io.Reader
	read int64
	left int64
	head []byte
	err  error
}

// boundedHead is more than goes into an error, so that a secret in it is not cut before it is taken out.
const boundedHead = 4 << 10

func (b *bounded) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	b.read += int64(n)
	b.head = append(b.head, p[:min(n, boundedHead-len(b.head))]...)
	if b.left -= int64(n); b.left < 0 {
		b.err = &TooLargeError{b.read - 1}
		return n - 1, b.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// DecodeJSON reads one JSON value and makes sure that nothing follows it.
func DecodeJSON(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	if err := d.Decode(into); err != nil {
		return whole(err)
	}
	return EndJSON(d)
}

// EndJSON makes sure that nothing follows the value that was decoded last.
func EndJSON(d *json.Decoder) error {
	switch _, err := d.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return whole(err)
	}
	return errors.New("something follows the JSON value")
}

// whole says in words what the decoder means by EOF.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the answer is empty")
	}
	return err
}

// retryAfter reads the header of that name, seconds or a date. A date is measured by the vendor's own clock if the
// answer tells it. 0: absent, past or nonsense.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		const week = 7 * 24 * 3600 // more is no wait, and must not overflow
		return time.Duration(max(0, min(seconds, week))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(header.Get("Date")); err == nil {
		now = theirs
	}
	return max(0, at.Sub(now))
}
