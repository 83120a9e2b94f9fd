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
