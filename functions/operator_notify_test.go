package functions_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// hook is where a person looks: it keeps what it is sent.
type hook struct {
	mu   sync.Mutex
	got  []string
	url  string
	fail bool
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.fail {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h.got = append(h.got, r.Method+" "+string(body))
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// take is what came since the last time.
func (h *hook) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := strings.Join(h.got, "\n")
	h.got = nil
	return all
}

// The alarm on a failed run hears of it by its metrics, and the runbook by its log: an address that hangs takes neither.
func TestNotify_OnAStack_TheTimeIsUpAndTheAddressHangs_TheFailureIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	c := autotasktest.DefaultCredentials
	s.cloud.SetSecret(autotaskARN, object(map[string]string{
		"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode, "notifyUrl": hanging.URL, "heartbeatUrl": hanging.URL,
	}), "with-addresses")
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Latency = time.Minute })
	r, err := s.fetch.Invoke(context.Background(), []byte(`{}`), lambdatest.Options{Deadline: time.Now().Add(15 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Error == nil || r.Error.Type == lambdatest.TimedOut {
		t.Fatalf("it ends with %+v, want its own words", r.Error)
	}
	s.reports(map[string]any{"level": "ERROR", "state": "failed"})
	if failed, _ := s.lastMetric("RunsFailed"); failed != 1 {
		t.Errorf("RunsFailed is %v", failed)
	}
}

func TestNotify_OnAStack_AHeldRunIsToldOnce_WithTheCommandThatEndsIt(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	person, beat := newHook(t), newHook(t)
	c := autotasktest.DefaultCredentials
	s.cloud.SetSecret(autotaskARN, object(map[string]string{
		"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode, "notifyUrl": person.url + "/hush-hook", "heartbeatUrl": beat.url + "/hush-beat",
	}), "with-addresses")
	s.run()
	s.sim.MapAll()
	s.run()
	s.run() // sees that all is mapped
	person.take()
	if got := beat.take(); strings.Count(got, "GET") != 3 {
		t.Errorf("heartbeats: %q", got)
	}
	s.retire(12, desktop)
	run := s.held()
	if got := person.take(); strings.Count(got, "POST") != 1 || !strings.Contains(got, "synthsync approve "+run+" --stack "+stackName) {
		t.Errorf("the person got %q", got)
	}
	if got := beat.take(); got != "" {
		t.Errorf("a heartbeat after a held run: %q", got)
	}
	s.held()
	if got := person.take(); got != "" {
		t.Errorf("told twice: %q", got)
	}
	person.fail = true
	s.mustType("run --stack prod --force", 0)
	person.fail = false
	s.mustType("run --stack prod", 0)
	if got := person.take(); strings.Count(got, "POST") != 1 || !strings.Contains(got, `"over":true`) {
		t.Errorf("when it is over: %q", got)
	}
	a := s.mustType("check --stack prod --notify", 0, "Notification sent: yes. Dead man's switch told: yes.")
	if got := person.take(); !strings.Contains(got, "a test") {
		t.Errorf("the test: %q", got)
	}
	person.fail = true
	b := s.mustType("check --stack prod --notify --json", 1, "status 502")
	s.noSecrets(a.stdout, b.stdout, b.stderr)
	if strings.Contains(s.logs()+a.stdout+b.stdout+b.stderr, "hush") {
		t.Error("an address stands in the logs")
	}
}

func TestNotify_OnAStackWithoutAddresses_NobodyIsTold(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	if r := s.run(); r.Notified != nil {
		t.Errorf("%+v", r.Notified)
	}
	s.mustType("check --stack prod --notify", 1, `neither "notifyUrl" nor "heartbeatUrl"`)
}

// What is put into a secret is tried at once, by the process that has read the secret a minute ago.
func TestNotify_OnAStack_AddressesAreTriedAsSoonAsTheyAreSet(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	person := newHook(t)
	c := autotasktest.DefaultCredentials
	s.cloud.SetSecret(autotaskARN, object(map[string]string{
		"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode, "notifyUrl": person.url,
	}), "with-an-address")
	s.mustType("check --stack prod --notify", 0, "Notification sent: yes.")
}

func TestCloud_ASecretThatNobodyCanRead_IsReadAnewOnceItIsCorrected(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	c := autotasktest.DefaultCredentials
	s.cloud.SetSecret(autotaskARN, `{"username":"`+c.Username+`"}`, "half")
	if r := s.invoke(lambdatest.SchedulerEvent("half", time.Now())); r.Error == nil || !strings.Contains(r.Error.Message, `key "secret" is missing`) {
		t.Fatalf("got %v", r.Error)
	}
	s.secrets(c.Secret, synthesizetest.DefaultPartnerKey, "whole")
	if r := s.run(); r.State != "done" {
		t.Errorf("after the secret was corrected: %+v", r)
	}
}
