package synthesize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize"
)

func TestKeys_DoNotShow_HoweverTheyArePrinted(t *testing.T) {
	k := synthesize.Keys{VendorAPIKey: vendorKey, PartnerAPIKey: partnerKey, Version: "v7"}
	nested := struct{ Keys synthesize.Keys }{k}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		noSecret(t, fmt.Sprintf(verb, k), fmt.Sprintf(verb, &k), fmt.Sprintf(verb, nested))
		if hex := fmt.Sprintf("%x", vendorKey); bytes.Contains(fmt.Appendf(nil, verb, k), []byte(hex)) {
			t.Errorf("%s shows a key in hexadecimal", verb)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", k, "nested", nested)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "keys", k, "nested", nested)
	encoded, err := json.Marshal(nested)
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, log.String(), string(encoded), k.String())
	if !bytes.Contains(log.Bytes(), []byte("v7")) {
		t.Error("the log does not tell the version")
	}
}

func TestKeys_AreReadFromTheSecretsJSON(t *testing.T) {
	var k synthesize.Keys
	if err := json.Unmarshal([]byte(`{"vendorApiKey":"a","partnerApiKey":"b"}`), &k); err != nil {
		t.Fatal(err)
	}
	if k != (synthesize.Keys{VendorAPIKey: "a", PartnerAPIKey: "b"}) {
		t.Error("not what stands in the secret")
	}
}
