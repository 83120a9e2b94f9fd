package template_test

import "slices"

// Paths that many mutants change.
const (
	fetchProperties    = "Resources/FetchConfigurations/Properties/"
	accountsProperties = "Resources/SyncAccounts/Properties/"
	usageProperties    = "Resources/SyncUsage/Properties/"
	fetchStatements    = "Resources/FetchConfigurationsRole/Properties/Policies/0/PolicyDocument/Statement/"
	accountsStatements = "Resources/SyncAccountsRole/Properties/Policies/0/PolicyDocument/Statement/"
	usageStatements    = "Resources/SyncUsageRole/Properties/Policies/0/PolicyDocument/Statement/"
	nightly            = fetchProperties + "Events/Nightly/Properties/"
)

func mutants() []mutant {
	return slices.Concat(wiringMutants(), rightsMutants(), queueMutants(), keptMutants(), timeMutants(), alarmMutants(), formMutants())
}

func wiringMutants() []mutant {
	return []mutant{
		{"a required setting is missing", "settings", drop(usageProperties + "Environment/Variables/LEDGER_TABLE")},
		{"an optional setting is missing", "settings", drop(fetchProperties + "Environment/Variables/REFRESH_AFTER")},
		{"a setting that nobody reads", "settings", set(accountsProperties+"Environment/Variables/USAGE_QUEUE_URL", ref("UsageQueue"))},
		{"a setting misspelt", "settings", rename(fetchProperties+"Environment/Variables/MAX_DROP_PERCENT", "MAX_DROP_PERCENTS")},
		{"a function of another folder's source", "settings", swap(accountsProperties+"CodeUri", usageProperties+"CodeUri")},
		{"a function without a resource", "settings", drop("Resources/SyncAccounts")},

		{"environment: the two queues exchanged", "wiring", swap(fetchProperties+"Environment/Variables/ACCOUNTS_QUEUE_URL", fetchProperties+"Environment/Variables/USAGE_QUEUE_URL")},
		{"environment: another queue's dead letters", "wiring", change(usageProperties+"Environment/Variables/USAGE_DEAD_LETTER_URL", ref("AccountsDeadLetters"))},
		{"environment: drop and rise exchanged", "wiring", swap(fetchProperties+"Environment/Variables/MAX_DROP_PERCENT", fetchProperties+"Environment/Variables/MAX_RISE_PERCENT")},
		{"environment: MODE written down", "wiring", change(usageProperties+"Environment/Variables/MODE", "post")},
		{"environment: the program's receives are not the queue's", "wiring", change(usageProperties+"Environment/Variables/MAX_RECEIVE_COUNT", 10)},
		{"environment: the wrong secret", "wiring", change(fetchProperties+"Environment/Variables/AUTOTASK_SECRET_ARN", ref("SynthesizeSecret"))},
		{"environment: an existing ledger is not used", "wiring", change(usageProperties+"Environment/Variables/LEDGER_TABLE", ref("LedgerTable"))},
		{"event source: the queues exchanged", "wiring", swap(accountsProperties+"Events/Accounts/Properties/Queue", usageProperties+"Events/Usage/Properties/Queue")},
		{"redrive: the dead letters exchanged", "wiring", swap("Resources/AccountsQueue/Properties/RedrivePolicy/deadLetterTargetArn", "Resources/UsageQueue/Properties/RedrivePolicy/deadLetterTargetArn")},

		{"a reference to a secret that may not be made", "references", change(fetchProperties+"Environment/Variables/AUTOTASK_SECRET_ARN", ref("AutotaskSecret"))},
		{"an output of a table that may not be made", "references", change("Outputs/LedgerTableName/Value", ref("LedgerTable"))},
		{"an allowed value that the mapping lacks", "references", add("Parameters/WorkerTimeout/AllowedValues", "240")},
	}
}

