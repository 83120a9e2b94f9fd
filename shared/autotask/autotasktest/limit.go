package autotasktest

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

const (
	threads    = 3 // documented, by tracking identifier and entity
	threadText = "The Autotask API thread threshold of 3 threads has been exceeded."
	budgetText = "The number of external requests has been exceeded for the current timeframe." // assumed
)

// slot is what one entity has in flight for one integration code: now, and until when slots stay taken after answers.
type slot struct {
	now  int
	late []time.Time
}

func (s *slot) taken(at time.Time) int {
	kept := s.late[:0]
	for _, until := range s.late {
		if until.After(at) {
			kept = append(kept, until)
		}
	}
	s.late = kept
	return s.now + len(kept)
}

// login says whether a request may be worked, and what it is answered if not.
func (t *Tenant) login(r *http.Request, req *Request, zone string) (reply, bool) {
	code := r.Header.Get("ApiIntegrationCode")
	req.UserRight = r.Header.Get("UserName") == t.credentials.Username
	req.SecretRight = r.Header.Get("Secret") == t.credentials.Secret
	req.CodeRight = code == t.credentials.IntegrationCode
	for _, other := range t.sw.OtherCodes {
		req.CodeRight = req.CodeRight || code == other
	}
	atHome := strings.EqualFold(zone, t.zone)
	locked := t.sw.LockoutAfter > 0 && t.failed >= t.sw.LockoutAfter
	switch {
	case locked:
	case atHome && req.UserRight && req.SecretRight && req.CodeRight:
		t.failed = 0
		req.Authenticated = true
		return reply{}, true
	default:
		t.failed++
	}
	if t.sw.Errors2023 && atHome && !locked && req.SentLogin {
		switch {
		case !req.UserRight:
			return errorsReply(500, noZoneText), false
		case !req.CodeRight:
			return errorsReply(500, "IntegrationCode is invalid."), false
		}
	}
	return unauthorized(zone), false
}

// admit counts a request towards the hour and takes a slot for it, or refuses it. The wait is what the vendor adds to it.
func (t *Tenant) admit(r *http.Request, req *Request) (refused reply, wait time.Duration, release func(), admitted bool) {
	now := time.Now()
	used := t.spend(now)
	if used > t.sw.HourLimit {
		a := errorsReply(cmp.Or(t.sw.BudgetStatus, http.StatusTooManyRequests), budgetText)
		a.retryAfter = t.sw.BudgetAfter
		return a, 0, nil, false
	}
	entity := strings.ToLower(req.Entity)
	key := r.Header.Get("ApiIntegrationCode") + " " + entity
	s := t.slots[key]
	if s == nil {
		s = &slot{}
		t.slots[key] = s
	}
	if s.taken(now) >= threads {
		return errorsReply(cmp.Or(t.sw.ThreadStatus, http.StatusTooManyRequests), threadText), 0, nil, false
	}
	s.now++
	t.all++
	t.now[entity]++
	req.InFlight = t.now[entity]
	t.peak[entity], t.peakAll = max(t.peak[entity], t.now[entity]), max(t.peakAll, t.all)
	return reply{}, t.latency(used), func() {
		t.do(func() {
			s.now--
			t.all--
			t.now[entity]--
			if t.sw.SlotFreedLate > 0 {
				s.late = append(s.late, time.Now().Add(t.sw.SlotFreedLate))
			}
		})
	}, true
}

// used is how many requests the rolling hour has, those of others included.
func (t *Tenant) used(now time.Time) int64 {
	from := 0
	for from < len(t.hour) && now.Sub(t.hour[from]) >= time.Hour {
		from++
	}
	t.hour = t.hour[from:]
	return int64(len(t.hour)) + t.sw.OthersUsed
}

// spend counts one more. What is refused for the limits counts as well; whether it does is not documented.
func (t *Tenant) spend(now time.Time) int64 {
	used := t.used(now)
	t.hour = append(t.hour, now)
	return used + 1
}

func (t *Tenant) latency(used int64) time.Duration {
	wait := t.sw.Latency
	if used*2 >= t.sw.HourLimit {
		wait += t.sw.LatencySteps
	}
	if used*4 >= t.sw.HourLimit*3 {
		wait += t.sw.LatencySteps
	}
	return wait
}
