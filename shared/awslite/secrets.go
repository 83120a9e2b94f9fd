package awslite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
)

// SecretsClient is what Secrets needs of a *secretsmanager.Client.
type SecretsClient interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// SecretsOptions change how secrets are kept. The zero value is what the functions use.
type SecretsOptions struct {
	// TTL is how long a value is used before it is read again, so that a rotation is seen; 0 means 5 minutes.
	TTL time.Duration

	// Now is the clock that the TTL goes by; nil means time.Now.
	Now func() time.Time
}

// Secrets reads secrets from Secrets Manager and keeps them in the process for a while. It is safe for use by many
// goroutines.
type Secrets struct {
	client SecretsClient
	opts   SecretsOptions

	mu   sync.Mutex
	kept map[string]secret
}

type secret struct {
	value   string
	version string
	readAt  time.Time
}

// NewSecrets makes a reader of secrets. It calls nobody.
func NewSecrets(client SecretsClient, opts SecretsOptions) *Secrets {
	if opts.TTL <= 0 {
		opts.TTL = 5 * time.Minute
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Secrets{client: client, opts: opts, kept: map[string]secret{}}
}

// Load returns the current value of a secret and the id of its version. fresh asks Secrets Manager whatever is kept,
// for when the other side has refused the kept value. Every error that Secrets Manager gives is a *SecretError.
func (s *Secrets) Load(ctx context.Context, arn string, fresh bool) (value []byte, versionID string, err error) {
	if !fresh {
		s.mu.Lock()
		kept, ok := s.kept[arn]
		s.mu.Unlock()
		if ok && s.opts.Now().Sub(kept.readAt) < s.opts.TTL {
			return []byte(kept.value), kept.version, nil
		}
	}
	readAt := s.opts.Now()
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return nil, "", explain(arn, err)
	}
	if out.SecretString == nil {
		return nil, "", &SecretError{ARN: arn, Reason: "its value is binary; store it as text (put-secret-value --secret-string)"}
	}
	read := secret{*out.SecretString, aws.ToString(out.VersionId), readAt}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Of two reads at once, the one that began later has seen at least as much.
	if kept, ok := s.kept[arn]; !ok || !kept.readAt.After(readAt) {
		s.kept[arn] = read
	}
	return []byte(read.value), read.version, nil
}

// Forget has a secret read again at its next use: for a value that nobody can use, lest the corrected one be waited for.
func (s *Secrets) Forget(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, arn)
}

// SecretError says why a secret could not be read. It never holds a value.
type SecretError struct {
	ARN    string
	Reason string
	Err    error // the SDK's error, if there is one
}

func (e *SecretError) Error() string {
	text := fmt.Sprintf("secret %s: %s", e.ARN, e.Reason)
	if e.Err != nil {
		text += fmt.Sprintf(": %v", e.Err)
	}
	return text
}

func (e *SecretError) Unwrap() error { return e.Err }

func explain(arn string, err error) error {
	var missing *types.ResourceNotFoundException
	var deleted *types.InvalidRequestException
	var key *types.DecryptionFailure
	var api smithy.APIError
	reason := "cannot be read"
	switch {
	case errors.As(err, &missing) && strings.Contains(missing.ErrorMessage(), "staging label"):
		// The template makes its secrets without a value.
		reason = "it has no value yet; store one (put-secret-value)"
	case errors.As(err, &missing):
		reason = "there is no such secret in this account and Region"
	case errors.As(err, &deleted):
		reason = "it is marked for deletion, or in a state that cannot be read"
	case errors.As(err, &key):
		reason = "its KMS key cannot be used; allow kms:Decrypt on it"
	case errors.As(err, &api) && api.ErrorCode() == "AccessDeniedException":
		reason = "no permission; allow secretsmanager:GetSecretValue on it, and kms:Decrypt when it has a KMS key of its own"
	}
	return &SecretError{arn, reason, err}
}
