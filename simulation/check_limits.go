package simulation

import (
	"time"
)

// refused counts the refusals of a wrong secret that an invocation came to know of. A refusal whose answer was lost cannot
// be told from a request that never arrived.
func (s *sim) refused(t *task, vendor string) {
	wrong := s.credentials.Secret != s.secretRight
	most := 2
	if vendor == synthesizeName {
		wrong = s.keys.PartnerAPIKey != s.keysRight
	}
	if !wrong {
		return
	}
	t.wrong[vendor]++
	if !t.since[vendor] {
		most += 8 // what was under way when the secret expired
	}
	if t.wrong[vendor] > most {
		s.fail("a refusal is not tried twice", "%s sent %d requests with a wrong secret to %s", t.name, t.wrong[vendor], vendor)
	}
}

// expires notes that a vendor's secret stops being right while functions may have requests on their way with it.
func (s *sim) expires(vendor string, wasRight bool) {
	for _, t := range s.tasks {
		if _, known := t.since[vendor]; known && wasRight {
			t.since[vendor] = false
		}
	}
}

// takeOff and land hold the number of requests under way against what the vendors allow.
func (s *sim) takeOff(t *task, vendor, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := t.since[vendor]; !known {
		t.since[vendor] = vendor == autotaskName && s.credentials.Secret != s.secretRight ||
			vendor == synthesizeName && s.keys.PartnerAPIKey != s.keysRight
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
