package ledger

import (
	"maps"
	"time"
)

// State is what the ledger knows of the count that Synthesize holds for a pair of account and service.
type State string

const (
	// Never told, and the pair did not stand at Synthesize before the ledger knew it.
	Never State = ""
	// Told: Synthesize accepted Units, read at ObservedAt.
	Told State = "told"
	// MaybeTold: a post went out and its answer is not known: lost, timed out, killed.
	MaybeTold State = "maybe"
	// Unknown: account and service stood at Synthesize before the ledger knew them, or the account was gone.
	Unknown State = "unknown"
)

// Pair is an account's count of one service, as far as the ledger knows it.
type Pair struct {
	State      State     `json:"state,omitempty"`
	Units      int64     `json:"units,omitempty"`      // told, or (MaybeTold, Unknown) last tried
	ObservedAt time.Time `json:"observedAt,omitzero"`  // of the read that Units come from
	PostedAt   time.Time `json:"postedAt,omitzero"`    // when it was accepted, by the teller's clock
	ServiceID  string    `json:"serviceId,omitempty"`  // the service's id at Synthesize that it was told to
	EverTold   bool      `json:"everTold,omitempty"`   // an accepted answer was received once: "no map" means mapping lost
	NoMap      bool      `json:"noMap,omitempty"`      // the last answer was "no map"
	NoMapSince time.Time `json:"noMapSince,omitzero"`  // when that answer first came
	TriedAt    time.Time `json:"triedAt,omitzero"`     // when it came last
	TriedUnits int64     `json:"triedUnits,omitempty"` // what could not be told then
	Was        *int64    `json:"was,omitempty"`        // units told before these, for the report
	Prior      *Pair     `json:"prior,omitempty"`      // MaybeTold: what was before the first open attempt
	// Open holds the attempts (by token) whose effect is not known, with the read they tell and when they began. Where the
	// pair is told, they are echoes: requests of the same read that may yet set the same units once more.
	Open map[string]Attempt `json:"open,omitempty"`
}

// Attempt is a telling that has begun and not ended.
type Attempt struct {
	ObservedAt time.Time `json:"observedAt"`
	Begun      time.Time `json:"begun"`
	// Answered: all its requests came to an end, so nothing of it can take effect any more. That it did is not excluded.
	Answered bool `json:"answered,omitempty"`
	// Reported: its worker has ended. Begun is when he did, at the latest: until then a request of it may have gone out.
	Reported bool `json:"reported,omitempty"`
}

// DefaultAttemptLives is how long an attempt that never reported back may still reach Synthesize where another function
// may be at work: longer than a function may run (15 minutes) and a request may last after it.
const DefaultAttemptLives = 20 * time.Minute

// mayArrive tells whether an attempt can take effect yet. A time that lies ahead was written by a wrong clock.
func (a Attempt) mayArrive(now time.Time, lives time.Duration) bool {
	age := now.Sub(a.Begun)
	return !a.Answered && age < lives && age > -lives
}

// leftBy is an attempt as one sees it who has had the ledger to himself since locked. What an earlier process left open may
// have waited long for the vendor, and gone out just before it died.
func (a Attempt) leftBy(locked, now time.Time) Attempt {
	if !locked.IsZero() && (!a.Reported && a.Begun.Before(locked) || a.Begun.After(now)) { // later: the clock was ahead
		a.Begun, a.Reported = locked, true
	}
	return a
}

// Lost tells whether the mapping of a pair that was told has been lost.
func (p Pair) Lost() bool { return p.NoMap && p.EverTold }

// MayStandAboveZero tells whether Synthesize may hold a count above 0 for the pair.
func (p Pair) MayStandAboveZero() bool {
	return p.State == MaybeTold || p.State == Unknown || (p.State == Told && p.Units > 0)
}

// forService is the pair as it stands for the service's present id: what was told to another id (the integration was
// made anew) says nothing about this one.
func (p Pair) forService(id string) Pair {
	if (p.State == Told || p.State == MaybeTold) && id != p.ServiceID {
		p = p.unknown()
		p.Open = nil
	}
	return p
}

// unknown forgets that anything is known to be told, and keeps that something above 0 was: a zero that nobody maps again is
// no loss. The units are kept for those who compare with them. What is under way can still arrive.
func (p Pair) unknown() Pair {
	ever := p.EverTold && (p.State != Told || p.Units > 0)
	return Pair{State: Unknown, Units: p.Units, EverTold: ever, NoMap: p.NoMap, NoMapSince: p.NoMapSince, TriedAt: p.TriedAt, TriedUnits: p.TriedUnits, Open: p.Open}
}

