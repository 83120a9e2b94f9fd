package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/notify"
)

var message = notify.Message{
	Incident: "held", Title: "A run is held", Lines: []string{`Servers falls from 30 to 20 <units> & more`, "second"},
	Command: "synthsync approve RUN --stack prod --reason TEXT", Where: "--stack prod", RunID: "run", At: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC),
}

// receiver takes what is sent, and answers with a status.
func receiver(t *testing.T, status int) (address string, bodies *[]string) {
	t.Helper()
	bodies = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*bodies = append(*bodies, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+string(body))
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, bodies
}

func client(t *testing.T, s notify.Settings) *notify.Client {
	t.Helper()
	c, err := notify.New(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSend_EachShapeIsWhatItsReceiverDocuments(t *testing.T) {
	for kind, check := range map[string]func(t *testing.T, body map[string]any){
		notify.Slack: func(t *testing.T, body map[string]any) {
			text := fmt.Sprint(body["text"])
			if len(body) != 1 || !strings.Contains(text, "*A run is held*") || !strings.Contains(text, "&lt;units&gt; &amp; more") || !strings.Contains(text, "```synthsync approve RUN") {
				t.Errorf("%v", body)
			}
		},
		notify.Teams: func(t *testing.T, body map[string]any) {
			attachment := body["attachments"].([]any)[0].(map[string]any)
			card := attachment["content"].(map[string]any)
			if body["type"] != "message" || attachment["contentType"] != "application/vnd.microsoft.card.adaptive" || card["type"] != "AdaptiveCard" || card["version"] == "" {
				t.Errorf("%v", body)
			}
			blocks := card["body"].([]any)
			if len(blocks) != 4 || blocks[0].(map[string]any)["text"] != "A run is held" || blocks[3].(map[string]any)["text"] != message.Command {
				t.Errorf("%v", blocks)
			}
			for _, b := range blocks {
				if b := b.(map[string]any); b["type"] != "TextBlock" || b["wrap"] != true {
					t.Errorf("%v", b)
				}
			}
		},
		"": func(t *testing.T, body map[string]any) {
			if body["incident"] != "held" || body["title"] != message.Title || body["command"] != message.Command || body["runId"] != "run" || body["over"] != false || len(body["lines"].([]any)) != 2 {
				t.Errorf("%v", body)
			}
		},
	} {
		t.Run("kind "+kind, func(t *testing.T) {
			address, bodies := receiver(t, http.StatusAccepted)
			if err := client(t, notify.Settings{URL: address + "/hook?sig=abc", Kind: kind}).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			head, text, _ := strings.Cut((*bodies)[0], "{")
			var body map[string]any
			if err := json.Unmarshal([]byte("{"+text), &body); err != nil || head != "POST /hook?sig=abc application/json " {
				t.Fatalf("%q, %v", head, err)
			}
			check(t, body)
		})
	}
}

func TestHeartbeat_AsksOnce(t *testing.T) {
	address, bodies := receiver(t, http.StatusOK)
	c := client(t, notify.Settings{HeartbeatURL: address + "/ping/uuid"})
	if err := c.Heartbeat(t.Context()); err != nil || len(*bodies) != 1 || !strings.HasPrefix((*bodies)[0], "GET /ping/uuid") {
		t.Errorf("%v %v", err, *bodies)
	}
	if err := c.Send(t.Context(), message); err != nil || len(*bodies) != 1 || c.Notifies() || !c.Beats() {
		t.Errorf("without a webhook: %v %v", err, *bodies)
	}
}

func TestNew_NotHTTPS_IsRefusedWithoutRepeatingTheAddress(t *testing.T) {
	for name, s := range map[string]notify.Settings{
		"plain http":       {URL: "http://example.com/hush"},
		"another scheme":   {HeartbeatURL: "ftp://example.com/hush"},
		"no host":          {URL: "https:///hush"},
		"no URL":           {URL: "https://exa mple.com/hush\x7f"},
		"a word":           {HeartbeatURL: "hush"},
		"a kind of nobody": {URL: "https://example.com/hush", Kind: "pigeon"},
	} {
		_, err := notify.New(s, nil)
		if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "_URL") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range []string{"", "https://example.com/x?sig=1", "http://127.0.0.1:1/x", "http://localhost/x"} {
		if _, err := notify.New(notify.Settings{URL: address}, nil); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestSettings_PrintAsNothing(t *testing.T) {
	s := notify.Settings{URL: "https://hush", HeartbeatURL: "https://hush"}
	text, _ := json.Marshal(s)
	if all := fmt.Sprintf("%v %+v %#v %s %s", s, s, s, s, text); strings.Contains(all, "hush") {
		t.Error(all)
	}
}

func TestSend_Failures_NameTheSettingAndNeverTheAddress(t *testing.T) {
	refusing, _ := receiver(t, http.StatusForbidden)
	gone := httptest.NewServer(nil)
	gone.Close()
	elsewhere, seen := receiver(t, http.StatusOK)
	moving := httptest.NewServer(http.RedirectHandler(elsewhere, http.StatusTemporaryRedirect))
	t.Cleanup(moving.Close)
	stop := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(stop) })
	for name, c := range map[string]struct{ address, says string }{
		"refused": {refusing, "status 403"}, "not there": {gone.URL, "refused"}, "moved": {moving.URL, "status 307"}, "silent": {silent.URL, "deadline"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := client(t, notify.Settings{URL: c.address + "/hush", HeartbeatURL: c.address + "/hush"}).Send(ctx, message)
		cancel()
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "NOTIFY_URL") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(*seen) != 0 {
		t.Errorf("a redirect was followed: %v", *seen)
	}
}

// The address is a secret in all its parts: of some webhooks it is the host that nobody may know. What Go says of a request
// that failed repeats it.
func TestSend_Failures_RepeatNoPartOfTheAddress(t *testing.T) {
	crooked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://[elsewhere"+r.URL.Path)
		w.WriteHeader(http.StatusMovedPermanently)
	}))
	t.Cleanup(crooked.Close)
	garbled := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, _ := w.(http.Hijacker).Hijack()
		_, _ = fmt.Fprintf(c, "HUSH %s\r\n\r\n", r.URL.Path)
		_ = c.Close()
	}))
	t.Cleanup(garbled.Close)
	lost := &http.Client{Transport: &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}}}
	for name, address := range map[string]string{
		"a Location that is no URL": crooked.URL + "/hush", "no HTTP": garbled.URL + "/hush", "no such host": "https://hush-hush.example/x",
	} {
		h := http.DefaultClient
		if name == "no such host" {
			h = lost
		}
		c, err := notify.New(notify.Settings{URL: address, HeartbeatURL: address}, h)
		if err != nil {
			t.Fatal(err)
		}
		for setting, err := range map[string]error{"NOTIFY_URL": c.Send(t.Context(), message), "HEARTBEAT_URL": c.Heartbeat(t.Context())} {
			if err == nil || strings.Contains(strings.ToLower(err.Error()), "hush") || !strings.Contains(err.Error(), setting) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestKind_IsKnownByTheHost(t *testing.T) {
	for host, want := range map[string]string{
		"hooks.slack.com": `{"text":`, "prod-12.westeurope.logic.azure.com": `"attachments"`, "x.webhook.office.com": `"attachments"`,
		"default1.environment.api.powerplatform.com": `"attachments"`, "example.com": `"incident"`, "nothooks.slack.com.example.com": `"incident"`,
	} {
		var body []byte
		h := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			body, _ = io.ReadAll(r.Body)
			return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
		})}
		c, err := notify.New(notify.Settings{URL: "https://" + host + "/hook"}, h)
		if err != nil || c.Send(t.Context(), message) != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v %s", host, err, body)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
