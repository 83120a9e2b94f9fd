package autotask

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// Credentials are an API user's, with the tracking identifier of the integration. They never show in print or log.
type Credentials struct {
	Username        string
	Secret          string
	IntegrationCode string
	Version         string // of the secret they come from, to tell one rotation from the next; may be empty
}

const redacted = "autotask.Credentials[redacted]"

func (Credentials) String() string       { return redacted }
func (Credentials) GoString() string     { return redacted }
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// Secrets lists what is cut out of the vendor's words in errors.
func (c Credentials) Secrets() []string { return []string{c.Secret, c.IntegrationCode} }

// check finds what no request can be made of, without telling what it is.
func (c Credentials) check() error {
	for _, f := range []struct{ name, value string }{
		{"user name", c.Username}, {"secret", c.Secret}, {"integration code", c.IntegrationCode},
	} {
		switch {
		case f.value == "":
			return fmt.Errorf("the credentials have no %s", f.name)
		case strings.ContainsFunc(f.value, unicode.IsControl):
			return fmt.Errorf("the %s has a line end or another control character in it", f.name)
		}
	}
	return nil
}