// begin marks the pair as maybe told before the first post goes out. An echo of what was told before may land after it.
func (p Pair) begin(token, serviceID string, units int64, a Attempt, lives time.Duration, locked time.Time) Pair {
	next := p
	if p.State != MaybeTold {
		prior := p
		prior.Prior, prior.Open = nil, nil
		next = Pair{State: MaybeTold, EverTold: p.EverTold, NoMap: p.NoMap, NoMapSince: p.NoMapSince, TriedAt: p.TriedAt, TriedUnits: p.TriedUnits, Prior: &prior}
	}
	next.Units, next.ObservedAt, next.ServiceID = units, a.ObservedAt, serviceID
	next.Open = map[string]Attempt{token: a}
	for other, attempt := range p.Open {
		attempt = attempt.leftBy(locked, a.Begun)
		if p.State == MaybeTold || attempt.mayArrive(a.Begun, lives) {
			next.Open[other] = attempt
		}
	}
	next.Open = next.withoutOld(a.Begun, lives)
	return next
}

// withoutOld are the open attempts without those that ended so long ago that no worker alive began before that: an outage of
// weeks adds one with each try. What they leave behind is that something else than what was before may stand, which one of
// them says as well as all.
func (p Pair) withoutOld(now time.Time, lives time.Duration) map[string]Attempt {
	open := maps.Clone(p.Open)
	keep := ""
	for token, a := range p.Open {
		age := now.Sub(a.Begun)
		if age < 2*lives && age > -2*lives {
			continue
		}
		delete(open, token)
		echo := p.Prior != nil && p.Prior.State == Told && a.ObservedAt.Equal(p.Prior.ObservedAt)
		if kept := p.Open[keep]; !echo && (keep == "" || a.Begun.After(kept.Begun) || a.Begun.Equal(kept.Begun) && token > keep) {
			keep = token
		}
	}
	if keep != "" {
		open[keep] = p.Open[keep]
	}
	return open
}

// accepted records that Synthesize took the units. An attempt of an older read that may still be under way, or was when
// this one began, keeps the pair maybe told: it could land, or have landed, after this one. Attempts of the same read tell
// the same units, and are kept as echoes: one could land after what a newer read tells. So is this attempt itself, when a
// request of it is late.
func (p Pair) accepted(t Telling, c Count, late bool, now time.Time, lives time.Duration) Pair {
	at := t.ObservedAt
	marked := t.Account.Pairs[c.Service.Key].Open
	begun := now
	if mine, open := marked[t.Token]; open {
		begun = mine.Begun
	}
	if late {
		p = p.unanswered(t.Token, true, now)
	} else if p.State == Told {
		return p.without(t.Token)
	}
	if p.State != MaybeTold || p.ServiceID != c.Service.ID || p.ObservedAt.After(at) {
		return p // a newer telling has begun meanwhile: its result decides
	}
	next := p
	next.EverTold, next.NoMap, next.NoMapSince, next.TriedAt, next.TriedUnits = true, false, time.Time{}, time.Time{}, 0
	if !late {
		next = next.without(t.Token)
	}
	told := Pair{State: Told, Units: c.Units, ObservedAt: at, PostedAt: now, ServiceID: c.Service.ID, EverTold: true}
	switch {
	case p.Prior == nil || p.Prior.State != Told:
	case p.Prior.ObservedAt.Equal(at): // told once more, to pay a rebuild
		told.Was = p.Prior.Was
	default:
		was := p.Prior.Units
		told.Was = &was
	}
	older := false
	for token, other := range next.Open {
		meanwhile := other.Answered && !marked[token].Answered || other.mayArrive(begun, lives)
		switch {
		case !other.mayArrive(now, lives) && !meanwhile:
		case other.ObservedAt.Before(at):
			older = true
		default:
			if told.Open == nil {
				told.Open = map[string]Attempt{}
			}
			told.Open[token] = other
		}
	}
	if older {
		told.Open = nil
		next.PostedAt = now
		next.Prior = &told // what stands if the others come to nothing
		return next
	}
	return told
}

// without is the pair without an attempt that can do nothing any more.
func (p Pair) without(token string) Pair {
	if _, open := p.Open[token]; !open {
		return p
	}
	p.Open = maps.Clone(p.Open)
	delete(p.Open, token)
	if len(p.Open) == 0 {
		p.Open = nil
	}
	return p
}

// refused records that the attempt was definitely refused. When no other attempt is open but echoes of what was before,
// that stands again.
func (p Pair) refused(token string) Pair {
	next := p.without(token)
	if p.State != MaybeTold || p.Prior == nil {
		return next
	}
	for _, other := range next.Open {
		if p.Prior.State != Told || !other.ObservedAt.Equal(p.Prior.ObservedAt) {
			return next
		}
	}
	prior := *p.Prior
	prior.Open = next.Open
	return prior
}

// unanswered records that an attempt ended and what became of it is not known. Unless a request of it may be late, it
// can do nothing any more.
func (p Pair) unanswered(token string, late bool, now time.Time) Pair {
	a, open := p.Open[token]
	if !open {
		return p
	}
	if p.State == Told && !late {
		return p.without(token)
	}
	p.Open = maps.Clone(p.Open)
	a.Answered = !late
	a.Begun, a.Reported = now, true // a late request may take effect within its time-out from here
	p.Open[token] = a
	return p
}

// unmapped notes the answer "no map".
func (p Pair) unmapped(units int64, now time.Time) Pair {
	if !p.NoMap {
		p.NoMapSince = now
	}
	p.NoMap, p.TriedAt, p.TriedUnits = true, now, units
	return p
}
