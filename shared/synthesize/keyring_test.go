package synthesize_test

import (
	"context"
	"errors"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize"
)

// safe is where the keys lie, and the copy that a process has of them.
type safe struct {
	version, copied string
	refused         error // what is said of keys that were read since others were refused
}

func (s *safe) ring() *synthesize.Keyring {
	return synthesize.NewKeyring(func(_ context.Context, fresh bool) (synthesize.Keys, error) {
		if fresh {
			s.copied = s.version
		}
		return synthesize.Keys{VendorAPIKey: "v", PartnerAPIKey: "p", Version: s.copied}, nil
	}, func(context.Context, synthesize.Keys) error { return s.refused })
}

func versions(t *testing.T, k *synthesize.Keyring) (sent, inUse string) {
	t.Helper()
	keys, err := k.Keys(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	inUse, err = k.Version(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Version, inUse
}

func TestKeyring_TheCopyOfTheProcessRunsOut_TheKeysInUseStay(t *testing.T) {
	s := &safe{version: "v2", copied: "v1"}
	k := s.ring()
	versions(t, k)
	s.copied = "v2"
	if sent, inUse := versions(t, k); sent != "v1" || inUse != "v1" {
		t.Errorf("sent with %s, said to be in use %s; want v1", sent, inUse)
	}
}

func TestKeyring_VersionThatWasAskedFor_IsTheOneThatIsSentWith(t *testing.T) {
	s := &safe{version: "v2", copied: "v1"}
	k := s.ring()
	if v, err := k.Version(t.Context(), false); err != nil || v != "v1" {
		t.Fatal(v, err)
	}
	s.copied = "v2"
	if sent, _ := versions(t, k); sent != "v1" {
		t.Errorf("sent with %s, and v1 was held against what is proven", sent)
	}
}

func TestKeyring_ReadAfreshBeforeAnythingIsSent_TheNewKeysAreUsed(t *testing.T) {
	s := &safe{version: "v2", copied: "v1"}
	k := s.ring()
	_, _ = k.Version(t.Context(), false)
	if v, err := k.Version(t.Context(), true); err != nil || v != "v2" {
		t.Fatal(v, err)
	}
	if sent, inUse := versions(t, k); sent != "v2" || inUse != "v2" {
		t.Errorf("sent with %s, in use %s", sent, inUse)
	}
}

func TestKeyring_ReadAfreshWhileAClientSends_ItsKeysStayInUse(t *testing.T) {
	s := &safe{version: "v1", copied: "v1"}
	k := s.ring()
	versions(t, k)
	s.version = "v2"
	if v, err := k.Version(t.Context(), true); err != nil || v != "v2" {
		t.Fatal(v, err)
	}
	if sent, inUse := versions(t, k); sent != "v1" || inUse != "v1" {
		t.Errorf("sent with %s, in use %s: the client has v1 and nobody refused them", sent, inUse)
	}
}

func TestKeyring_KeysRefused_TheNewOnesAreUsedOnlyIfTheyMay(t *testing.T) {
	s := &safe{version: "v1", copied: "v1"}
	k := s.ring()
	versions(t, k)
	s.version, s.refused = "v2", errors.New("another organization's")
	if _, err := k.Keys(t.Context(), true); !errors.Is(err, s.refused) {
		t.Fatalf("%v", err)
	}
	if _, inUse := versions(t, k); inUse != "v1" {
		t.Errorf("in use are %s", inUse)
	}
	s.refused = nil
	if keys, err := k.Keys(t.Context(), true); err != nil || keys.Version != "v2" {
		t.Fatalf("%v %v", keys, err)
	}
	if _, inUse := versions(t, k); inUse != "v2" {
		t.Errorf("in use are %s", inUse)
	}
}

// The secret holds what was refused just now. To ask whose it is would be one refusal more.
func TestKeyring_TheSecretHoldsWhatWasRefused_NobodyIsAskedWhoseItIs(t *testing.T) {
	keys := synthesize.NewKeyring(func(context.Context, bool) (synthesize.Keys, error) {
		return synthesize.Keys{VendorAPIKey: "a", PartnerAPIKey: "b", Version: "v1"}, nil
	}, func(context.Context, synthesize.Keys) error {
		t.Error("somebody is asked")
		return nil
	})
	for _, fresh := range []bool{false, true} {
		if got, err := keys.Keys(t.Context(), fresh); err != nil || got.Version != "v1" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
