package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// renewedInTheMiddle is an office whose tenant was read once. In the next run its credentials expire when one of a kind is
// asked for, and the secret holds others by then.
func renewedInTheMiddle(t *testing.T, entity string, others autotasktest.Credentials) *office {
	t.Helper()
	o := newOffice(t)
	o.night()
	secret := credentialsOf(autotasktest.DefaultCredentials, "v1")
	o.credentials = func(context.Context, bool) (autotask.Credentials, error) { return secret, nil }
	right := autotasktest.DefaultCredentials
	right.Secret = "rotated"
	o.tenant.OnRequest(func(r autotasktest.Request) {
		if r.Entity == entity && secret.Version == "v1" {
			o.tenant.SetCredentials(right)
			secret = credentialsOf(others, "v2")
		}
	})
	o.now = o.now.Add(24 * time.Hour)
	o.accounts, o.usage = &outbox{}, &outbox{}
	return o
}

// another is a tenant of the same company ids, beside the office's own behind one address.
func (o *office) another(c autotasktest.Credentials) *autotasktest.Tenant {
	o.t.Helper()
	other := autotasktest.NewTenant(autotasktest.Options{Name: "Other MSP", Database: 777, Credentials: c})
	other.SetType(autotasktest.Type{ID: 1, Name: "Desktop"})
	other.SetType(autotasktest.Type{ID: 3, Name: "Server"})
	for id := int64(1); id <= 3; id++ {
		other.SetCompany(autotasktest.Company{ID: id, Name: fmt.Sprint("Theirs ", id)})
		other.AddItem(autotasktest.Item{ID: id * 10, Company: id, Type: 1})
		other.AddItem(autotasktest.Item{ID: id*10 + 1, Company: id, Type: 1})
		other.AddItem(autotasktest.Item{ID: id*10 + 2, Company: id, Type: 3})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("UserName") == c.Username || strings.Contains(r.URL.RawQuery, "other.example") {
			other.ServeHTTP(w, r)
			return
		}
		o.tenant.ServeHTTP(w, r)
	}))
	o.t.Cleanup(server.Close)
	o.url = server.URL
	return other
}

func TestFetch_AnotherTenantsCredentialsInTheMiddleOfARead_NothingIsTold(t *testing.T) {
	theirs := autotasktest.Credentials{Username: "api.user@other.example", Secret: "other", IntegrationCode: "OTHERFGHIJKLMNOPQRSTUVWXYZ0"}
	for _, entity := range []string{"ConfigurationItemTypes", "Companies", "ConfigurationItems"} {
		t.Run(entity, func(t *testing.T) {
			o := renewedInTheMiddle(t, entity, theirs)
			o.another(theirs)
			r, err := o.run(fetch.Event{Force: true})
			var other *ledger.TenantError
			if !errors.As(err, &other) || other.Vendor != "Autotask" || r.State != fetch.StateFailed {
				t.Errorf("%s, %v", r.State, err)
			}
			if o.queued() != 0 {
				t.Errorf("%d messages are queued", o.queued())
			}
			if tenant, err := o.book.Tenant(t.Context()); err != nil || tenant.Autotask.Database == 777 {
				t.Errorf("bound to %s, %v", tenant.Autotask, err)
			}
		})
	}
}

func TestFetch_CredentialsRotatedInTheMiddleOfARead_TheRunGoesOn(t *testing.T) {
	rotated := autotasktest.DefaultCredentials
	rotated.Secret = "rotated"
	o := renewedInTheMiddle(t, "ConfigurationItems", rotated)
	o.add(1, 3, 1)
	if r, err := o.run(fetch.Event{}); err != nil || r.State != fetch.StateDone || len(o.usage.sent) != 3 {
		t.Errorf("%s, %v, %d messages of counts", r.State, err, len(o.usage.sent))
	}
}

// Autotask answers a user who may see a part of it with fewer devices, and no error.
func TestFetch_AUserOfFewerRightsInTheMiddleOfARead_TheRunIsHeld(t *testing.T) {
	second := autotasktest.DefaultCredentials
	second.Username, second.Secret = "second.user@example.com", "rotated"
	o := newOffice(t)
	o.night()
	secret := credentialsOf(autotasktest.DefaultCredentials, "v1")
	o.credentials = func(context.Context, bool) (autotask.Credentials, error) { return secret, nil }
	o.tenant.OnRequest(func(r autotasktest.Request) {
		if r.Entity == "ConfigurationItems" && r.Operation != "entityInformation" && secret.Version == "v1" {
			o.tenant.SetCredentials(second)
			o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
			secret = credentialsOf(second, "v2")
		}
	})
	o.now = o.now.Add(24 * time.Hour)
	o.accounts, o.usage = &outbox{}, &outbox{}
	r, err := o.run(fetch.Event{})
	if err != nil || r.State != fetch.StateHeld || o.queued() != 0 || !strings.Contains(r.Reason, "rights") {
		t.Errorf("%s (%s), %v, %d messages are queued", r.State, r.Reason, err, o.queued())
	}
}
