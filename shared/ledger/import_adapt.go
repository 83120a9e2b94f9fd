package ledger

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// adapted is a document on its way into another ledger.
type adapted struct {
	Write
	// adapt makes of it what it is believed to be there, beside what stands there by now; nil if that stays. It may be called
	// again. Nil: the document comes as it is.
	adapt func(here Document) ([]byte, error)
}

// importing is an import under way.
type importing struct {
	services Services // of the export
	fence    Intent   // ended, and newer than every run so far
	released map[string]Release
	out      Imported
}

func (i *importing) imported() Imported {
	i.out.Released = nil
	for _, id := range slices.Sorted(maps.Keys(i.released)) {
		i.out.Released = append(i.out.Released, i.released[id])
	}
	return i.out
}

// of says how a document is adapted.
func (i *importing) of(doc transferred) func(here Document) ([]byte, error) {
	switch key := (Key{doc.Kind, doc.ID}); {
	case doc.Kind == kindAccount:
		i.out.Accounts++
		return beside(doc, i.account)
	case doc.Kind == kindRelease:
		return beside(doc, func(came, own Release) (*Release, error) { return i.release(doc.ID, came, own) })
	case key == servicesKey:
		return beside(doc, i.known)
	case key == handKey:
		return beside(doc, i.hand)
	case key == tenantKey:
		return beside(doc, ownTenant)
	case key == heldKey:
		return beside(doc, i.held)
	case key == baselineKey:
		return beside(doc, laterBaseline)
	case key == historyKey:
		return beside(doc, bothHistories)
	case key == incidentsKey:
		return func(here Document) ([]byte, error) {
			if here.Version > 0 { // what a person has been told here, and what waits for him
				return nil, nil
			}
			return beside(doc, comingIncidents)(here)
		}
	}
	return nil
}

// beside decides a document by what came and what is this place's own. No document: the own one stays.
func beside[T any](doc transferred, decide func(came, own T) (*T, error)) func(Document) ([]byte, error) {
	return func(here Document) ([]byte, error) {
		var came, own T
		if err := json.Unmarshal(doc.Body, &came); err != nil {
			return nil, err
		}
		if err := decode(here, &own); err != nil {
			return nil, err
		}
		out, err := decide(came, own)
		if out == nil || err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// account is what is believed of an account: nothing of what was told, and no word of a run. A worker who took up an older
// message before the import finds that a newer one has spoken.
func (i *importing) account(came, _ Account) (*Account, error) {
	came.doubt(i.services)
	came.Intent, came.NameIntent = &i.fence, &i.fence
	return &came, nil
}

// known are the services. What stands at Synthesize by now, and the export does not know, stood there before this ledger did.
func (i *importing) known(came, _ Services) (*Services, error) {
	for n := range came.List {
		came.List[n].Adopted = true
	}
	came.Intent = &i.fence
	return &came, nil
}

// ownTenant keeps what this ledger is bound to where the export was bound to nothing yet: else it would be the next
// comer's. Where both say something it is the same tenant.
func ownTenant(came, own Tenant) (*Tenant, error) {
	if came.Autotask == (AutotaskTenant{}) {
		came.Autotask = own.Autotask
	}
	if came.Synthesize == (SynthesizeTenant{}) {
		came.Synthesize = own.Synthesize
	}
	return &came, nil
}

// laterBaseline is what the guard compares with: what was counted last, in either place. An older one would let pass what
// has fallen since.
func laterBaseline(came, own Baseline) (*Baseline, error) {
	if !came.ObservedAt.After(later(own.ObservedAt, own.NotBefore)) && (!own.ObservedAt.IsZero() || !own.NotBefore.IsZero()) {
		return nil, nil
	}
	came.NotBefore = later(came.NotBefore, own.NotBefore)
	return &came, nil
}

// bothHistories are the days of both places; of a day that both know, this one's.
func bothHistories(came, own History) (*History, error) {
	days := map[string]HistoryDay{}
	for _, d := range slices.Concat(came.Days, own.Days) {
		days[d.Day] = d
	}
	out := History{Days: slices.SortedFunc(maps.Values(days), func(a, b HistoryDay) int { return strings.Compare(a.Day, b.Day) })}
	return &out, nil
}

// comingIncidents are what a person has been told elsewhere, and never what waits there to be sent: it may have been sent
// since, and is that place's to send.
func comingIncidents(came, _ Incidents) (*Incidents, error) {
	came.Outbox, came.Sending, came.Trouble, came.TroubleSince = nil, time.Time{}, "", time.Time{}
	return &came, nil
}
