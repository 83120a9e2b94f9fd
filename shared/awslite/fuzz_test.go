package awslite

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzSecrets: a secret is taken whole or not at all, and no error ever shows a value.
func FuzzSecrets(f *testing.F) {
	for _, text := range []string{
		`{"username":"api@example.com","secret":"HUSHHUSH","integrationCode":"CODECODE"}`, `{"vendorApiKey":"HUSHHUSH","partnerApiKey":"KEYKEYKEY"}`,
		"\ufeff{\"vendorApiKey\":\"HUSHHUSH\",\"partnerApiKey\":\"\"}", `{"vendorApiKey":" HUSHHUSH","partnerApiKey":7}`, `{"Username":"HUSHHUSH"}`,
		`HUSHHUSH`, ``, `null`, `[]`, `{"vendorApiKey":"HUSHHUSH","partnerApiKey":"x"}x`, `{"vendorApiKey":{"a":"HUSHHUSH"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		a, errA := ParseAutotaskSecret(value)
		s, errS := ParseSynthesizeSecret(value)
		if errA == nil && errS == nil {
			t.Fatal("one value is the secret of both vendors")
		}
		for _, err := range []error{errA, errS} {
			if err != nil && (strings.Contains(err.Error(), "HUSH") && !namesAKey(value, "HUSH") || len(err.Error()) > 2000 && len(value) < 2000) {
				t.Fatalf("an error shows a value, or too much: %v", err)
			}
		}
		for _, c := range []struct {
			err    error
			fields []string
		}{{errA, []string{a.Username, a.Secret, a.IntegrationCode}}, {errS, []string{s.VendorAPIKey, s.PartnerAPIKey}}} {
			for _, field := range c.fields {
				if (field == "") != (c.err != nil) || field != strings.TrimSpace(field) {
					t.Fatalf("half a secret: %d bytes, %v", len(field), c.err)
				}
			}
		}
	})
}

// namesAKey tells whether a word is the name of a key, which an error may show.
func namesAKey(value []byte, word string) bool {
	var object map[string]any
	if json.Unmarshal([]byte(strings.TrimPrefix(string(value), "\ufeff")), &object) != nil {
		return false
	}
	for key := range object {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}
