package fetch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

// maxSingle is how many companies are held by themselves. When more fall at once, it is no single client's affair, and what
// a person would have to look through no longer fits into one document of the ledger.
const maxSingle = 200

// minCompanyUnits is the fall of one company below which percentages mean nothing: three of its ten laptops may be
// replaced on one day.
const minCompanyUnits = 5

// companies are the holds for companies whose own units fall too far, against what Synthesize was told of them. The fleet's
// totals hardly move when one client of a hundred vanishes.
func (g Guard) companies(companies []company, known map[string]ledger.Account, services ledger.Services, released map[string]ledger.Release) []Hold {
	if g.MaxCompanyDropPercent == 0 {
		return nil
	}
	var holds []Hold
	for _, c := range companies {
		a := known[accountID(c.id)]
		if _, ended := released[a.ID]; ended || !c.visible || c.leftOut {
			continue
		}
		was, now := toldOf(a, c, services)
		if was-now >= minCompanyUnits && (was-now)*100 > g.MaxCompanyDropPercent*was {
			holds = append(holds, Hold{Company: accountID(c.id), Was: was, Now: now, Text: fmt.Sprintf(
				"company %s (%q) falls from %d to %d units, by more than %d %% (MAX_COMPANY_DROP_PERCENT): its counts stay as they are, all others are told", accountID(c.id), c.name, was, now, g.MaxCompanyDropPercent)})
		}
	}
	return holds
}

// toldOf sums what Synthesize was told of a company's account, and what it is now, over the services told.
func toldOf(a ledger.Account, c company, services ledger.Services) (was, now int64) {
	for _, s := range services.List {
		if !s.Ruled || s.Retired {
			continue // a person's word, or the fleet's guard
		}
		if p := a.Pair(s); wentOut(p) {
			was += p.Units
			now += c.units[s.Key]
		}
	}
	return was, now
}

// maxSingleBytes is how long what is kept of companies held by themselves may be, together with what else is held. Twice as
// much fits into a document; the rest is for what recallRules adds.
const maxSingleBytes = 180_000

// areFew tells whether companies can be held by themselves beside the holds of the whole run.
func (r *run) areFew(single, fleet []Hold) bool {
	bytes := 0
	for _, h := range slices.Concat(single, fleet) {
		body, err := json.Marshal(r.heldFor(h))
		if err != nil {
			return false
		}
		bytes += len(body)
	}
	return len(single) <= maxSingle && bytes <= maxSingleBytes
}

// together makes one hold of the whole run out of those of too many companies.
func (g Guard) together(single []Hold) []Hold {
	all := Hold{Key: holdCompanies}
	var rules, changes []string
	for _, h := range single {
		all.Was += h.Was
		all.Now += h.Now
		if h.Rule != "" && !slices.Contains(rules, h.Rule) && len(rules) < 3 {
			rules, changes = append(rules, h.Rule), append(changes, h.RuleChange)
		}
	}
	all.Text = fmt.Sprintf("%d companies fall by more than %d %% (MAX_COMPANY_DROP_PERCENT) at once, together from %d to %d units, the first of them: %s",
		len(single), g.MaxCompanyDropPercent, all.Was, all.Now, single[0].Text)
	if all.Rule, all.RuleChange = strings.Join(rules, ", "), strings.Join(changes, "; "); all.Rule != "" {
		all.Text += "; rules were changed since: " + all.RuleChange
	}
	return []Hold{all}
}

// wasTold tells whether a pair's units went out to Synthesize. That their answer was lost makes a fall from them no smaller.
func wasTold(p ledger.Pair) bool { return p.State == ledger.Told || p.State == ledger.MaybeTold }

// wentOut is wasTold, also where a disconnect has made unknown since what stands: the client is no smaller for that.
func wentOut(p ledger.Pair) bool { return wasTold(p) || p.State == ledger.Unknown && p.Units > 0 }

// split tells the holds of the whole run from those of single companies.
func split(holds []Hold) (fleet, companies []Hold) {
	for _, h := range holds {
		if h.Company == "" {
			fleet = append(fleet, h)
		} else {
			companies = append(companies, h)
		}
	}
	return fleet, companies
}
