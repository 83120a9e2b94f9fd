package simulation

import "testing"

// Each of these histories broke a rule once. The story is what happened; the text is the history as it was printed.

// A worker made a service and stood still before it had written down its id. Another one, which had looked before that and
// then stood still itself, took over the claim when it was too old to be believed, and made the service once more.
func TestRegression_ClaimTakenOverAfterAnOldLook_ServiceIsMadeOnce(t *testing.T) {
	Replay(t, `
act before run4 Autotask POST /V1.0/ConfigurationItemTypes/query fb6a#1 = 27
act before run6 ledger read run#4 = 25
act before usage2 queue hide usage-2/2#1 = 27
fate: accounts1 ledger read state/services#3 = 5
fate: accounts2 ledger write state/services#5 = 3
fate: run2 Autotask POST /V1.0/ConfigurationItemTypes/query/count cad0#1 = 2
fate: run3 answer to Autotask POST /V1.0/Companies/query/count cad0#2 = 5
fault: run1 Autotask POST /V1.0/Companies/query/count cad0#2 = 14
frozen for#1 = 2
next after run4 Autotask POST /V1.0/ConfigurationItemTypes/query fb6a#1 = 1
next after run4 answer to Autotask POST /V1.0/ConfigurationItemTypes/query/count cad0#1 = 1
next after run6 ledger read run#2 = 1
runs#1 = 3
`)
}

// The ledger was restored from a backup made just before a count was told. The devices went, and a full run told no zero,
// since the restored ledger knew of nothing that could stand above 0.
func TestRegression_RestoredLedgerHasForgottenACount_FullRunTellsItsZero(t *testing.T) {
	Replay(t, `
act 29#1 = 2
act before accounts2 Synthesize POST /organization/accounts [{"id":"1","name":"Client 1","description":"Autotask company 1"},{"id":"2","name":"Client 2","description":"Autotask company 2"}]#1 = 14
act before accounts2 ledger read state/services#6 = 27
act before accounts2 ledger read state/tenant#1 = 29
act before run1 ledger read state/services#1 = 28
act before run3 ledger write run#2 = 29
act before usage2 ledger read state/head#1 = 21
act before usage3 answer to Synthesize POST /service/38f97721a48a98d449741900/count {"accountId":"1","unitCount":2}#1 = 16
act before usage3 ledger read state/head#1 = 28
an earlier integration#1 = 1
laptops#1 = 1
throttled: accounts1 ledger read state/services#3 = 1
`)
}

// While a services message was worked, a newer run brought other rules into force, which left a service out that stood from
// an earlier integration. The look passed it over, and the older message made it once more.
func TestRegression_RulesChangeWhileServicesAreMade_StandingServiceIsNotMadeAgain(t *testing.T) {
	Replay(t, `
act before run1 ledger read state/last#1 = 12
act before run1 ledger read state/last#3 = 27
act before run3 ledger write state/head#2 = 27
an earlier integration#1 = 1
fault: run1 Autotask POST /V1.0/ConfigurationItemTypes/query/count cad0#1 = 13
next after run1 ledger read act/0000946684800000-run#1 = 1
next after run1 ledger read state/last#1 = 1
next after run1 ledger read state/last#2 = 1
next after run3 ledger write state/head#1 = 2
rules#1 = 1
runs#1 = 4
settings#1 = 1
settings#4 = 1
`)
}
