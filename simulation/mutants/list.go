package main

import "slices"

// mutant is one place of the shipped source, made wrong.
type mutant struct {
	rule string // what it breaks: the rule's number and word, or the person's decision
	file string
	old  string // stands in the file once
	new  string

	aside bool   // the simulation does not go through it, or so seldom that the tests alone are asked
	why   string // nobody can catch it, and why that is right; such a one may survive
}

const (
	fetchDir      = "functions/fetch-configurations/fetch/"
	accountsDir   = "functions/sync-accounts/accounts/"
	usageDir      = "functions/sync-usage/usage/"
	ledgerDir     = "shared/ledger/"
	autotaskDir   = "shared/autotask/"
	synthesizeDir = "shared/synthesize/"
	vendorDir     = "shared/vendorapi/"
	queueDir      = "shared/queue/"
	lettersDir    = "cmd/synthsync/letters/"
)

// mutants are all of them, in the order of the rules.
var mutants = slices.Concat(reading, refusing, knowing, guarding, ordering, telling, making, delivering, deciding, racing)

// askedToo are packages whose tests go through the source of another directory, in the order in which they are asked.
var askedToo = map[string][]string{
	fetchDir:                {"./cmd/synthsync/local", "./cmd/synthsync"},
	accountsDir:             {"./cmd/synthsync/local"},
	usageDir:                {"./cmd/synthsync/local"},
	ledgerDir:               {"./shared/ledger/memory", "./functions/sync-usage/usage", "./functions/fetch-configurations/fetch", "./functions/sync-accounts/accounts", "./cmd/synthsync/local"},
	vendorDir:               {"./shared/autotask", "./shared/synthesize"},
	synthesizeDir:           {"./functions/sync-usage/usage"},
	autotaskDir:             {"./functions/fetch-configurations/fetch"},
	queueDir:                {"./functions/sync-usage/usage", "./cmd/synthsync/local"},
	"shared/queue/sqsfifo/": {"./cmd/synthsync/letters"},
	"cmd/synthsync/local/":  {"./cmd/synthsync"},
	"cmd/synthsync/":        {"./functions"},
	"shared/wiring/":        {"./functions/sync-usage/usage"},
}
