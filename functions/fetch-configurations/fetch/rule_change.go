package fetch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
)

// rulesByKey says which types each service's rule counts, by service key: what a later run compares with.
func (r *run) rulesByKey(svc ledger.Services) map[string]string {
	out := map[string]string{}
	for _, s := range svc.List {
		if s.Ruled && !s.Retired {
			out[s.Key] = ruleOf(r.Rules, s.Name)
		}
	}
	return out
}

// changedRules says of each service whose rule a person has changed what it counted and what it counts, by key.
func changedRules(before, now map[string]string) map[string]string {
	changed := map[string]string{}
	for key, counted := range before {
		if counts := now[key]; counted != "" && counts != "" && counted != counts {
			changed[key] = "it counted " + counted + ", and counts " + counts
		}
	}
	return changed
}

// nameChangedRules has the holds say when it was a person who changed a service's rule, and not the devices.
func nameChangedRules(holds []Hold, changed map[string]string, svc ledger.Services) []Hold {
	for i, h := range holds {
		if s, ok := svc.ByName(h.Service); ok && changed[s.Key] != "" {
			holds[i].Rule, holds[i].RuleChange = s.Name, changed[s.Key]
			holds[i].Text += "; its rule was changed since: " + changed[s.Key]
		}
	}
	return holds
}

// nameRulesOfCompanies does so for the holds of single companies, whose fall may be several services'.
func nameRulesOfCompanies(holds []Hold, changed map[string]string, companies []company, known map[string]ledger.Account, svc ledger.Services) []Hold {
	units := map[string]map[string]int64{}
	for _, c := range companies {
		units[accountID(c.id)] = c.units
	}
	for i, h := range holds {
		var names, changes []string
		for _, s := range svc.List {
			pair := known[h.Company].Pair(s)
			if changed[s.Key] != "" && s.Ruled && !s.Retired && wentOut(pair) && pair.Units > units[h.Company][s.Key] {
				names, changes = append(names, s.Name), append(changes, s.Name+": "+changed[s.Key])
			}
		}
		if len(names) > 0 {
			holds[i].blame(strings.Join(names, ", "), strings.Join(changes, "; "))
		}
	}
	return holds
}

// maxBlame is how many characters are said of the rules for one company: hundreds of companies may be held for the same rule
// of dozens of types, and all of them stand in one document of the ledger.
const maxBlame = 300

// blame says which rules a company's fall comes from.
func (h *Hold) blame(rules, change string) {
	change = brief(change, maxBlame)
	h.Rule, h.RuleChange = brief(rules, maxBlame), change
	h.Text += "; of what fell, rules were changed since: " + change
}

// recallRules repeats, night after night, what the first run with changed rules said of a company that it held back. The
// other companies were told by the new rules, so what the guard compares with has moved on to these.
func recallRules(holds []Hold, held ledger.Held) []Hold {
	for i, h := range holds {
		if before, ok := held.For(h.key()); ok && h.Company != "" && h.Rule == "" && before.Rule != "" {
			holds[i].blame(before.Rule, before.RuleChange)
		}
	}
	return holds
}

// adviseOnMerges tells a person who has put two services into one that saying formerly does not do it.
func adviseOnMerges(holds []Hold, svc ledger.Services) []Hold {
	for i, h := range holds {
		at := slices.IndexFunc(svc.List, func(s ledger.Service) bool {
			return s.Ruled && h.Rule == h.Service && slices.ContainsFunc(s.Formerly, func(name string) bool {
				return strings.EqualFold(strings.TrimSpace(name), h.Service)
			})
		})
		if h.Service != "" && at >= 0 {
			holds[i].Text += fmt.Sprintf("; the rule of %q says so, but is a service of its own already: if it counts these devices now, take the formerly out of it, and give %q a rule with retired: true", svc.List[at].Name, h.Service)
		}
	}
	return holds
}
