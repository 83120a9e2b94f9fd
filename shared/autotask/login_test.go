package autotask

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/vendorapi"
)

func TestLogin_LooksUpTheZoneAndProvesTheLoginByOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		c := s.start(t)
		got, err := c.Login(t.Context())
		want := Login{
			Zone:          Zone{Name: "Test", URL: "http://127.0.0.1/ATServicesRest", Database: 20264},
			Budget:        Budget{Limit: 10_000, Used: 124, Window: time.Hour},
			SecretVersion: "v1",
		}
		if err != nil || got != want {
			t.Errorf("got %+v, %v", got, err)
		}
		if s.zones != 1 || len(s.log) != 1 || s.log[0].entity != "thresholdinformation" || c.Requests() != 1 {
			t.Errorf("%d zone lookups, requests %+v, says %d", s.zones, s.log, c.Requests())
		}
		if got.Budget.Left() != 9_876 {
			t.Errorf("left: %d", got.Budget.Left())
		}
	})
}

func TestLogin_Refused_CostsOneRequestIfNothingHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		asked := 0
		c := s.start(t, func(config *Config) {
			config.Credentials = func(context.Context, bool) (Credentials, error) {
				asked++
				return Credentials{Username: "u", Secret: "wrong", IntegrationCode: "CODE", Version: "v7"}, nil
			}
		})
		_, err := c.Login(t.Context())
		var refused *vendorapi.RefusedError
		if !errors.As(err, &refused) || refused.SecretVersion != "v7" {
			t.Fatalf("got %v", err)
		}
		// Whoever goes on all the same is not heard.
		var wait sync.WaitGroup
		for range 5 {
			wait.Go(func() {
				if _, err := c.CountItems(t.Context(), nil); !vendorapi.IsRefused(err) {
					t.Errorf("got %v", err)
				}
			})
		}
		wait.Wait()
		if len(s.log) != 1 || s.zones != 2 || asked != 2 {
			t.Errorf("%d requests, %d zone lookups, %d looks at the secret", len(s.log), s.zones, asked)
		}
		if strings.Contains(err.Error(), "wrong") || strings.Contains(err.Error(), "CODE") {
			t.Errorf("the error tells the secret: %v", err)
		}
	})
}

func TestLogin_SecretRotated_IsTriedOnceMore(t *testing.T) {
	for _, right := range []bool{true, false} {
		virtual(t, fmt.Sprint("the new one is right: ", right), func(t *testing.T) {
			s := newTenant(nil)
			c := s.start(t, func(config *Config) {
				config.Credentials = func(_ context.Context, fresh bool) (Credentials, error) {
					got := Credentials{Username: "u", Secret: "old", IntegrationCode: "CODE", Version: "old"}
					if fresh {
						got.Secret, got.Version = "new", "new"
					}
					return got, nil
				}
			})
			if s.secret = "other"; right {
				s.secret = "new"
			}
			login, err := c.Login(t.Context())
			if right && (err != nil || login.SecretVersion != "new") || !right && !vendorapi.IsRefused(err) {
				t.Errorf("got %+v, %v", login, err)
			}
			if len(s.log) != 2 {
				t.Errorf("%d requests, want 2", len(s.log))
			}
		})
	}
}

// Two tenants may live in one zone. Whose answer it is the number of the zone lookup says, which must be the user's own.
func TestLogin_AnotherUser_WhoseZoneCannotBeLookedUp_NothingIsSentWithHisCredentials(t *testing.T) {
	virtual(t, "", func(t *testing.T) {
		s := newTenant(nil)
		c := s.start(t, func(config *Config) {
			config.Credentials = func(_ context.Context, fresh bool) (Credentials, error) {
				if !fresh {
					return Credentials{Username: "ours", Secret: "expired", IntegrationCode: "CODE", Version: "v1"}, nil
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				s.zone = "http://elsewhere.example/"
				return Credentials{Username: "theirs", Secret: s.secret, IntegrationCode: "CODE", Version: "v2"}, nil
			}
		})
		if login, err := c.Login(t.Context()); err == nil || len(s.log) != 1 {
			t.Errorf("%+v, %v, %d requests with credentials", login, err, len(s.log))
		}
	})
}

func TestLogin_TenantMoved_IsFollowedToTheNewZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(even(600))
		s.before = func(a asked, w http.ResponseWriter) bool {
			// The old host refuses everybody from the second request on, which is in the middle of the read.
			if s.zone == "http://127.0.0.1/ATServicesRest/" && a.index > 0 {
				s.mu.Unlock()
				defer s.mu.Lock()
				s.setZone("http://127.0.0.2/atservicesrest/")
				w.WriteHeader(401)
				return true
			}
			return false
		}
		c := login(t, s)
		counts, err := c.CountItems(t.Context(), nil)
		if err != nil || counts.Items != 600 {
			t.Errorf("got %d items, %v", counts.Items, err)
		}
	})
}

