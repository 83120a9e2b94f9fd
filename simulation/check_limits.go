package simulation

import (
	"encoding/base64"
	"net/http"
	"time"
)

// login is what a request is sent with; "" if with nothing.
func login(r *http.Request) string { return r.Header.Get("Gradient-Token") + r.Header.Get("Secret") }

// right is the login that a vendor takes.
func (s *sim) right(vendor string) string {
	if vendor == synthesizeName {
		keys := s.rightKeys("")
		return base64.StdEncoding.EncodeToString([]byte(keys.VendorAPIKey + ":" + keys.PartnerAPIKey))
	}
	return s.secretRight
}

// refused counts the refusals of a wrong secret that an invocation came to know of. A refusal whose answer was lost cannot
// be told from a request that never arrived.
func (s *sim) refused(t *task, vendor, login string) {
	if login == s.right(vendor) { // the tenant has left the zone
		return
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
