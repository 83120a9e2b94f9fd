package template_test

// rules are what has to hold, in the order of the files that say how.
var rules = []rule{
	// settings_test.go
	{name: "settings", says: "a function's environment is the settings its main reads, no more and no less", whole: settingsAgree},
	{name: "wiring", says: "every setting leads where its name says", each: settingsLead},

	// rights_test.go
	{name: "rights", says: "a role may do what its function does, to what it does it to, and nothing else", whole: rightsFit},
	{name: "wildcard", says: "no * in an action or resource without a reason", each: noWildcards},
	{name: "roles", says: "each function has a role of its own that only Lambda takes", each: rolesAreOwn},

	// queues_test.go
	{name: "visibility", says: "a message stays hidden six times as long as a worker may have it", each: hiddenLongEnough},
	{name: "redrive", says: "a queue with a reader has dead letters of its own kind that keep longer", each: redrives},
	{name: "retention", says: "every queue says how long it keeps", each: queuesKeep},
	{name: "fifo", says: "a company's messages stay single-file, deduplicated by explicit ids", each: queuesAreFIFO},
	{name: "event-source", says: "one failed message fails alone, and pollers are few", each: eventSources},

	// kept_test.go
	{name: "encryption", says: "queues, the ledger and what is stored are encrypted", each: encrypted},
	{name: "ledger", says: "the ledger outlives mistakes and the stack", each: ledgerIsKept},
	{name: "secrets", says: "no secret has a value in the template", each: secretsAreEmpty},
	{name: "logs", says: "every function logs into a group that forgets", each: logsAreKept},
	{name: "exposure", says: "nobody outside the account can call anything", each: nothingIsPublic},

	// time_test.go
	{name: "reserved", says: "no concurrency is reserved", each: nothingIsReserved},
	{name: "time", says: "what a function holds outlives it", each: timesFit},
	{name: "schedule", says: "a run starts on time, once, and a start that failed is kept", each: scheduleIsSafe},
	{name: "async", says: "a run that failed is kept with its reason", each: failuresAreKept},
	{name: "rate", says: "all processes together stay below Synthesize's limit", each: ratesAddUp},
	{name: "defaults", says: "what a person gets who answers nothing", each: defaultsAreThese},

	// alarms_test.go
	{name: "dead-letter-alarm", says: "a message at a dead end alarms", each: deadEndsAlarm},
	{name: "error-alarm", says: "a function that fails alarms", each: errorsAlarm},
	{name: "alarm", says: "an alarm reaches somebody, and says what it means", each: alarmsTell},
	{name: "runbook", says: "the runbook has a row for every alarm, and none for others", whole: runbookHasAll},

	// parameters_test.go
	{name: "parameter", says: "a parameter says what it does and breaks, and takes nothing else", whole: parametersAreSafe},
	{name: "pattern", says: "patterns take what is right and refuse what is wrong", whole: patternsHold},
	{name: "no-secret-parameter", says: "no secret is given as a parameter", whole: noSecretParameters},

	// names_test.go
	{name: "names", says: "two stacks in one account do not collide", each: namesAreOwn},
	{name: "outputs", says: "every output says what it is", each: outputsSpeak},
	{name: "build", says: "every function is built for Lambda, in each architecture", whole: buildsFit},
}
