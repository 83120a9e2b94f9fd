package vendorapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Kind says how a call ended.
type Kind string

// The kinds. Only Unavailable, Canceled and Withheld are worth another run without a person's doing.
const (
	Unavailable Kind = "unavailable" // patience, attempts or time ran out, or an attempt at a Once request was unclear
	Rejected    Kind = "rejected"    // a definite no to this request (Permanent, Declined)
	LoginFailed Kind = "refused"     // the login was refused; Err is a *RefusedError
	Faulted     Kind = "fault"       // the vendor wants no requests; Err is a *FaultError
	Canceled    Kind = "canceled"    // the context ended
	Withheld    Kind = "withheld"    // Request.Before said no
	NoLogin     Kind = "no-login"    // the credentials could not be looked up, nothing was sent
)

// Error is how every failed call ends. It holds no header, no query and no secret.
type Error struct {
	Vendor    string
	Operation string
	Method    string // of the last attempt; empty if no request was built
	Path      string // without the query
	Status    int    // of the last answer; 0 if there was none
	Head      string // the first bytes of that answer's body, in one line
	Attempts  int    // requests that were sent or tried to be
	Unclear   bool   // at least one of them may have taken effect
	Late      bool   // at least one of them was never answered by the vendor himself, so that it may take effect yet, within its time-out
	Kind      Kind

	// RetryAfter is how long the vendor still wants to be left alone; 0 if it did not say.
	RetryAfter time.Duration

	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Vendor, e.Operation)
	if e.Method != "" {
		fmt.Fprintf(&b, ": %s %s", e.Method, e.Path)
	}
	switch e.Attempts {
	case 0:
		b.WriteString(": not sent")
	case 1:
	default:
		fmt.Fprintf(&b, ": %d attempts", e.Attempts)
	}
	var refused *RefusedError
	var fault *FaultError
	if e.Status != 0 && !errors.As(e.Err, &refused) && !errors.As(e.Err, &fault) {
		b.WriteString(": " + answer(e.Status, e.Head))
	}
	switch {
	case e.Err == nil:
	case refused != nil && error(refused) == e.Err && refused.Operation == e.Operation: // vendor and operation are said
		b.WriteString(": " + refused.text(""))
	case fault != nil && error(fault) == e.Err && fault.Operation == e.Operation:
		b.WriteString(": " + fault.text(""))
	default:
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; asked to wait %s", e.RetryAfter.Round(time.Second))
	}
	if e.Unclear {
		b.WriteString("; it may have taken effect")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// RefusedError is a refusal of the login. It ends every later call of the same Caller without a request.
type RefusedError struct {
	Vendor        string
	Operation     string // of the call that met the refusal
	Status        int
	SecretVersion string
	Head          string
	Lookup        error // why the credentials could not be looked up afresh, if they could not
}

func (e *RefusedError) Error() string { return e.Vendor + " " + e.text(e.Operation) }

func (e *RefusedError) text(operation string) string {
	s := "refused the login"
	about := operation
	if e.SecretVersion != "" {
		about = strings.TrimPrefix(operation+", secret version "+e.SecretVersion, ", ")
	}
	if about != "" {
		s += " (" + about + ")"
	}
	s += ": " + answer(e.Status, e.Head)
	if e.Lookup != nil {
		s += fmt.Sprintf("; looking it up afresh failed: %v", e.Lookup)
	}
	return s + "; correct the credentials, nothing is sent until then"
}

func (e *RefusedError) Unwrap() error { return e.Lookup }

// FaultError is an answer that only a person can see to. It ends every later call of the same Caller without a request.
type FaultError struct {
	Vendor    string
	Operation string // of the call that met the fault
	Status    int
	Head      string
}

func (e *FaultError) Error() string { return e.Vendor + " " + e.text(" ("+e.Operation+")") }

func (e *FaultError) text(operation string) string {
	return fmt.Sprintf("wants no requests%s: %s; nothing more is sent", operation, answer(e.Status, e.Head))
}

// IsUnclear tells whether a failed call may have taken effect all the same.
func IsUnclear(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Unclear
}

// IsRefused tells whether a login was refused.
func IsRefused(err error) bool {
	var e *RefusedError
	return errors.As(err, &e)
}

// RefusedVersions are the versions of the secret that a failed call was refused with, those that were tried while looking it up
// afresh included; empty versions are left out.
func RefusedVersions(err error) []string {
	var versions []string
	var e *RefusedError
	for errors.As(err, &e) {
		if e.SecretVersion != "" && !slices.Contains(versions, e.SecretVersion) {
			versions = append(versions, e.SecretVersion)
		}
		err = e.Lookup
	}
	return versions
}

// IsFault tells whether the vendor wants no requests.
func IsFault(err error) bool {
	var e *FaultError
	return errors.As(err, &e)
}

// KindOf is the kind of a failed call, empty if the error is of no call.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func answer(status int, head string) string {
	if head == "" {
		return fmt.Sprintf("status %d", status)
	}
	return fmt.Sprintf("status %d: %s", status, head)
}

// headBytes is how much of an answer goes into an error: enough for a sentence, little enough for a line of log.
const headBytes = 300

// head makes a line of the first bytes of a body. Secrets go first, so that none is cut in two and missed.
func head(body []byte, secrets []string) string {
	if len(body) == 0 {
		return ""
	}
	s := clean(string(body), secrets)
	if len(s) > headBytes {
		s = strings.ToValidUTF8(s[:headBytes], "") + "..."
	}
	return s
}

// redact takes secrets out of an error that quotes an answer in which the vendor repeats them. Most do not, and stay
// whole.
func redact(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, secret := range spelled(secrets) {
		if strings.Contains(text, secret) {
			return errors.New(clean(text, secrets))
		}
	}
	return err
}

// spelled lists secrets as they are and as an answer may repeat them: in a JSON text, on a web page, in an address. The
// secrets that vendors make are full of the characters that are written otherwise there.
func spelled(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		all = append(all, secret)
		quoted, _ := json.Marshal(secret) // of a string, it cannot fail
		safe := string(quoted[1 : len(quoted)-1])
		plain := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(safe) // as all others write JSON
		named := strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;").Replace(html.EscapeString(secret))
		for _, s := range []string{safe, plain, strings.ReplaceAll(plain, "/", `\/`), html.EscapeString(secret), named, url.QueryEscape(secret), url.PathEscape(secret)} {
			if s != secret {
				all = append(all, s)
			}
		}
	}
	return all
}

func clean(s string, secrets []string) string {
	for _, secret := range spelled(secrets) {
		s = strings.ReplaceAll(s, secret, "[redacted]")
	}
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
