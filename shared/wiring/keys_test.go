package wiring_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/awstest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/wiring"
)

const secretARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:synthesize-AbCdEf"

const ourKeys = `{"vendorApiKey":"` + synthesizetest.DefaultVendorKey + `","partnerApiKey":"` + synthesizetest.DefaultPartnerKey + `"}`

// The secret changes, and the copy of it in the process runs out in the middle of an invocation. What was asked with the old
// keys says nothing of the new ones.
func TestHandler_TheSecretsCopyRunsOut_SentWithAndSaidToBeInUse_IsOneVersion(t *testing.T) {
	cloud := awstest.Start(t)
	vendor := synthesizetest.New(synthesizetest.Options{})
	server := synthesizetest.Start(vendor)
	t.Cleanup(server.Close)
	env := cloud.Environment()
	for name, value := range map[string]string{
		"LEDGER_TABLE": "t", "SYNTHESIZE_SECRET_ARN": secretARN, "SYNTHESIZE_URL": server.URL, "MODE": ledger.ModePost,
		"USAGE_QUEUE_URL": cloud.QueueURL("usage.fifo"), "USAGE_DEAD_LETTER_URL": cloud.QueueURL("usage-dead.fifo"),
	} {
		env[name] = value
	}
	now := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	f, err := wiring.New(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, io.Discard, clock)
	if err != nil {
		t.Fatal(err)
	}
	consumer := wiring.NewConsumer(f, "USAGE")
	invoke := func(work func(ctx context.Context, with wiring.Invocation)) {
		t.Helper()
		consumer.Handler(ledger.New(memory.New(), clock), func(ctx context.Context, with wiring.Invocation, _ []queue.Received) []queue.Failure {
			work(ctx, with)
			return []queue.Failure{}
		}).Handle(t.Context(), nil)
	}
	inUse := func(ctx context.Context, with wiring.Invocation) string {
		t.Helper()
		if _, err := wiring.Whose(ctx, with.Synthesize); err != nil {
			t.Error(err)
		}
		version, err := with.Keys.Version(ctx, false)
		if err != nil {
			t.Error(err)
		}
		return version
	}

	cloud.SetSecret(secretARN, ourKeys, "v1")
	invoke(func(ctx context.Context, with wiring.Invocation) {
		before := inUse(ctx, with)
		cloud.SetSecret(secretARN, `{"vendorApiKey":"theirs","partnerApiKey":"theirs"}`, "v2")
		now = now.Add(6 * time.Minute)
		if after := inUse(ctx, with); before != "v1" || after != "v1" {
			t.Errorf("in use are said to be %s, then %s", before, after)
		}
	})
	invoke(func(ctx context.Context, with wiring.Invocation) {
		if version, err := with.Keys.Version(ctx, false); err != nil || version != "v2" {
			t.Errorf("the next invocation uses %s, %v", version, err)
		}
	})
}

// Ours are refused during the very first look, and what stands in the secret by then is another organization's: nothing was proven
// yet, so they have to be asked whose they are.
func TestKeyring_NothingIsProvenYet_KeysThatAreReadAfreshAreAskedWhoseTheyAre(t *testing.T) {
	theirs := synthesizetest.New(synthesizetest.Options{})
	server := synthesizetest.Start(theirs)
	t.Cleanup(server.Close)
	book := ledger.New(memory.New(), time.Now)
	if err := book.BindSynthesize(t.Context(), ledger.SynthesizeTenant{OrganizationID: "ours", VendorID: "v"}); err != nil {
		t.Fatal(err)
	}
	keys := wiring.NewKeyring(book, synthesize.Config{BaseURL: server.URL}, func(_ context.Context, fresh bool) (synthesize.Keys, error) {
		if !fresh {
			return synthesize.Keys{VendorAPIKey: "ours", PartnerAPIKey: "ours", Version: "v1"}, nil
		}
		return synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey, Version: "v2"}, nil
	})
	if _, err := keys.Keys(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	var other *ledger.TenantError
	if got, err := keys.Keys(t.Context(), true); !errors.As(err, &other) {
		t.Errorf("version %s is given out, %v", got.Version, err)
	}
}
