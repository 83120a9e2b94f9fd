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

// A count's answer was lost, it was posted again and accepted. Minutes later a newer run told another count, and then the
// first request took effect after all. The ledger said that the newer count stood at Synthesize.
func TestRegression_FirstOfTwoRequestsTakesEffectAfterANewerCount_LedgerDoesNotSayTold(t *testing.T) {
	Replay(t, `
act before run2 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#1 = 14
act before run2 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#2 = 17
companies#1 = 2
desktops#1 = 1
fault: usage1 Synthesize POST /service/38f97721a48a98d449741900/count {"accountId":"1","unitCount":3}#1 = 12
gap#1 = 1
how late#1 = 9
laptops#1 = 1
next after accounts1 Synthesize GET #1 = 1
next after accounts1 Synthesize POST /service {"name":"Managed Workstations","description":"Managed Workstations","category":"other","subcategory":"other"}#1 = 1
next after accounts1 ledger read state/head#1 = 1
next after accounts1 ledger read state/services#1 = 2
next after accounts1 ledger read state/services#2 = 2
next after accounts1 ledger read state/services#5 = 1
next after run1 queue send usage 1,2,3,4,5#1 = 1
`)
}

// Two workers had one message, since its visibility time-out was over early. One told its counts; before the other had
// sent all of its own, a newer run told others. The older ones landed last, and the ledger said that the newer ones stood.
func TestRegression_SecondWorkerOfAMessagePostsAfterANewerCount_LedgerDoesNotSayTold(t *testing.T) {
	Replay(t, `
act 25#1 = 1
act 7#1 = 20
act before accounts1 ledger write state/services#4 = 25
act before run2 answer to Autotask GET /V1.0/ThresholdInformation#1 = 7
companies#1 = 3
desktops#2 = 2
desktops#3 = 2
desktops#4 = 2
fault: usage2 Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"4","unitCount":2}#1 = 3
gap#1 = 1
laptops#1 = 1
laptops#3 = 2
laptops#4 = 1
printers#3 = 1
printers#4 = 1
servers#1 = 3
servers#4 = 2
somebody stands by who maps#1 = 1
`)
}

// A run's clock was three months ahead. The ledger was restored from a backup that did not know the run, whose messages
// were still under way: what they left in the ledger made the counts of all later runs look old, for three months.
func TestRegression_MessageOfAForgottenRunWhoseClockWasAhead_LaterRunsAreTold(t *testing.T) {
	Replay(t, `
a day at the MSP#5 = 3
act before accounts1 Synthesize POST /organization/accounts [{"id":"3","name":"Client 3","description":"Autotask company 3"}]#1 = 21
act before accounts2 answer to Synthesize PATCH /organization/status/pending#1 = 29
act before run2 answer to Autotask POST /V1.0/ConfigurationItems/query/count f462#1 = 28
an earlier integration#1 = 1
clock of run5#1 = 5
desktops#1 = 2
fate: run4 Autotask POST /V1.0/ConfigurationItems/query/count f462#1 = 1
fault: run2 Autotask POST /V1.0/ConfigurationItems/query 7880#1 = 10
fault: run2 Autotask POST /V1.0/ConfigurationItems/query 7880#2 = 13
fault: run3 Autotask GET /V1.0/ConfigurationItems/entityInformation#1 = 13
fault: usage4 Synthesize POST /service/f36754640d2d43981971a34a/count {"accountId":"1","unitCount":4}#1 = 8
runs#1 = 4
what happens there#2 = 5
wrong clock of run5#1 = 7
`)
}

// The same, with a message about an account: it was not made again after a disconnect, since a forgotten run far ahead had
// spoken about it.
func TestRegression_AccountMessageOfAForgottenRunWhoseClockWasAhead_AccountIsMadeAgain(t *testing.T) {
	Replay(t, `
act 30#1 = 2
act before accounts1 ledger read state/services#3 = 29
act before run2 ledger read run#1 = 30
act before run2 ledger read run#3 = 28
act before run4 ledger write state/head#1 = 21
act before run5 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#1 = 31
clock of run3#1 = 5
fault: run1 Autotask POST /V1.0/Companies/query 9ac#1 = 14
fault: run4 Autotask POST /zone7/ATServicesRest/V1.0/ConfigurationItemTypes/query fb6a#1 = 14
runs#1 = 3
throttled: run2 ledger list account #1 = 1
wrong clock of run3#1 = 6
`)
}

