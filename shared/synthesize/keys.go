package synthesize

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Keys are the two keys of a custom integration. However they are printed, logged or encoded, they do not show; only
// their version does. The JSON names are those of the secret they come from.
type Keys struct {
	VendorAPIKey  string `json:"vendorApiKey"`
	PartnerAPIKey string `json:"partnerApiKey"`
	Version       string `json:"-"` // of the secret; empty if it has none
}

const hidden = "[redacted]"

func (k Keys) String() string {
	return fmt.Sprintf("synthesize keys %s, version %q", hidden, k.Version)
}

// GoString is String, for %#v.
func (k Keys) GoString() string { return k.String() }

// Format is String for every verb; some would print the fields otherwise.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String, for slog.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String, so that no encoder tells more.
func (k Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Secrets lists what must not stand in any text.
func (k Keys) Secrets() []string { return []string{k.VendorAPIKey, k.PartnerAPIKey, k.token()} }

// token is the Gradient-Token: standard base64 of the two keys with a colon between.
func (k Keys) token() string {
	return base64.StdEncoding.EncodeToString([]byte(k.VendorAPIKey + ":" + k.PartnerAPIKey))
}

// usable trims the keys, as a stray newline makes a valid-looking token that is refused, and lets no empty one pass.
func usable(lookUp func(context.Context, bool) (Keys, error)) func(context.Context, bool) (Keys, string, error) {
	return func(ctx context.Context, fresh bool) (Keys, string, error) {
		k, err := lookUp(ctx, fresh)
		if err != nil {
			return Keys{}, "", err
		}
		k.VendorAPIKey, k.PartnerAPIKey = strings.TrimSpace(k.VendorAPIKey), strings.TrimSpace(k.PartnerAPIKey)
		switch {
		case k.VendorAPIKey == "":
			return Keys{}, "", errors.New("the vendor API key is empty")
		case k.PartnerAPIKey == "":
			return Keys{}, "", errors.New("the partner API key is empty")
		}
		return k, k.Version, nil
	}
}
