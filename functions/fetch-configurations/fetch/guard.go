package fetch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Guard holds a run that would change the bill more than a fleet of devices changes by itself.
type Guard struct {
	MaxDropPercent int64 // a service's total may fall by this much between two runs
	MaxRisePercent int64 // and rise by this much
	// MaxCompanyDropPercent is by how much one company's units may fall; 0: by any.
	MaxCompanyDropPercent int64
}

const (
	// minGuardedUnits is the change below which percentages mean nothing.
	minGuardedUnits = 10
	// minGuardedItems is how many items an entry of a rule must have matched for their vanishing to be odd.
	minGuardedItems = 5
)

// Hold is one reason to hold a run.
type Hold struct {
	Service string `json:"service,omitempty"`
	Was     int64  `json:"was"`
	Now     int64  `json:"now"`
	Text    string `json:"text"`
	Company string `json:"company,omitempty"` // if only this one is held, and all others are told
	Rule    string `json:"rule,omitempty"`    // the rule, or rules, that a person has changed, if that is why
	Key     string `json:"key,omitempty"`     // what tells it from others of its service; "hand" is a person's own
	// RuleChange says in words what the changed rules counted, and count.
	RuleChange string `json:"ruleChange,omitempty"`

	unfit string // the run whose approval did not fit: whoever gave it is to hear of it
}

// Keys of holds.
const (
	HoldByHand = "hand" // a person has ordered it
	holdFalls  = "falls"
	holdRises  = "rises"
	holdRights = "rights " // and the entity of Autotask
	holdEntry  = "entry "  // and the entry of the service's rule
	holdType   = "type "   // and its id

	holdCompanies   = "companies"      // too many to be held one by one
	holdFitsNothing = "fits nothing: " // and the services of the rules
)

// ofService tells whether what a person sees, and approves, with the hold is all that was counted of its service.
func (h Hold) ofService() bool {
	return h.Key == holdFalls || h.Key == holdRises || strings.HasPrefix(h.Key, holdEntry)
}

// ofAll tells whether it is all that was counted.
func (h Hold) ofAll() bool {
	return h.Key == holdCompanies || strings.HasPrefix(h.Key, holdRights) || strings.HasPrefix(h.Key, holdType) || strings.HasPrefix(h.Key, holdFitsNothing)
}

// key names what is held, whatever its figures.
func (h Hold) key() string { return h.Company + "|" + h.Service + "|" + h.Key }

// check compares what this run counted with what the last run that was not held counted.
func (g Guard) check(before, now ledger.Baseline, services ledger.Services, typeNames map[string]string) []Hold {
	var holds []Hold
	for _, s := range services.List {
		if !s.Ruled || s.Retired {
			continue
		}
		if was, counted := before.Services[s.Key]; counted {
			holds = append(holds, g.total(s.Name, was, now.Services[s.Key])...)
		}
		holds = append(holds, entries(s, before.Entries[s.Key], now.Entries[s.Key])...)
	}
	for id, then := range before.Types {
		if _, listed := typeNames[id]; !listed && then.Items > 0 {
			holds = append(holds, Hold{Key: holdType + id, Was: then.Items, Now: now.Types[id].Items, Text: fmt.Sprintf(
				"the type %q (id %s), which had %d items, is no longer in Autotask's list of configuration item types", then.Name, id, then.Items)})
		}
	}
	sortBy(holds, func(a, b Hold) int {
		if c := strings.Compare(a.Service, b.Service); c != 0 {
			return c
		}
		return strings.Compare(a.Text, b.Text)
	})
	return holds
}

// total compares without division, so that no rounding decides at a border.
func (g Guard) total(service string, was, now int64) []Hold {
	switch {
	case was-now >= minGuardedUnits && (was-now)*100 > g.MaxDropPercent*was:
		return []Hold{{Service: service, Was: was, Now: now, Key: holdFalls, Text: fmt.Sprintf("%s falls from %d to %d units, by more than %d %% (MAX_DROP_PERCENT)", service, was, now, g.MaxDropPercent)}}
	case now-was >= minGuardedUnits && (now-was)*100 > g.MaxRisePercent*was:
		return []Hold{{Service: service, Was: was, Now: now, Key: holdRises, Text: fmt.Sprintf("%s rises from %d to %d units, by more than %d %% (MAX_RISE_PERCENT)", service, was, now, g.MaxRisePercent)}}
	}
	return nil
}

func entries(s ledger.Service, before, now map[string]int64) []Hold {
	var holds []Hold
	for entry, was := range before {
		items, named := now[entry]
		if was >= minGuardedItems && named && items == 0 {
			holds = append(holds, Hold{Service: s.Name, Was: was, Key: holdEntry + entry, Text: fmt.Sprintf("%s: the type %s matched %d items and matches none now", s.Name, strconv.Quote(entry), was)})
		}
	}
	return holds
}

// takenBack are the holds for what this ledger's runs told and what a change of rules or settings now counts as 0.
// Only a person can mean that, whatever its size.
func takenBack(changes []Change) []Hold {
	type group struct {
		reason Reason
		what   string
	}
	units, accounts := map[group]int64{}, map[group]int64{}
	for _, c := range changes {
		g := group{c.Reason, c.Service}
		if c.Reason == ReasonLeftOut {
			g.what = c.Account
		}
		if c.Reason != ReasonUnruled && c.Reason != ReasonLeftOut {
			continue
		}
		accounts[g]++
		units[g] += c.wentOut
	}
	var holds []Hold
	for g, n := range accounts {
		text := fmt.Sprintf("no rule names %q any more, and %d accounts were told %d units of it; if it is no longer sold, say retired: true in its rule; if it was renamed, say formerly: %q in the new one", g.what, n, units[g], g.what)
		service := g.what
		if g.reason == ReasonLeftOut {
			service = ""
			text = fmt.Sprintf("the company %q is left out now (INCLUDE_OWN_COMPANY) and was told %d units", g.what, units[g])
		}
		holds = append(holds, Hold{Service: service, Rule: service, Was: units[g], Key: string(g.reason) + " " + g.what, Text: text})
	}
	sortBy(holds, func(a, b Hold) int { return strings.Compare(a.Text, b.Text) })
	return holds
}
