package awslite_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/awslite"
)

func TestParse_WholeSecrets(t *testing.T) {
	a, err := awslite.ParseAutotaskSecret([]byte("\ufeff" + `{"username":"api@msp.example","secret":"p@ss \"w\u00f6rd\"","integrationCode":"CODE"}` + "\n"))
	if err != nil || a != (awslite.AutotaskSecret{Username: "api@msp.example", Secret: `p@ss "wörd"`, IntegrationCode: "CODE"}) {
		t.Errorf("Autotask: %v", err)
	}
	s, err := awslite.ParseSynthesizeSecret([]byte(`{"vendorApiKey":"vendor","partnerApiKey":"partner"}`))
	if err != nil || s != (awslite.SynthesizeSecret{VendorAPIKey: "vendor", PartnerAPIKey: "partner"}) {
		t.Errorf("Synthesize: %v", err)
	}
}

// How a person is told must not keep a run from its credentials.
func TestParse_AddressPastedWithItsLineEnd_OrSetToNothing_IsNoFault(t *testing.T) {
	for text, want := range map[string]string{`"https://example.com/hook\n"`: "https://example.com/hook", `null`: "", `""`: ""} {
		s, err := awslite.ParseAutotaskSecret([]byte(`{"username":"u","secret":"s","integrationCode":"c","notifyUrl":` + text + `,"heartbeatUrl":` + text + `}`))
		if err != nil || s.NotifyURL != want || s.HeartbeatURL != want {
			t.Errorf("%s: %q and %q, %v", text, s.NotifyURL, s.HeartbeatURL, err)
		}
	}
}

func TestParse_FaultsNameKeysAndNeverAValue(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		says  []string
	}{
		"missing":      {`{"vendorApiKey":"hush"}`, []string{`key "partnerApiKey" is missing`}},
		"unknown":      {`{"vendorApiKey":"hush","partnerApiKey":"hush","apiKey":"hush"}`, []string{`key "apiKey" is unknown`}},
		"other case":   {`{"VendorApiKey":"hush","partnerApiKey":"hush"}`, []string{`"vendorApiKey" is missing`, `"VendorApiKey" is unknown`}},
		"number":       {`{"vendorApiKey":4242,"partnerApiKey":"hush"}`, []string{`"vendorApiKey" is no string`}},
		"null":         {`{"vendorApiKey":null,"partnerApiKey":"hush"}`, []string{`"vendorApiKey" is no string`}},
		"empty":        {`{"vendorApiKey":"","partnerApiKey":"hush"}`, []string{`"vendorApiKey" is empty`}},
		"white space":  {`{"vendorApiKey":"hush\n","partnerApiKey":"hush"}`, []string{`"vendorApiKey" has white space`}},
		"everything":   {`{}`, []string{`"vendorApiKey" is missing`, `"partnerApiKey" is missing`, "must have the keys vendorApiKey, partnerApiKey"}},
		"plain text":   {`hush`, []string{"no JSON object", "vendorApiKey, partnerApiKey"}},
		"a string":     {`"hush"`, []string{"no JSON object"}},
		"null alone":   {`null`, []string{"no JSON object"}},
		"cut off":      {`{"vendorApiKey":"hush`, []string{"no JSON object"}},
		"two objects":  {`{"vendorApiKey":"hush","partnerApiKey":"hush"}{}`, []string{"no JSON object"}},
		"nothing":      {``, []string{"no JSON object"}},
		"bytes":        {"\xff\xfe", []string{"no JSON object"}},
		"value as key": {`{"` + strings.Repeat("k", 60) + `":1}`, []string{`key "` + strings.Repeat("k", 40) + `" is unknown`}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := awslite.ParseSynthesizeSecret([]byte(c.value))
			for _, words := range append(c.says, "the secret for Synthesize") {
				if err == nil || !strings.Contains(err.Error(), words) {
					t.Errorf("%v does not say %q", err, words)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "4242")) {
				t.Errorf("%v tells a value", err)
			}
			if s != (awslite.SynthesizeSecret{}) {
				t.Error("half a secret came back")
			}
		})
	}
}

func TestSecret_PrintsAsNothing(t *testing.T) {
	a, s := awslite.AutotaskSecret{"hush", "hush", "hush", "hush", "hush", "hush"}, awslite.SynthesizeSecret{"hush", "hush"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("test", "autotask", a, "synthesize", &s)
	inJSON, err := json.Marshal([]any{a, &s, map[string]any{"a": a}})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %v %+v %#v %s %v", a, a, a, a, a, s, s, s, s, []any{a, &s}) + log.String() + string(inJSON)
	if strings.Contains(all, "hush") {
		t.Errorf("tells it: %s", all)
	}
}
