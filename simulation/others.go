package simulation

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// others are another MSP, whose keys somebody puts into the secrets by mistake. Its companies have the ids of ours.
type others struct {
	tenant *autotasktest.Tenant
	vendor *synthesizetest.Simulator
}

const theirKey, theirUser = "their key", "api.user@other.example"

func newOthers() *others {
	o := &others{
		tenant: autotasktest.NewTenant(autotasktest.Options{
			Name: "Other MSP", Database: 777, LogLimit: -1,
			Credentials: autotasktest.Credentials{Username: theirUser, Secret: theirKey, IntegrationCode: theirKey},
		}),
		vendor: synthesizetest.New(synthesizetest.Options{
			Seed: 2, LogLimit: -1, NoHistory: true, VendorKey: theirKey, PartnerKey: theirKey, Switches: synthesizetest.Switches{RateLimit: -1},
		}),
	}
	o.vendor.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	for id, name := range map[int64]string{desktop: "Desktop", laptop: "Laptop", server: "Server", printer: "Printer"} {
		o.tenant.SetType(autotasktest.Type{ID: id, Name: name})
	}
	o.tenant.SetCompany(autotasktest.Company{ID: 0, Name: "Other MSP"})
	for c := range int64(6) {
		o.tenant.SetCompany(autotasktest.Company{ID: c + 1, Name: fmt.Sprintf("Theirs %d", c+1)})
		for n := range int64(7) {
			o.tenant.AddItem(autotasktest.Item{ID: 100*c + n + 1, Company: c + 1, Type: []int64{desktop, server}[n%2]})
		}
	}
	return o
}

// secret is what the secrets hold, and what processes may still have of it.
type secret[C any] struct {
	now, before C
	changed     time.Time
}

// copyLives is how long a process uses what it has read.
const copyLives = 5 * time.Minute

func (c *secret[C]) put(now C) { c.before, c.now, c.changed = c.now, now, time.Now() }

// read is what a process reads: perhaps what it has read before, unless it is to look afresh.
func (c *secret[C]) read(s *sim, who string, fresh bool) C {
	if !fresh && !s.calm && !c.changed.IsZero() && time.Since(c.changed) < copyLives && s.choose.one("copy of "+who, 500, 1) == 1 {
		s.note("%s still has what the secret held before", who)
		return c.before
	}
	return c.now
}

// bound is whose the ledger is: one that is nobody's yet is the first one's that comes.
func (s *sim) bound() ledger.Tenant {
	tenant, err := s.desk().Tenant(context.Background())
	if err != nil {
		panic(err)
	}
	return tenant
}

// theirVersion is that of a secret with something of the others in it, who are there from then on.
func (s *sim) theirVersion() string {
	if s.others == nil {
		s.others = newOthers()
	}
	s.versions++
	return fmt.Sprint("v", s.versions)
}

func (s *sim) theirKeysPut(_ string) string {
	if s.bound().Synthesize == (ledger.SynthesizeTenant{}) {
		return ""
	}
	s.keys.put(synthesize.Keys{VendorAPIKey: theirKey, PartnerAPIKey: theirKey, Version: s.theirVersion()})
	return "another organization's keys are put into the secret of Synthesize"
}

func (s *sim) theirCredentialsPut(_ string) string {
	if s.bound().Autotask == (ledger.AutotaskTenant{}) {
		return ""
	}
	s.credentials.put(autotask.Credentials{Username: theirUser, Secret: theirKey, IntegrationCode: theirKey, Version: s.theirVersion()})
	return "another tenant's credentials are put into the secret of Autotask"
}

// autotask is the vendor with both tenants.
func (s *sim) autotask(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("UserName") == theirUser || strings.Contains(r.URL.RawQuery, "other.example") {
		s.others.tenant.ServeHTTP(w, r)
		return
	}
	s.tenant.ServeHTTP(w, r)
}

// synthesize is the vendor with both organizations.
func (s *sim) synthesize(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Gradient-Token") != theirToken {
		ours := http.Handler(s.vendor)
		if s.front != nil {
			ours = s.front
		}
		ours.ServeHTTP(w, r)
		return
	}
	if r.Method != http.MethodGet {
		s.fail("one tenant", "another organization is sent %s %s", r.Method, r.URL.Path)
	}
	s.others.vendor.ServeHTTP(w, r)
}

var theirToken = base64.StdEncoding.EncodeToString([]byte(theirKey + ":" + theirKey))

// readKeys and readCredentials are what a function reads of the secrets.
func (s *sim) readKeys(t *task) func(context.Context, bool) (synthesize.Keys, error) {
	return func(_ context.Context, fresh bool) (synthesize.Keys, error) {
		keys := s.keys.read(s, "the keys of "+t.name, fresh)
		if sent := token(keys); !slices.Contains(t.versions[sent], keys.Version) {
			t.versions[sent] = append(t.versions[sent], keys.Version)
		}
		return keys, nil
	}
}

func (s *sim) readCredentials(t *task) func(context.Context, bool) (autotask.Credentials, error) {
	return func(_ context.Context, fresh bool) (autotask.Credentials, error) {
		return s.credentials.read(s, "the credentials of "+t.name, fresh), nil
	}
}