// The ledger was exported while an account was being made. The account was made, told, and taken away by a disconnect; then
// the export was imported. The account that was made next took its old count back, and no zero was told, since the ledger
// believed that it had never been told anything.
func TestRegression_AccountMadeAnewAfterAnImport_MayHaveBeenToldBefore(t *testing.T) {
	Replay(t, `
a day at the MSP#1 = 3
act 14#2 = 2
act 20#1 = 1
act 6#1 = 22
act 8 to#1 = 2
act 8#1 = 26
act before accounts1 ledger write account/3#1 = 38
act before usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#2 = 33
act before usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#6 = 20
act before usage1 ledger read account/2#9 = 17
act before usage1 ledger write account/5#3 = 39
act before usage10 ledger read account/1#1 = 14
act before usage7 queue hide usage-1/7#1 = 14
companies#1 = 3
desktops#2 = 3
desktops#3 = 3
desktops#4 = 2
desktops#5 = 2
laptops#1 = 2
laptops#2 = 1
laptops#3 = 1
laptops#4 = 2
next after usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#1 = 1
next after usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#2 = 1
next after usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#3 = 2
next after usage1 answer to Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"5","unitCount":1}#4 = 1
next after usage1 ledger read account/2#1 = 1
next after usage1 ledger read account/2#2 = 4
next after usage1 ledger read account/2#3 = 1
next after usage1 ledger read account/2#5 = 1
next after usage1 ledger read account/2#6 = 1
next after usage1 ledger read account/2#7 = 1
next after usage1 ledger read account/2#8 = 2
printers#5 = 1
servers#5 = 2
servers#6 = 2
what happens there#1 = 7
what happens there#2 = 5
`)
}

// A run that would have been held failed, since the ledger did not take what it holds: a person is told that it failed, and
// not of a hold that nobody can approve. (The invariant was wrong.)
func TestRegression_AHoldThatCannotBeWrittenDown_IsAFailure(t *testing.T) {
	Replay(t, `
a person is told#1 = 1
act before accounts1 ledger read state/hand#5 = 33
fate: run1 ledger read state/services#2 = 1
next after accounts1 ledger read state/hand#1 = 1
next after accounts1 ledger read state/hand#2 = 2
next after accounts1 ledger read state/hand#3 = 1
next after accounts1 ledger read state/hand#4 = 1
next after run2 ledger read state/incidents#1 = 1
throttled: run3 ledger write state/held#1 = 1
`)
}

// An export was brought back although a newer count had been told since. A message from before the export came again, and the
// ledger knew of nothing newer.
func TestRegression_MessageOfBeforeAnImport_ReplacesNothingNewer(t *testing.T) {
	Replay(t, `
a day at the MSP#2 = 1
act before accounts2 Synthesize GET /organization#2 = 15
act before usage2 ledger read account/3#3 = 38
act before usage3 ledger read account/3#2 = 39
deletion of usage2#1 = 1
fate: usage1 ledger write account/1#1 = 2
gap#1 = 3
next after accounts2 Synthesize GET /organization#1 = 1
next after run2 queue send usage 1,2,3#1 = 1
next after usage3 ledger read account/1#4 = 2
`)
}

// A key was wrong, put right, and rotated again while one function was at work: what was on its way then was refused, as it had
// to be. (The invariant was wrong.)
func TestRegression_AKeyThatExpiresTwiceWhileAFunctionWorks_RefusesWhatIsOnItsWay(t *testing.T) {
	Replay(t, `
a day at the MSP#1 = 2
a day at the MSP#2 = 3
act 14#1 = 1
act 21#1 = 1
act 8#1 = 9
act before accounts1 ledger read state/services#11 = 14
act before accounts4 ledger read account/51#4 = 22
act before accounts4 ledger write account/1#1 = 27
act before accounts4 ledger write account/2#9 = 24
act before run1 answer to Autotask GET /V1.0/ConfigurationItems/entityInformation#1 = 4
act before run1 answer to Autotask POST /V1.0/ConfigurationItemTypes/query/count cad0#1 = 4
act before run1 ledger read state/refusal-autotask#1 = 9
act before run1 queue send accounts services,1,2,3,4,5,6#1 = 13
act before run3 answer to Autotask POST /V1.0/ConfigurationItemTypes/query/count cad0#2 = 13
act before run3 ledger read state/rules#1 = 21
act before usage4 ledger read account/6#4 = 23
act before usage4 ledger write account/2#1 = 22
companies#1 = 3
desktops#2 = 3
desktops#5 = 2
desktops#6 = 1
fault: usage4 Synthesize POST /service/7f59d7a46f3d93fafd954b23/count {"accountId":"2","unitCount":1}#1 = 3
gap#1 = 1
laptops#1 = 1
laptops#4 = 2
laptops#5 = 2
laptops#6 = 1
next after accounts4 ledger read account/51#1 = 1
next after accounts4 ledger read account/51#3 = 1
next after accounts4 ledger write account/2#1 = 1
next after accounts4 ledger write account/2#2 = 1
next after accounts4 ledger write account/2#3 = 1
next after accounts4 ledger write account/2#4 = 1
next after accounts4 ledger write account/2#5 = 1
next after accounts4 ledger write account/2#7 = 1
next after accounts4 ledger write account/2#8 = 1
next after usage4 ledger read account/6#1 = 2
next after usage4 ledger read account/6#3 = 4
observe#1 = 1
printers#1 = 1
printers#5 = 1
printers#6 = 1
runs#1 = 3
servers#1 = 1
servers#2 = 2
servers#3 = 1
servers#4 = 1
servers#5 = 1
servers#6 = 1
settings#2 = 1
settings#4 = 1
throttled: accounts1 ledger read state/services#7 = 1
throttled: accounts3 ledger read state/services#7 = 1
what happens there#1 = 7
`)
}

