package stack

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts" // who the operator is; part of the config module already

	"github.com/synthsync/synthsync/functions/sync-accounts/accounts"
	"github.com/synthsync/synthsync/shared/awslite"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// Caller is the IAM principal that these credentials belong to.
func (s *Stack) Caller(ctx context.Context) (string, error) {
	out, err := sts.NewFromConfig(s.aws).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", s.explain("ask AWS who you are", err)
	}
	return aws.ToString(out.Arn), nil
}

// Look reads what stands at Synthesize, with the stack's own keys, and brings the ledger in line. It writes nothing there.
// The error is an *Error where these credentials may not read the keys, or nobody has filled them in yet.
func (s *Stack) Look(ctx context.Context, book *ledger.Ledger, now func() time.Time) (accounts.Look, error) {
	arn := s.outputs["SynthesizeSecretArn"]
	if arn == "" {
		return accounts.Look{}, &Error{"the stack has no output SynthesizeSecretArn; deploy it anew", nil}
	}
	secret, err := secretsmanager.NewFromConfig(s.aws).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if err != nil {
		return accounts.Look{}, &Error{"the Synthesize keys cannot be read from their secret", err}
	}
	keys, err := awslite.ParseSynthesizeSecret([]byte(aws.ToString(secret.SecretString)))
	if err != nil {
		return accounts.Look{}, &Error{"the Synthesize keys in their secret", err}
	}
	version := aws.ToString(secret.VersionId)
	client, err := synthesize.New(synthesize.Config{
		BaseURL: s.outputs["SynthesizeUrl"], Log: slog.New(slog.DiscardHandler), Patience: 30 * time.Second,
		Keys: func(context.Context, bool) (synthesize.Keys, error) {
			return synthesize.Keys{VendorAPIKey: keys.VendorAPIKey, PartnerAPIKey: keys.PartnerAPIKey, Version: version}, nil
		},
	})
	if err != nil {
		return accounts.Look{}, err
	}
	stage := &accounts.Stage{
		Synthesize: client, Ledger: book, Log: slog.New(slog.DiscardHandler), Token: rand.Text, Now: now,
		SecretVersion: func(context.Context, bool) (string, error) { return version, nil },
	}
	return stage.Take(ctx, nil)
}
