package fetch

import (
	"strconv"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Reason says why a count is told.
type Reason string

// The reasons, in the order in which they are tried.
const (
	ReasonLost     Reason = "mapping lost"         // told before, and "no map" since: tried every run
	ReasonMaybe    Reason = "answer not known"     // a post went out and its answer never came
	ReasonUnknown  Reason = "not known"            // it stood at Synthesize before this ledger knew it
	ReasonNew      Reason = "new"                  // never told
	ReasonUnmapped Reason = "not mapped until now" // never told, "no map" the last time
	ReasonGone     Reason = "none left"            // the last device is gone: a zero
	ReasonChanged  Reason = "changed"
	ReasonOpen     Reason = "told again" // an older run's word about this account has not been kept
	ReasonFull     Reason = "full run"   // a person asked for everything
	ReasonRefresh  Reason = "daily refresh"
	ReasonRetired  Reason = "retired"      // the rules say so: what stands becomes 0
	ReasonUnruled  Reason = "no rule"      // told before, and no rule names the service any more
	ReasonLeftOut  Reason = "left out"     // told before, and a setting leaves the company out now
	ReasonReleased Reason = "released"     // a person has ended the company: what may stand becomes 0
	ReasonInactive Reason = "inactive"     // the company is not active, and a setting counts such as 0
	ReasonRebuild  Reason = "rebuild owed" // an equal count, posted so that Synthesize rebuilds its view
)

// Change is one count that a run tells, with what was known before.
type Change struct {
	AccountID string       `json:"accountId"`
	Account   string       `json:"account"`
	Service   string       `json:"service"`
	State     ledger.State `json:"state"`          // what was known of the pair before
	From      *int64       `json:"from,omitempty"` // units told before, if known
	To        int64        `json:"to"`
	Reason    Reason       `json:"reason"`
	Unmapped  bool         `json:"unmapped,omitempty"` // nobody has mapped it yet, as far as is known

	wentOut int64 // units told last, whether or not it is known that they stand
}

// accountPlan is what a run does about one account.
type accountPlan struct {
	id, name string
	create   bool
	rename   bool
	wanted   bool     // the company deserves an account: active, visible, something to count
	released bool     // a person has released the company
	counts   []Change // the pairs due, by service name
	fence    bool     // nothing to tell, but an older message may be under way: overtake it

	fenceName bool // the same for a message that makes or renames the account
}

func (p accountPlan) tells() bool { return len(p.counts) > 0 }

// planner decides, for one account at a time, from values alone.
type planner struct {
	services     ledger.Services // brought in line with the rules
	refreshAfter time.Duration
	full         bool
	now          time.Time
	mapped       map[string]bool // accounts that Synthesize called mapped in this run's look, by id
	released     map[string]ledger.Release
	heldBack     map[string]bool // accounts whose counts the guard holds, by id
	rebuild      *rebuildPair    // one pair to tell again so that a rebuild that is owed is asked for
	// shown are the zeros that a change of rules or settings brings, as the guard has seen them; nil: it has not been asked
	// yet. What an older message tells while the run decides is taken back by the next one.
	shown map[pairOf]bool
}

// pairOf names a pair by account and service.
type pairOf struct{ account, service string }

// takenBack tells whether a change is one that the guard asks a person about, whatever its size.
func (c Change) takenBack() bool { return c.Reason == ReasonUnruled || c.Reason == ReasonLeftOut }

func (p planner) mayTake(c Change) bool {
	return !c.takenBack() || p.shown == nil || p.shown[pairOf{c.AccountID, c.Service}]
}

type rebuildPair struct{ account, service string }

// company is what the read says of an account's company.
type company struct {
	id      int64
	name    string
	active  bool
	visible bool             // in the list of companies; when not, units mean nothing
	leftOut bool             // a setting leaves it out: it counts as 0
	zeroed  bool             // it is not active, and a setting counts such as 0
	other   string           // its company type, if a setting makes no accounts for such
	units   map[string]int64 // by service key; a missing one is 0
	items   int64            // of one that is zeroed: what it would count
}

func (c company) total() int64 {
	var sum int64
	for _, u := range c.units {
		sum += u
	}
	return sum
}

// account decides what a run does about one company's account. It is asked again when the account has changed in the
// ledger meanwhile.
func (p planner) account(c company, a ledger.Account) accountPlan {
	plan := accountPlan{id: accountID(c.id), name: c.name}
	if _, ended := p.released[plan.id]; ended && !c.leftOut {
		return p.release(c, a, plan)
	}
	if !c.visible {
		// Its pairs stay as they are until it is seen again: invisible is not gone.
		plan.name, plan.wanted = a.Name, false
		return plan
	}
	plan.wanted = c.active && !c.leftOut && c.other == "" && c.total() > 0
	plan.create = plan.wanted && !a.Exists
	plan.rename = a.Exists && !c.leftOut && a.Name != c.name && c.name != "" // Autotask may keep a name to itself
	if p.heldBack[plan.id] {
		return plan // what an older run means to tell still goes out: nothing newer is known to be right
	}
	if a.Exists || plan.create {
		for _, service := range p.services.List {
			if change, due := p.pair(c, a, service); due {
				plan.counts = append(plan.counts, change)
			}
		}
		sortBy(plan.counts, func(x, y Change) int { return strings.Compare(x.Service, y.Service) })
	}
	plan.fence = !plan.tells() && a.OpenIntent()
	plan.fenceName = !plan.create && !plan.rename && a.NameIntent != nil && !a.NameIntent.Ended
	return plan
}

// accountID is the id of a company's account at Synthesize.
func accountID(companyID int64) string { return strconv.FormatInt(companyID, 10) }

// companyID is the company whose account has an id; not ok if it is none's.
func companyID(account string) (id int64, ok bool) {
	id, err := strconv.ParseInt(account, 10, 64)
	return id, err == nil && accountID(id) == account
}

func (p planner) pair(c company, a ledger.Account, service ledger.Service) (Change, bool) {
	pair := a.Pair(service)
	change := Change{
		AccountID: accountID(c.id), Account: c.name, Service: service.Name,
		State: pair.State, To: c.units[service.Key],
	}
	if pair.State == ledger.Told {
		units := pair.Units
		change.From = &units
	}
	if wentOut(pair) {
		change.wentOut = pair.Units
	}
	mayStand := pair.MayStandAboveZero()
	switch {
	case service.ID == "" && (c.leftOut || service.Retired || !service.Ruled):
		// The service does not stand at Synthesize: there is nothing to be taken back, and nothing to post it to.
		return change, false
	case c.leftOut:
		// What stood at Synthesize before us is left alone: only what this ledger's runs told is taken back.
		change.To, change.Reason = 0, takesBack(pair, ReasonLeftOut)
		return change, mayStand && (pair.EverTold || pair.State == ledger.MaybeTold) && p.mayTake(change)
	case service.Retired:
		change.To, change.Reason = 0, ReasonRetired
		return change, mayStand && p.worthTrying(pair, a.ID, 0)
	case !service.Ruled:
		change.To, change.Reason = 0, takesBack(pair, ReasonUnruled)
		return change, mayStand && (pair.EverTold || pair.State == ledger.MaybeTold) && p.mayTake(change)
	case change.To == 0 && !mayStand && !(p.full && (pair.State == ledger.Told || a.Exists)):
		// A full run tells the zeros of pairs never told, too: a ledger restored from a backup has forgotten what was told
		// since, and a person who says --full says that it is not to be believed.
		return change, false
	}
	change.Reason = p.reason(pair, a, change.To)
	if change.Reason == ReasonGone && c.zeroed {
		change.Reason = ReasonInactive
	}
	if change.Reason == "" && p.rebuild != nil && *p.rebuild == (rebuildPair{change.AccountID, service.Key}) {
		change.Reason = ReasonRebuild
	}
	return change, change.Reason != ""
}

// takesBack is the reason for a zero that a change of rules or settings brings, unless a zero of the pair has gone out
// already: then a person has let it pass, and it is only tried again.
func takesBack(pair ledger.Pair, first Reason) Reason {
	switch {
	case pair.State == ledger.MaybeTold && pair.Units == 0:
		return ReasonMaybe
	case pair.NoMap && pair.TriedUnits == 0:
		return ReasonLost
	}
	return first
}

// reason is why a pair that may matter is told now, or "" when it need not be.
func (p planner) reason(pair ledger.Pair, a ledger.Account, units int64) Reason {
	switch {
	case pair.Lost():
		return ReasonLost
	case pair.State == ledger.MaybeTold:
		return ReasonMaybe
	case pair.State == ledger.Unknown:
		if p.worthTrying(pair, a.ID, units) {
			return ReasonUnknown
		}
		return ""
	case pair.State == ledger.Never && pair.NoMap:
		return ReasonUnmapped
	case pair.State == ledger.Never:
		return ReasonNew
	case units == 0 && pair.Units > 0:
		return ReasonGone
	case units != pair.Units:
		return ReasonChanged
	case a.OpenIntent():
		return ReasonOpen
	case p.full:
		return ReasonFull
	case p.stale(pair.PostedAt):
		return ReasonRefresh
	}
	return ""
}

// worthTrying holds back the zero of an unknown pair that answered "no map" until the daily refresh, unless Synthesize
// says that the account is mapped: most accounts are never mapped. Units that wait to be billed are tried every run.
func (p planner) worthTrying(pair ledger.Pair, accountID string, units int64) bool {
	return pair.State != ledger.Unknown || !pair.NoMap || units > 0 || pair.Lost() || p.worthTryingAnew(pair, accountID)
}

// worthTryingAnew tells whether what answered "no map" may have a map by now, or has not been tried for a day.
func (p planner) worthTryingAnew(pair ledger.Pair, accountID string) bool {
	return p.full || p.mapped[accountID] || p.stale(pair.TriedAt)
}

// stale tells whether a time is older than the refresh allows, or lies in the future: then a clock was wrong when it
// was written, and believing it would freeze the count.
func (p planner) stale(at time.Time) bool {
	age := p.now.Sub(at)
	return age >= p.refreshAfter || age < -clockTolerance
}

// clockTolerance is how far two machines' clocks may differ without one of them being called wrong.
const clockTolerance = 5 * time.Minute