func (s *tenant) setZone(zone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone = zone
}

func TestLogin_UnknownUser_IsARefusalWithoutAnyRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.zone = ""
		c := s.start(t)
		_, err := c.Login(t.Context())
		var refused *vendorapi.RefusedError
		if !errors.As(err, &refused) || refused.SecretVersion != "v1" || !strings.Contains(err.Error(), "Zone information") {
			t.Errorf("got %v", err)
		}
		if s.zones != 1 || c.Requests() != 0 {
			t.Errorf("%d zone lookups, %d requests", s.zones, c.Requests())
		}
	})
}

func TestLogin_UserNamePutRight_IsTriedOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.zone = ""
		c := s.start(t, func(config *Config) {
			config.Credentials = func(_ context.Context, fresh bool) (Credentials, error) {
				got := Credentials{Username: "typo", Secret: s.secret, IntegrationCode: "CODE", Version: "1"}
				if fresh {
					s.setZone("http://127.0.0.1/ATServicesRest/")
					got.Username, got.Version = "user", "2"
				}
				return got, nil
			}
		})
		login, err := c.Login(t.Context())
		if err != nil || login.SecretVersion != "2" || len(s.log) != 1 {
			t.Errorf("got %+v, %v, %d requests", login, err, len(s.log))
		}
	})
}

func TestLogin_IntegrationCodeNamedInA500_IsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTenant(nil)
		s.before = func(_ asked, w http.ResponseWriter) bool {
			http.Error(w, `{"errors":["IntegrationCode is invalid."]}`, 500)
			return true
		}
		c := s.start(t)
		if _, err := c.Login(t.Context()); !vendorapi.IsRefused(err) || len(s.log) != 1 {
			t.Errorf("got %v after %d requests", err, len(s.log))
		}
	})
}

func TestLogin_CredentialsThatCannotBeSent_AreNotSent(t *testing.T) {
	for _, bad := range []Credentials{
		{Secret: "s", IntegrationCode: "c"},
		{Username: "u", IntegrationCode: "c"},
		{Username: "u", Secret: "s"},
		{Username: "u", Secret: "hush\n", IntegrationCode: "c"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newTenant(nil)
			c := s.start(t, func(config *Config) {
				config.Credentials = func(context.Context, bool) (Credentials, error) { return bad, nil }
			})
			_, err := c.Login(t.Context())
			if err == nil || c.Requests() != 0 || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %v, %d requests", err, c.Requests())
			}
		})
	}
}

func TestCheckZoneURL(t *testing.T) {
	remote, _ := url.Parse("https://webservices.autotask.net")
	local, _ := url.Parse("http://127.0.0.1:8080")
	for _, c := range []struct {
		answer string
		base   *url.URL
		want   string // empty: refused
	}{
		{"https://webservices3.autotask.net/atservicesrest/", remote, "https://webservices3.autotask.net/atservicesrest"},
		{"https://WebServices29.Autotask.NET/ATServicesRest", remote, "https://WebServices29.Autotask.NET/ATServicesRest"},
		{"https://prde.autotask.net:443/", remote, "https://prde.autotask.net:443"},
		{"http://webservices3.autotask.net/atservicesrest/", remote, ""},
		{"https://autotask.net.evil.example/atservicesrest/", remote, ""},
		{"https://evilautotask.net/atservicesrest/", remote, ""},
		{"https://autotask.net/", remote, ""},
		{"https://webservices3.autotask.net:8443/atservicesrest/", remote, ""},
		{"https://user:pass@webservices3.autotask.net/", remote, ""},
		{"https://webservices3.autotask.net/a?x=1", remote, ""},
		{"https://webservices3.autotask.net/a#b", remote, ""},
		{"https://webservices3.autotask.net/../a/", remote, ""},
		{"https://webservices3.autotask.net/a%2Fb/", remote, ""},
		{"http://127.0.0.1/atservicesrest/", remote, ""},
		{"https://localhost/atservicesrest/", remote, ""},
		{"ftp://127.0.0.1/", local, ""},
		{"http://127.0.0.1:9999/atservicesrest/", local, "http://127.0.0.1:9999/atservicesrest"},
		{"http://localhost:1/", local, "http://localhost:1"},
		{"https://webservices3.autotask.net/atservicesrest/", local, "https://webservices3.autotask.net/atservicesrest"},
		{"http://10.0.0.1/", local, ""},
		{"", remote, ""},
		{"mailto:x", remote, ""},
		{"https:///x", remote, ""},
		{":", remote, ""},
	} {
		got, err := checkZoneURL(c.answer, c.base)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q from %s: got %q, %v", c.answer, c.base.Host, got, err)
		}
	}
}
