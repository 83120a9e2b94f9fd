// Package notify tells a person, where he looks anyway, that something needs him: by a webhook of Slack, of Microsoft Teams,
// or of anything that takes JSON; and tells a dead man's switch that all is well. Both addresses are secrets: they are in no
// error and no log.
package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

// Kinds of webhook.
const (
	Slack = "slack"
	Teams = "teams"
	JSON  = "json"
)

// Settings are the addresses. Empty ones are not used. They print as nothing.
type Settings struct {
	URL          string // NOTIFY_URL, the webhook
	Kind         string // NOTIFY_KIND: slack, teams or json; empty: as the address's host says
	HeartbeatURL string // HEARTBEAT_URL, asked once after each good run
}

const hidden = "(hidden)"

// String hides the addresses from %v and %s.
func (Settings) String() string { return hidden }

// GoString hides the addresses from %#v.
func (Settings) GoString() string { return hidden }

// LogValue hides the addresses from slog.
func (Settings) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the addresses from encoding/json and its like.
func (Settings) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Client sends. The zero value has no addresses and sends nothing.
type Client struct {
	webhook, heartbeat *url.URL
	kind               string
	http               *http.Client
}

// New checks the settings. Its errors name a setting, and never its value. h may be nil; redirects are never followed, since
// they would carry what is sent to a host that nobody has chosen.
func New(s Settings, h *http.Client) (*Client, error) {
	c := &Client{kind: s.Kind, http: &http.Client{}}
	if h != nil {
		*c.http = *h
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var errs []error
	var err error
	if c.webhook, err = address("NOTIFY_URL", s.URL); err != nil {
		errs = append(errs, err)
	}
	if c.heartbeat, err = address("HEARTBEAT_URL", s.HeartbeatURL); err != nil {
		errs = append(errs, err)
	}
	switch s.Kind {
	case "", Slack, Teams, JSON:
	default:
		errs = append(errs, errors.New("NOTIFY_KIND: must be slack, teams or json, or empty: then the host of NOTIFY_URL says it"))
	}
	if c.kind == "" && c.webhook != nil {
		c.kind = kindOf(c.webhook.Hostname())
	}
	return c, errors.Join(errs...)
}

// address reads a setting; nil if it is empty.
func address(setting, value string) (*url.URL, error) {
	if strings.TrimSpace(value) == "" {
		return nil, nil
	}
	u, err := url.Parse(strings.TrimSpace(value))
	switch {
	case err != nil: // its text repeats the value
		return nil, fmt.Errorf("%s: not a URL; set it to the whole address of the webhook", setting)
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("%s: no host in it; set it to the whole address of the webhook", setting)
	case u.Scheme == "http" && vendorapi.IsLoopback(u.Hostname()), u.Scheme == "https":
		return u, nil
	}
	return nil, fmt.Errorf("%s: must begin with https:// (http:// is for this machine only): whoever has the address can write there", setting)
}

// kindOf knows the hosts of webhooks that their makers document.
func kindOf(host string) string {
	host = strings.ToLower(host)
	ends := func(domains ...string) bool {
		for _, d := range domains {
			if host == d || strings.HasSuffix(host, "."+d) {
				return true
			}
		}
		return false
	}
	switch {
	case ends("hooks.slack.com", "hooks.slack-gov.com"):
		return Slack
	case ends("webhook.office.com", "logic.azure.com", "powerplatform.com", "powerautomate.com"):
		return Teams
	}
	return JSON
}

// Notifies tells whether there is a webhook.
func (c *Client) Notifies() bool { return c != nil && c.webhook != nil }

// Beats tells whether there is a dead man's switch.
func (c *Client) Beats() bool { return c != nil && c.heartbeat != nil }

// Send posts a message to the webhook.
func (c *Client) Send(ctx context.Context, m Message) error {
	if !c.Notifies() {
		return nil
	}
	body, err := m.encode(c.kind)
	if err != nil {
		return fmt.Errorf("send a notification: %w", err)
	}
	if err := c.ask(ctx, http.MethodPost, c.webhook, body); err != nil {
		return fmt.Errorf("send a notification to NOTIFY_URL (%s): %w", c.kind, err)
	}
	return nil
}

// Heartbeat tells the dead man's switch that all is well.
func (c *Client) Heartbeat(ctx context.Context) error {
	if !c.Beats() {
		return nil
	}
	if err := c.ask(ctx, http.MethodGet, c.heartbeat, nil); err != nil {
		return fmt.Errorf("ask HEARTBEAT_URL: %w", err)
	}
	return nil
}

// trouble says why there was no answer, in words of its own. The error's text would repeat the address, whole or in parts:
// a host that is not found, a Location that cannot be read.
func trouble(err error) string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var system syscall.Errno
	var slow net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no such host"
	case errors.As(err, &dns):
		return "its host cannot be looked up"
	case errors.As(err, &certificate):
		return "its certificate cannot be trusted"
	case errors.As(err, &system):
		return "no connection: " + system.Error()
	case errors.As(err, &slow) && slow.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF):
		return "the connection ended without an answer"
	}
	return "no connection, or no answer that can be read"
}

// ask makes one request. What an answer says may repeat the address, so its status is all that is told of it.
func (c *Client) ask(ctx context.Context, method string, to *url.URL, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	r.Header.Set("User-Agent", "synthsync")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return fmt.Errorf("no answer in time: %w", ctx.Err())
		case ctx.Err() != nil:
			return ctx.Err()
		}
		return errors.New(trouble(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode <= 399:
		return fmt.Errorf("status %d: it redirects, which is not followed; set the address that it leads to", answer.StatusCode)
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
