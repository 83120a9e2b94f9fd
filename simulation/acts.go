package simulation

import (
	"fmt"
	"slices"
)

// act is one thing that somebody may do between any two steps.
type act struct {
	name string
	do   func(s *sim, name string) string // what happened, or "" if nothing did
}

// acts are all of them; what is likelier stands there more than once. Histories name them by their place.
var acts = []act{
	{"a device comes", (*sim).deviceComes},
	{"a device comes", (*sim).deviceComes},
	{"a device comes", (*sim).deviceComes},
	{"a device is retired, or back", (*sim).deviceRetires},
	{"a device is retired, or back", (*sim).deviceRetires},
	{"a device is deleted", (*sim).deviceDeleted},
	{"a device is re-typed", (*sim).deviceRetyped},
	{"a device moves", (*sim).deviceMoves},
	{"a company is renamed", (*sim).companyRenamed},
	{"a company is closed, or open", (*sim).companyCloses},
	{"a company is hidden, or seen", (*sim).companyHides},
	{"companies are merged", (*sim).companiesMerge},
	{"a company is new", (*sim).companyIsNew},
	{"a type is retired", (*sim).typeRetires},
	{"everything is mapped", (*sim).everythingMapped},
	{"everything is mapped", (*sim).everythingMapped},
	{"everything is mapped", (*sim).everythingMapped},
	{"an account is unmapped", (*sim).accountUnmapped},
	{"a service is changed", (*sim).serviceChanged},
	{"disconnected", (*sim).disconnected},
	{"integration made anew", (*sim).integrationMadeAnew},
	{"partner key rotated", (*sim).keyRotated},
	{"secrets put right", (*sim).secretsPutRight},
	{"Autotask secret changed", (*sim).secretChanged},
	{"visibility over early", (*sim).visibilityEnds},
	{"dead letter replayed", (*sim).letterReplayed},
	{"another run", (*sim).anotherRun},
	{"ledger backed up", (*sim).backedUp},
	{"ledger restored", (*sim).restoredFromBackup},
	{"zone moved", (*sim).zoneMoves},
	{"mode observe", (*sim).observes},
	{"mode post", (*sim).posts},
	{"hold", (*sim).putsOnHold},
	{"resume", (*sim).resumes},
	{"approve", (*sim).approves},
	{"release", (*sim).releasesCompany},
	{"release undone", (*sim).undoesRelease},
	{"ledger exported", (*sim).exports},
	{"ledger imported", (*sim).imports},
	{"rights changed", (*sim).changesRights},
	{"settings changed", (*sim).changesSettings},
	{"another organization's keys", (*sim).theirKeysPut},
	{"another tenant's credentials", (*sim).theirCredentialsPut},
}

// deviceActs are how many of the acts, the first ones, are about single devices.
const deviceActs = 8

// Kinds are all that can be met, by name: a row of the coverage each, whether it was met or not.
func Kinds() []string {
	var all []string
	for _, a := range acts {
		all = append(all, a.name)
	}
	all = append(all, wireFaultNames[1:]...)
	slices.Sort(all)
	return slices.Compact(all)
}

// act lets somebody do something, perhaps.
func (s *sim) act(o option) bool {
	at := s.choose.one("act before "+o.what, s.restless, len(acts))
	if at == 0 {
		return false
	}
	s.perform(at, o.what, o.stage())
	return true
}

// perform lets an act happen, counted from 1, before a step of a stage.
func (s *sim) perform(at int, before, stage string) {
	s.happened(acts[at-1].name, acts[at-1].do(s, fmt.Sprintf("act %d", at)), before, stage)
}

func (s *sim) happened(name, did, before, stage string) {
	if did == "" {
		return
	}
	s.count(name, stage)
	s.note("%s (before %s)", did, before)
	s.trace("%s", did)
}

// IsAct tells whether a row of the coverage is about an act, and not about a fault.
func IsAct(name string) bool {
	return slices.ContainsFunc(acts, func(a act) bool { return a.name == name })
}