func rightsMutants() []mutant {
	return []mutant{
		{"policy: the usage queue's reader may read the accounts", "rights", change(usageStatements+"Sid=WorkTheQueue/Resource", getAtt("AccountsQueue", "Arn"))},
		{"policy: buries in another queue's dead letters", "rights", change(accountsStatements+"Sid=BuryWithReason/Resource", getAtt("UsageDeadLetters", "Arn"))},
		{"policy: may not send to one of its queues", "rights", drop(fetchStatements + "Sid=Queue/Resource/1")},
		{"policy: may not hide a message longer", "rights", drop(usageStatements + "Sid=WorkTheQueue/Action/0")},
		{"policy: the poller may not delete", "rights", drop(accountsStatements + "Sid=WorkTheQueue/Action/1")},
		{"policy: the poller may not ask for attributes", "rights", drop(usageStatements + "Sid=WorkTheQueue/Action/2")},
		{"policy: may not report a failed run", "rights", drop(fetchStatements + "Sid=ReportFailedRuns")},
		{"policy: a transaction may not check the lease", "rights", change(fetchStatements+"Sid=Ledger/Action", []any{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"})},
		{"policy: may delete from the ledger, which nobody does", "rights", add(usageStatements+"Sid=Ledger/Action", "dynamodb:DeleteItem")},
		{"policy: may read the other vendor's secret as well", "rights", change(fetchStatements+"Sid=ReadCredentials/Resource", []any{ref("AutotaskSecret"), ref("SynthesizeSecret")})},
		{"policy: an existing ledger may not be read", "rights", change(usageStatements+"Sid=Ledger/Resource", getAtt("LedgerTable", "Arn"))},
		{"policy: may not log", "rights", drop(usageStatements + "Sid=Log")},
		{"policy: may log into another's group", "rights", change(usageStatements+"Sid=Log/Resource", getAtt("SyncAccountsLog", "Arn"))},
		{"policy: sqs:*", "wildcard", change(usageStatements+"Sid=WorkTheQueue/Action", "sqs:*")},
		{"policy: any resource", "wildcard", change(usageStatements+"Sid=WorkTheQueue/Resource", "*")},
		{"policy: any secret", "wildcard", change(fetchStatements+"Sid=ReadCredentials/Resource", tree{"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"})},
		{"role: shared by two functions", "roles", change(usageProperties+"Role", getAtt("SyncAccountsRole", "Arn"))},
		{"role: SAM's own", "roles", drop(usageProperties + "Role")},
		{"role: anybody in the account may take it", "roles", change("Resources/SyncUsageRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal", tree{"AWS": ref("AWS::AccountId")})},
		{"role: a managed policy", "roles", set("Resources/SyncUsageRole/Properties/ManagedPolicyArns", []any{"arn:aws:iam::aws:policy/AmazonSQSFullAccess"})},
	}
}

func queueMutants() []mutant {
	return []mutant{
		{"visibility: SQS's own 30 seconds", "visibility", drop("Resources/UsageQueue/Properties/VisibilityTimeout")},
		{"visibility: halved for one time-out", "visibility", change("Mappings/VisibilityTimeout/300/Seconds", 900)},
		{"visibility: equal to the time-out", "visibility", change("Resources/AccountsQueue/Properties/VisibilityTimeout", ref("WorkerTimeout"))},
		{"redrive: no dead letters", "redrive", drop("Resources/UsageQueue/Properties/RedrivePolicy")},
		{"redrive: given up at the first failure", "redrive", change("Resources/UsageQueue/Properties/RedrivePolicy/maxReceiveCount", 1)},
		{"redrive: a person may choose 1", "redrive", change("Parameters/MaxReceiveCount/MinValue", 1)},
		{"redrive: both queues into one", "redrive", change("Resources/UsageQueue/Properties/RedrivePolicy/deadLetterTargetArn", getAtt("AccountsDeadLetters", "Arn"))},
		{"redrive: into the queue itself", "redrive", change("Resources/UsageQueue/Properties/RedrivePolicy/deadLetterTargetArn", getAtt("UsageQueue", "Arn"))},
		{"redrive: dead letters kept as long as their source keeps", "redrive", change("Resources/UsageDeadLetters/Properties/MessageRetentionPeriod", 345600)},
		{"redrive: dead letters are no FIFO queue", "redrive", drop("Resources/UsageDeadLetters/Properties/FifoQueue")},
		{"retention: a queue does not say", "retention", drop("Resources/AccountsQueue/Properties/MessageRetentionPeriod")},
		{"retention: failed runs for four days", "retention", change("Resources/FailedRuns/Properties/MessageRetentionPeriod", 345600)},
		{"fifo: a queue that is none", "fifo", drop("Resources/UsageQueue/Properties/FifoQueue")},
		{"fifo: a name without .fifo", "fifo", change("Resources/UsageQueue/Properties/QueueName", tree{"Fn::Sub": "${AWS::StackName}-usage"})},
		{"fifo: deduplicated by content", "fifo", change("Resources/UsageQueue/Properties/ContentBasedDeduplication", true)},
		{"event source: no partial failures", "event-source", drop(usageProperties + "Events/Usage/Properties/FunctionResponseTypes")},
		{"event source: any number of pollers", "event-source", drop(accountsProperties + "Events/Accounts/Properties/ScalingConfig")},
		{"event source: batches that FIFO refuses", "event-source", change(usageProperties+"Events/Usage/Properties/BatchSize", 100)},
		{"event source: switched off", "event-source", set(usageProperties+"Events/Usage/Properties/Enabled", false)},
		{"event source: a filter that deletes", "event-source", set(usageProperties+"Events/Usage/Properties/FilterCriteria", tree{"Filters": []any{tree{"Pattern": "{}"}}})},
	}
}
