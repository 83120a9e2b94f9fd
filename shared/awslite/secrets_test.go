package awslite_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/synthsync/synthsync/shared/awslite"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:autotask-AbCdEf"

// manager is a Secrets Manager with one answer, over HTTP.
type manager struct {
	status int
	answer map[string]any
	calls  atomic.Int32
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.calls.Add(1)
	var in struct{ SecretId string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.SecretId != arn || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(m.status)
	_ = json.NewEncoder(w).Encode(m.answer)
}

func secrets(t *testing.T, m *manager, opts awslite.SecretsOptions) *awslite.Secrets {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	cfg, err := awslite.Config(settings(map[string]string{"AWS_ENDPOINT_URL": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	return awslite.NewSecrets(secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.BaseEndpoint = &server.URL }), opts)
}

func TestSecrets_AreKeptForAWhileUnlessAFreshOneIsWanted(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := &manager{status: 200, answer: map[string]any{"SecretString": "first", "VersionId": "v1"}}
	s := secrets(t, m, awslite.SecretsOptions{Now: func() time.Time { return now }})
	load := func(fresh bool, want, wantVersion string, calls int32) {
		t.Helper()
		value, version, err := s.Load(t.Context(), arn, fresh)
		if err != nil || string(value) != want || version != wantVersion || m.calls.Load() != calls {
			t.Errorf("%q of %q, %v after %d calls; want %q of %q after %d", value, version, err, m.calls.Load(), want, wantVersion, calls)
		}
		clear(value) // what the caller does with its copy is its own business
	}
	load(false, "first", "v1", 1)
	m.answer = map[string]any{"SecretString": "second", "VersionId": "v2"}
	now = now.Add(5*time.Minute - 1)
	load(false, "first", "v1", 1)
	now = now.Add(1)
	load(false, "second", "v2", 2)
	m.answer = map[string]any{"SecretString": "third", "VersionId": "v3"}
	load(true, "third", "v3", 3)
	load(false, "third", "v3", 3)
}

func TestSecrets_TroubleSaysWhatToDo(t *testing.T) {
	refusal := func(code, message string) map[string]any { return map[string]any{"__type": code, "message": message} }
	for name, c := range map[string]struct {
		status int
		answer map[string]any
		says   string
	}{
		"missing": {400, refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret."), "no such secret"},
		"without a value": {400, refusal("ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"), "has no value yet"},
		"forbidden":    {400, refusal("AccessDeniedException", "User: arn:aws:sts::1:role is not authorized"), "allow secretsmanager:GetSecretValue"},
		"KMS":          {400, refusal("DecryptionFailure", ""), "allow kms:Decrypt"},
		"deleted":      {400, refusal("InvalidRequestException", "marked for deletion"), "marked for deletion"},
		"binary":       {200, map[string]any{"SecretBinary": "aHVzaA==", "VersionId": "v1"}, "binary"},
		"other errors": {400, refusal("InvalidParameterException", "odd"), "InvalidParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			s := secrets(t, &manager{status: c.status, answer: c.answer}, awslite.SecretsOptions{})
			value, version, err := s.Load(t.Context(), arn, false)
			var trouble *awslite.SecretError
			if !errors.As(err, &trouble) || trouble.ARN != arn || value != nil || version != "" {
				t.Fatalf("got %q, %q, %v; want a *SecretError alone", value, version, err)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), arn) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%v: want %q and the ARN, and no value", err, c.says)
			}
		})
	}
}

func TestSecrets_FailureKeepsWhatIsStillGood(t *testing.T) {
	m := &manager{status: 200, answer: map[string]any{"SecretString": "good", "VersionId": "v1"}}
	s := secrets(t, m, awslite.SecretsOptions{})
	if _, _, err := s.Load(t.Context(), arn, false); err != nil {
		t.Fatal(err)
	}
	m.status, m.answer = 400, map[string]any{"__type": "AccessDeniedException"}
	if _, _, err := s.Load(t.Context(), arn, true); err == nil {
		t.Error("the failed fresh read went unnoticed")
	}
	if value, _, err := s.Load(t.Context(), arn, false); err != nil || string(value) != "good" {
		t.Errorf("got %q, %v", value, err)
	}
}
