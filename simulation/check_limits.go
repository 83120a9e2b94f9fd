package simulation

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// login is what a request is sent with; "" if with nothing.
func login(r *http.Request) string { return r.Header.Get("Gradient-Token") + r.Header.Get("Secret") }

// right is the login that a vendor takes.
func (s *sim) right(vendor string) string {
	if vendor == synthesizeName {
		return token(s.rightKeys(""))
	}
	return s.secretRight
}

// token is what Synthesize's keys are sent as.
func token(keys synthesize.Keys) string {
	return base64.StdEncoding.EncodeToString([]byte(keys.VendorAPIKey + ":" + keys.PartnerAPIKey))
}

// noted is a refusal that the ledger knows: up to which run, and since which step.
type noted struct {
	version, runID string
	observedAt     time.Time
	step           int
}

// notes keeps what the ledger knows of refusals, as a function has written it.
func (s *sim) notes(t *task, body []byte) {
	var r ledger.Refusal
	if err := json.Unmarshal(body, &r); err != nil {
		s.fail("ledger", "%s notes a refusal that cannot be read: %v", t.name, err)
	}
	before := s.refusals
	s.refusals = nil
	for _, r := range append([]ledger.Refusal{r}, r.Earlier...) {
		now := noted{r.SecretVersion, r.RunID, r.ObservedAt, s.steps}
		for _, n := range before {
			if n.version == now.version && n.runID == now.runID && n.observedAt.Equal(now.observedAt) {
				now.step = n.step
			}
		}
		s.refusals = append(s.refusals, now)
	}
}

// knew tells whether all that a function works on is of runs to which this version of the secret was refused, as the ledger said before the
// function began. It should not have asked.
func (s *sim) knew(t *task, login string) (n noted, knew bool) {
	for _, version := range t.versions[login] { // the same keys may have been stored anew
		at := slices.IndexFunc(s.refusals, func(n noted) bool {
			return n.version == version && n.step < t.born && !slices.ContainsFunc(t.heard, func(h heard) bool { return h.runID != n.runID && n.observedAt.Before(h.observedAt) })
		})
		if at < 0 {
			return n, false
		}
		n = s.refusals[at]
	}
	return n, len(t.versions[login]) > 0 && len(t.heard) > 0
}

// refused counts the refusals of a wrong secret that an invocation came to know of. A refusal whose answer was lost cannot
// be told from a request that never arrived.
func (s *sim) refused(t *task, vendor, login string) {
	if login == s.right(vendor) { // the tenant has left the zone
		return
	}
	if n, knew := s.knew(t, login); knew {
		s.fail("a refusal is not tried twice", "%s asks with keys that were refused to run %s, which the ledger knew", t.name, n.runID)
	}
	most := 2
	t.wrong[vendor]++
	if t.expired[vendor] {
		most += 8 // what was under way when the secret expired
	}
	if t.wrong[vendor] > most {
		s.fail("a refusal is not tried twice", "%s sent %d requests with a wrong secret to %s", t.name, t.wrong[vendor], vendor)
	}
}

// expires notes that what a vendor takes is about to change while functions may have requests on their way with it.
func (s *sim) expires(vendor string) {
	for _, t := range s.tasks {
		t.expired[vendor] = t.expired[vendor] || t.login[vendor] == s.right(vendor)
	}
}

// takeOff and land hold the number of requests under way against what the vendors allow.
func (s *sim) takeOff(t *task, vendor, key, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if login != "" {
		t.login[vendor] = login
	}
	t.flying[vendor]++
	t.flying[key]++
	perEntity, all := 2, 3
	if vendor == synthesizeName {
		perEntity, all = 8, 8
	}
	now := time.Now()
	var recent []time.Time
	for _, at := range t.second[vendor] {
		if now.Sub(at) < time.Second {
			recent = append(recent, at)
		}
	}
	t.second[vendor] = append(recent, now)
	if t.flying[vendor] > all || t.flying[key] > perEntity {
		s.failLocked("vendor limits", "%s has %d requests under way at %s, %d of %s", t.name, t.flying[vendor], vendor, t.flying[key], key)
	}
	if vendor == synthesizeName && len(t.second[vendor]) > perSecond+1 {
		s.failLocked("vendor limits", "%s sends %d requests within a second", t.name, len(t.second[vendor]))
	}
}

func (s *sim) land(t *task, vendor, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.flying[vendor]--
	t.flying[key]--
}
