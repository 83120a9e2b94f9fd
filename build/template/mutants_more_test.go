package template_test

func keptMutants() []mutant {
	return []mutant{
		{"encryption: a queue without", "encryption", drop("Resources/UsageDeadLetters/Properties/SqsManagedSseEnabled")},
		{"encryption: a queue switched off", "encryption", change("Resources/FailedRuns/Properties/SqsManagedSseEnabled", false)},
		{"encryption: the ledger without", "encryption", drop("Resources/LedgerTable/Properties/SSESpecification")},
		{"encryption: the topic with AWS's own key", "encryption", set("Resources/AlarmTopic/Properties/KmsMasterKeyId", "alias/aws/sns")},
		{"ledger: deleted with the stack", "ledger", drop("Resources/LedgerTable/DeletionPolicy")},
		{"ledger: deleted when replaced", "ledger", change("Resources/LedgerTable/UpdateReplacePolicy", "Delete")},
		{"ledger: no protection against deletion", "ledger", drop("Resources/LedgerTable/Properties/DeletionProtectionEnabled")},
		{"ledger: no restoring", "ledger", drop("Resources/LedgerTable/Properties/PointInTimeRecoverySpecification")},
		{"ledger: never forgets", "ledger", drop("Resources/LedgerTable/Properties/TimeToLiveSpecification")},
		{"ledger: forgets by an attribute nobody writes", "ledger", change("Resources/LedgerTable/Properties/TimeToLiveSpecification/AttributeName", "expires")},
		{"ledger: other keys", "ledger", change("Resources/LedgerTable/Properties/KeySchema/0/AttributeName", "id")},
		{"ledger: a fixed capacity", "ledger", drop("Resources/LedgerTable/Properties/BillingMode")},
		{"secret: a value in the template", "secrets", set("Resources/AutotaskSecret/Properties/SecretString", `{"username":"","secret":"","integrationCode":""}`)},
		{"secret: a value made up", "secrets", set("Resources/SynthesizeSecret/Properties/GenerateSecretString", tree{})},
		{"logs: kept for ever", "logs", drop("Resources/SyncUsageLog/Properties/RetentionInDays")},
		{"logs: Lambda's own group", "logs", drop(usageProperties + "LoggingConfig")},
		{"logs: into another function's group", "logs", change(usageProperties+"LoggingConfig/LogGroup", ref("SyncAccountsLog"))},
		{"logs: metrics dropped with the level", "logs", change(usageProperties+"LoggingConfig/ApplicationLogLevel", ref("LogLevel"))},
		{"exposure: a function URL", "exposure", set(fetchProperties+"FunctionUrlConfig", tree{"AuthType": "NONE"})},
		{"exposure: an API's event", "exposure", set(fetchProperties+"Events/Run", tree{"Type": "HttpApi"})},
		{"exposure: an API", "exposure", set("Resources/Api", tree{"Type": "AWS::Serverless::HttpApi", "Properties": tree{}})},
		{"exposure: anybody may send", "exposure", set("Resources/OpenQueue", tree{"Type": "AWS::SQS::QueuePolicy", "Properties": tree{
			"Queues":         []any{ref("UsageQueue")},
			"PolicyDocument": tree{"Statement": []any{tree{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": getAtt("UsageQueue", "Arn")}}},
		}})},
	}
}

func timeMutants() []mutant {
	return []mutant{
		{"concurrency reserved", "reserved", set(usageProperties+"ReservedConcurrentExecutions", 2)},
		{"concurrency reserved for all", "reserved", set("Globals/Function/ReservedConcurrentExecutions", 5)},
		{"time: a run longer than its lease", "time", change("Parameters/FetchTimeout/MaxValue", 960)},
		{"time: workers longer than Lambda allows", "time", both(
			add("Parameters/WorkerTimeout/AllowedValues", "1200"), set("Mappings/VisibilityTimeout/1200", tree{"Seconds": 7200}))},
		{"schedule: five fields", "schedule", change("Parameters/Schedule/Default", "cron(15 2 * * *)")},
		{"schedule: two days", "schedule", change("Parameters/Schedule/Default", "cron(15 2 * * * *)")},
		{"schedule: written down", "schedule", change(nightly+"ScheduleExpression", "rate(1 hour)")},
		{"schedule: no time zone", "schedule", drop(nightly + "ScheduleExpressionTimezone")},
		{"schedule: cannot be stopped", "schedule", drop(nightly + "State")},
		{"schedule: tries for a day", "schedule", change(nightly+"RetryPolicy/MaximumEventAgeInSeconds", 86400)},
		{"schedule: EventBridge's own tries", "schedule", drop(nightly + "RetryPolicy")},
		{"schedule: a start that failed is lost", "schedule", drop(nightly + "DeadLetterConfig")},
		{"schedule: failed starts into a FIFO queue", "schedule", change(nightly+"DeadLetterConfig/Arn", getAtt("UsageDeadLetters", "Arn"))},
		{"schedule: the run does not know which start it is", "schedule", drop(nightly + "Input")},
		{"schedule: none", "schedule", drop(fetchProperties + "Events/Nightly")},
		{"async: no destination for failures", "async", drop(fetchProperties + "EventInvokeConfig/DestinationConfig")},
		{"async: failures into a FIFO queue", "async", change(fetchProperties+"EventInvokeConfig/DestinationConfig/OnFailure/Destination", getAtt("UsageDeadLetters", "Arn"))},
		{"async: a start waits six hours", "async", drop(fetchProperties + "EventInvokeConfig/MaximumEventAgeInSeconds")},
		{"async: Lambda's own retries", "async", drop(fetchProperties + "EventInvokeConfig/MaximumRetryAttempts")},
		{"rate: more processes of sync-accounts", "rate", change(accountsProperties+"Events/Accounts/Properties/ScalingConfig/MaximumConcurrency", 5)},
		{"rate: sync-accounts faster", "rate", change(accountsProperties+"Environment/Variables/SYNTHESIZE_RATE", "12")},
		{"rate: one row of the table one too high", "rate", change("Mappings/UsageRate/6/PerSecond", "12")},
		{"rate: the same for any number of processes", "rate", change(usageProperties+"Environment/Variables/SYNTHESIZE_RATE", "36")},
		{"defaults: tells at once", "defaults", change("Parameters/Mode/Default", "post")},
		{"defaults: another hold", "defaults", change("Parameters/MaxDropPercent/Default", 50)},
		{"defaults: fewer receives", "defaults", change("Parameters/MaxReceiveCount/Default", 5)},
		{"defaults: smaller batches", "defaults", change(usageProperties+"Events/Usage/Properties/BatchSize", 1)},
	}
}

func alarmMutants() []mutant {
	return []mutant{
		{"alarm: none for dead accounts", "dead-letter-alarm", drop("Resources/AccountsDeadLettersAlarm")},
		{"alarm: none for dead counts", "dead-letter-alarm", drop("Resources/UsageDeadLettersAlarm")},
		{"alarm: none for failed runs", "dead-letter-alarm", drop("Resources/FailedRunsAlarm")},
		{"alarm: none for failed schedules", "dead-letter-alarm", drop("Resources/FailedSchedulesAlarm")},
		{"alarm: on another queue", "dead-letter-alarm", change("Resources/UsageDeadLettersAlarm/Properties/Dimensions/0/Value", getAtt("UsageQueue", "QueueName"))},
		{"alarm: at the second message", "dead-letter-alarm", change("Resources/UsageDeadLettersAlarm/Properties/Threshold", 2)},
		{"alarm: more than one message", "dead-letter-alarm", change("Resources/FailedRunsAlarm/Properties/ComparisonOperator", "GreaterThanThreshold")},
		{"alarm: on messages sent, which redrives are not", "dead-letter-alarm", change("Resources/UsageDeadLettersAlarm/Properties/MetricName", "NumberOfMessagesSent")},
		{"alarm: none for errors of a function", "error-alarm", drop("Resources/SyncUsageErrorsAlarm")},
		{"alarm: on the errors of another", "error-alarm", change("Resources/SyncUsageErrorsAlarm/Properties/Dimensions/0/Value", ref("SyncAccounts"))},
		{"alarm: publishes nowhere", "alarm", drop("Resources/UsageDeadLettersAlarm/Properties/AlarmActions")},
		{"alarm: its actions switched off", "alarm", set("Resources/FailedRunsAlarm/Properties/ActionsEnabled", false)},
		{"alarm: no word on missing data", "alarm", drop("Resources/FailedRunsAlarm/Properties/TreatMissingData")},
		{"alarm: says nothing", "alarm", change("Resources/FailedRunsAlarm/Properties/AlarmDescription", "Failed.")},
		{"alarm: on the metrics of all stacks", "alarm", set("Resources/HeldAlarm", tree{"Type": alarmType, "Properties": tree{
			"AlarmDescription": "A run was held, and nothing is told until a person looks.", "AlarmActions": []any{ref("AlarmTopic")},
			"TreatMissingData": "notBreaching", "Namespace": "synthsync", "MetricName": "HeldRuns",
		}})},
		{"alarm: the address is told nothing", "alarm", drop("Resources/AlarmSubscription")},
		{"runbook: a section is missing", "runbook", inRunbook("`UsageDeadLettersAlarm`", "`UsageAlarms`")},
		{"runbook: an alarm mentioned, no section", "runbook", inRunbook("## `FailedSchedulesAlarm`", "## See `FailedRunsAlarm`\n\n`FailedSchedulesAlarm`")},
		{"runbook: an alarm that is gone", "runbook", both(drop("Resources/SyncUsageErrorsAlarm"))},
	}
}

func formMutants() []mutant {
	return []mutant{
		{"parameter: says nothing", "parameter", change("Parameters/RefreshAfter/Description", "Refresh.")},
		{"parameter: does not say what breaks", "parameter", change("Parameters/TimeZone/Description", "The time zone of the schedule, such as America/New_York, as the IANA database spells it.")},
		{"parameter: takes anything", "parameter", drop("Parameters/AlarmEmail/AllowedPattern")},
		{"parameter: a figure without bounds", "parameter", drop("Parameters/MaxDropPercent/MaxValue")},
		{"parameter: a choice without choices", "parameter", drop("Parameters/Mode/AllowedValues")},
		{"parameter: refuses and does not say what it wants", "parameter", drop("Parameters/Schedule/ConstraintDescription")},
		{"parameter: in no group", "parameter", drop("Metadata/AWS::CloudFormation::Interface/ParameterGroups/4/Parameters/0")},
		{"parameter: its default is not allowed", "parameter", change("Parameters/UsageConcurrency/Default", "5")},
		{"parameter: must be answered", "parameter", drop("Parameters/LogLevel/Default")},
		{"parameter: used by nothing", "parameter", both(
			change("Resources/AlarmSubscription/Properties/Endpoint", "x"), change("Conditions/HasAlarmEmail", tree{"Fn::Equals": []any{"a", "b"}}))},
		{"pattern: a schedule of five fields", "pattern", change("Parameters/Schedule/AllowedPattern", `^(rate|cron)\(.+\)$`)},
		{"pattern: http anywhere", "pattern", change("Parameters/AutotaskUrl/AllowedPattern", `^https?://[^?@]+$`)},
		{"pattern: half an ARN", "pattern", change("Parameters/AutotaskSecretArn/AllowedPattern", `^(arn:aws:secretsmanager:.+)?$`)},
		{"secret: as a hidden parameter", "no-secret-parameter", set("Parameters/AutotaskUrl/NoEcho", true)},
		{"secret: as a parameter", "no-secret-parameter", set("Parameters/AutotaskSecret2", tree{"Type": "String", "Default": ""})},
		{"secret: resolved into a setting", "no-secret-parameter", change(fetchProperties+"Environment/Variables/SERVICES", "{{resolve:secretsmanager:autotask:SecretString:secret}}")},
		{"names: a queue's, in every stack", "names", change("Resources/UsageQueue/Properties/QueueName", "synthsync-usage.fifo")},
		{"names: a log group's, in every stack", "names", change("Resources/SyncUsageLog/Properties/LogGroupName", "/aws/lambda/sync-usage")},
		{"names: a function's", "names", set(usageProperties+"FunctionName", tree{"Fn::Sub": "${AWS::StackName}-sync-usage"})},
		{"names: a role's", "names", set("Resources/SyncUsageRole/Properties/RoleName", "sync-usage")},
		{"names: a dashboard's, in every stack", "names", set("Resources/Board", tree{"Type": "AWS::CloudWatch::Dashboard", "Properties": tree{"DashboardName": "synthsync", "DashboardBody": "{}"}})},
		{"names: the schedule's, in every stack", "names", drop(nightly + "OmitName")},
		{"outputs: one says nothing", "outputs", drop("Outputs/UsageQueueUrl/Description")},
		{"build: with C", "build", inBuild("build/bootstrap.mk", "export CGO_ENABLED := 0", "export CGO_ENABLED := 1")},
		{"build: with the old RPC server", "build", inBuild("build/bootstrap.mk", "-tags lambda.norpc ", "")},
		{"build: for the other architecture", "build", inBuild("build/arm64/Makefile", "arm64", "amd64")},
		{"build: another function's source", "build", inBuild("build/bootstrap.mk", "build-SyncUsage: FOLDER := sync-usage", "build-SyncUsage: FOLDER := sync-accounts")},
		{"build: one architecture whatever is chosen", "build", change("Globals/Function/Architectures", []any{"arm64"})},
	}
}
