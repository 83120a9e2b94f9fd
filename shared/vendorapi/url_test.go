package vendorapi_test

import (
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestCheckBaseURL(t *testing.T) {
	for value, want := range map[string]string{
		"https://app.example.com":        "https://app.example.com",
		" https://app.example.com/base/": "https://app.example.com/base",
		"http://localhost:8080":          "http://localhost:8080",
		"http://127.1.2.3":               "http://127.1.2.3",
		"http://[::1]:80/":               "http://[::1]:80",
	} {
		if u, err := vendorapi.CheckBaseURL("SOME_URL", value); err != nil || u.String() != want {
			t.Errorf("CheckBaseURL(%q) = %v, %v; want %s", value, u, err, want)
		}
	}
	for _, value := range []string{
		"", "app.example.com", "https://", "ftp://example.com", "http://example.com", "http://localhost.example.com",
		"http://10.0.0.1", "http://0.0.0.0", "http://[::ffff:127.0.0.1]", "http://127.0.0.1.example.com", "http://[::1%25eth0]",
		"https://user:hunter2@example.com", "https://example.com?x=hunter2", "https://example.com/#x", "https://a:hunter2", "mailto:hunter2",
	} {
		_, err := vendorapi.CheckBaseURL("SOME_URL", value)
		if err == nil {
			t.Errorf("CheckBaseURL(%q) is accepted", value)
			continue
		}
		if !strings.HasPrefix(err.Error(), "SOME_URL: ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CheckBaseURL(%q): %q names no setting, or repeats what may be a secret", value, err)
		}
	}
}