// A rename and then the import of an older export: the ledger has forgotten the service's new name while a request under it is
// on its way. (The invariant was wrong: it held the number against the name that Synthesize knows.)
func TestRegression_RequestUnderANameThatAnImportForgot_IsTheMessagesNumber(t *testing.T) {
	Replay(t, `
a person is told#1 = 1
act 12 into#1 = 1
act 12#1 = 2
act 4#1 = 12
act before accounts1 Synthesize GET /organization/accounts#1 = 38
act before accounts3 answer to Synthesize GET #1 = 13
act before run1 ledger write run#3 = 41
act before run2 ledger read state/head#3 = 4
act before run4 ledger write state/incidents#1 = 23
act before the poller of usage#1 = 12
act before usage12 Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"2","unitCount":5}#1 = 27
act before usage14 ledger read account/4#1 = 17
act before usage14 ledger read tally/0000946786504000#1 = 39
act before usage2 ledger read account/2#2 = 20
act before usage2 ledger read account/3#5 = 22
act before usage2 queue hide usage-6/2#1 = 7
act before usage2 queue hide usage-6/2#2 = 41
companies#1 = 3
desktops#3 = 1
fault: accounts1 Synthesize POST /organization/accounts 4ffa#1 = 4
fault: run2 Autotask POST /V1.0/ConfigurationItems/query 7880#1 = 13
fault: run4 Autotask POST /V1.0/Companies/query/count cad0#1 = 3
fault: usage12 Synthesize POST /service/14b5a8ae49d7bd66597d8a16/count {"accountId":"4","unitCount":1}#1 = 15
gap#1 = 5
gap#2 = 4
gap#3 = 2
gap#4 = 1
how late#1 = 14
next after accounts3 Synthesize PATCH /organization/status/pending#1 = 1
next after usage2 ledger read account/3#1 = 3
next after usage2 ledger read account/3#2 = 1
rules#2 = 4
runs#1 = 3
servers#1 = 3
servers#2 = 3
servers#3 = 3
servers#4 = 1
`)
}

// Somebody put another organization's keys into the secret during the very first look, and ours were refused just then. Services
// were made at the other organization: nobody asked whose the keys were while no look had ended well.
func TestRegression_AnotherOrganizationsKeysDuringTheFirstLook_NothingIsMadeThere(t *testing.T) {
	Replay(t, `
act before accounts10 ledger list account #1 = 22
act before accounts10 ledger read state/services#3 = 42
act before accounts3 ledger read state/services#2 = 23
companies#1 = 3
fate: accounts1 queue hide accounts-7/1#1 = 5
fault: accounts1 Synthesize GET /organization#1 = 13
next after accounts10 ledger read state/services#1 = 1
`)
}

// Our secret expired when the secret held another tenant's credentials, and the zone could not be looked up just then. That
// tenant was taken for ours under another name, since its zone was believed to be ours.
func TestRegression_AnotherTenantsCredentials_TheirZoneCannotBeLookedUp_NothingIsCounted(t *testing.T) {
	Replay(t, `
act before run2 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#1 = 21
act before run2 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#2 = 43
act before run2 answer to Autotask GET /atservicesrest/v1.0/zoneInformation#3 = 24
fate: run1 answer to Autotask POST /V1.0/ConfigurationItemTypes/query fb6a#1 = 5
fault: run2 Autotask GET /atservicesrest/v1.0/zoneInformation#1 = 2
fault: run2 Autotask GET /atservicesrest/v1.0/zoneInformation#3 = 13
`)
}
