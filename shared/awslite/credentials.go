package awslite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// AutotaskSecret is what the secret for Autotask holds: {"username","secret","integrationCode"}, and, if a person is to be
// told, {"notifyUrl","notifyKind","heartbeatUrl"}: the one function that tells him has this secret already. It prints as
// nothing.
type AutotaskSecret struct {
	Username, Secret, IntegrationCode   string
	NotifyURL, NotifyKind, HeartbeatURL string
}

// SynthesizeSecret is what the secret for Synthesize holds: {"vendorApiKey","partnerApiKey"}. It prints as nothing.
type SynthesizeSecret struct{ VendorAPIKey, PartnerAPIKey string }

// ParseAutotaskSecret reads the value of the secret for Autotask. Errors name keys, never a value.
func ParseAutotaskSecret(value []byte) (AutotaskSecret, error) {
	var s AutotaskSecret
	err := parse(value, []field{
		{"username", &s.Username, true}, {"secret", &s.Secret, true}, {"integrationCode", &s.IntegrationCode, true},
		{"notifyUrl", &s.NotifyURL, false}, {"notifyKind", &s.NotifyKind, false}, {"heartbeatUrl", &s.HeartbeatURL, false},
	})
	if err != nil {
		return AutotaskSecret{}, fmt.Errorf("the secret for Autotask: %w", err)
	}
	return s, nil
}

// ParseSynthesizeSecret reads the value of the secret for Synthesize. Errors name keys, never a value.
func ParseSynthesizeSecret(value []byte) (SynthesizeSecret, error) {
	var s SynthesizeSecret
	err := parse(value, []field{{"vendorApiKey", &s.VendorAPIKey, true}, {"partnerApiKey", &s.PartnerAPIKey, true}})
	if err != nil {
		return SynthesizeSecret{}, fmt.Errorf("the secret for Synthesize: %w", err)
	}
	return s, nil
}

type field struct {
	key  string
	to   *string
	must bool // it must be there, and not be empty
}

// parse fills the fields from a JSON object of those keys and no others. It wraps no error of encoding/json: they quote what
// they stumble over.
func parse(value []byte, fields []field) error {
	value = bytes.TrimPrefix(value, []byte("\ufeff")) // a file written by PowerShell may begin with it
	var want []string
	for _, f := range fields {
		if f.must {
			want = append(want, f.key)
		}
	}
	object := map[string]json.RawMessage{}
	if !utf8.Valid(value) || json.Unmarshal(value, &object) != nil || object == nil {
		return fmt.Errorf("its value is no JSON object; it must be one with the keys %s", strings.Join(want, ", "))
	}
	var faults []string
	for _, f := range fields {
		raw, ok := object[f.key]
		delete(object, f.key)
		switch {
		case !f.must && (!ok || string(raw) == "null"):
		case !ok:
			faults = append(faults, fmt.Sprintf("key %q is missing", f.key))
		case raw[0] != '"' || json.Unmarshal(raw, f.to) != nil:
			faults = append(faults, fmt.Sprintf("the value of key %q is no string", f.key))
		case *f.to == "" && f.must:
			faults = append(faults, fmt.Sprintf("the value of key %q is empty", f.key))
		case !f.must:
			*f.to = strings.TrimSpace(*f.to) // an address that was pasted with its line's end is no reason to read nothing
		case strings.TrimSpace(*f.to) != *f.to:
			// They travel in HTTP headers, which drop it on the way: such a value can only be refused.
			faults = append(faults, fmt.Sprintf("the value of key %q has white space at an end", f.key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		faults = append(faults, fmt.Sprintf("key %.40q is unknown", key))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s; it must have the keys %s", strings.Join(faults, ", "), strings.Join(want, ", "))
	}
	return nil
}

const hidden = "(hidden)"

// String hides the secret from %v and %s.
func (AutotaskSecret) String() string { return hidden }

// GoString hides the secret from %#v.
func (AutotaskSecret) GoString() string { return hidden }

// LogValue hides the secret from slog.
func (AutotaskSecret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret from encoding/json and its like.
func (AutotaskSecret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// String hides the secret from %v and %s.
func (SynthesizeSecret) String() string { return hidden }

// GoString hides the secret from %#v.
func (SynthesizeSecret) GoString() string { return hidden }

// LogValue hides the secret from slog.
func (SynthesizeSecret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret from encoding/json and its like.
func (SynthesizeSecret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
