package template_test

import (
	"slices"
	"strings"
)

func encrypted(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(queueType) {
		managed, key := isTrue(st.property(id, "SqsManagedSseEnabled")), text(st.property(id, "KmsMasterKeyId"))
		if !managed && key == "" {
			report(id, "is not encrypted")
		}
		if managed && key != "" {
			report(id, "is encrypted in two ways, which SQS refuses")
		}
	}
	for _, id := range st.ofType(tableType) {
		if !isTrue(st.property(id, "SSESpecification", "SSEEnabled")) {
			report(id, "is not encrypted with a key of the account")
		}
	}
	for _, id := range st.ofType("AWS::S3::Bucket") {
		if len(list(st.property(id, "BucketEncryption", "ServerSideEncryptionConfiguration"))) == 0 {
			report(id, "does not say how it is encrypted")
		}
	}
	for _, id := range st.ofType(topicType) {
		if key := text(st.property(id, "KmsMasterKeyId")); strings.HasSuffix(key, "alias/aws/sns") {
			report(id, "is encrypted with AWS's own key, which lets no alarm publish")
		}
	}
	// A person who gives a key means everything that holds clients' data.
	if key := text(st.params["KmsKeyArn"]); key != "" {
		for _, id := range append(st.ofType(queueType), st.ofType(tableType)...) {
			if st.keyOf("${"+id+"}") != key {
				report(id, "is not encrypted with the key that was given")
			}
		}
	}
}

func ledgerIsKept(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(tableType) {
		if st.resources[id]["DeletionPolicy"] != "Retain" || st.resources[id]["UpdateReplacePolicy"] != "Retain" {
			report(id, "is deleted with the stack: the next one would know of nothing that was told")
		}
		if !isTrue(st.property(id, "DeletionProtectionEnabled")) {
			report(id, "has no protection against deletion")
		}
		if !isTrue(st.property(id, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")) {
			report(id, "cannot be restored to a point in time")
		}
		ttl := st.property(id, "TimeToLiveSpecification")
		if !isTrue(at(ttl, "Enabled")) || at(ttl, "AttributeName") != "ttl" {
			report(id, "never forgets: runs are written with their end in ttl")
		}
		if st.property(id, "BillingMode") != "PAY_PER_REQUEST" {
			report(id, "has a fixed capacity, which a night's run exceeds")
		}
		var keys []string
		for _, k := range list(st.property(id, "KeySchema")) {
			keys = append(keys, text(at(k, "AttributeName"))+" "+text(at(k, "KeyType")))
		}
		if !slices.Equal(keys, []string{"pk HASH", "sk RANGE"}) {
			report(id, "has the keys %v, the program writes pk and sk", keys)
		}
	}
	if len(st.ofType(tableType)) == 0 && text(st.params["ExistingLedgerTable"]) == "" {
		report("Resources", "there is no ledger")
	}
}

func secretsAreEmpty(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(secretType) {
		if st.property(id, "SecretString") != nil || st.property(id, "GenerateSecretString") != nil {
			report(id, "has a value: it would stand in the template, and each deployment would put it back")
		}
	}
}

func logsAreKept(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(logType) {
		if days := number(st.property(id, "RetentionInDays")); days < 1 || days != number(st.params["LogRetentionDays"]) {
			report(id, "keeps its logs %v days, not what LogRetentionDays says", days)
		}
	}
	takenBy := map[string]string{}
	for _, id := range st.ofType(function) {
		group := named(st.property(id, "LoggingConfig", "LogGroup"))
		if st.resources[group]["Type"] != logType {
			report(id, "logs into no group of this stack: Lambda's own never forgets")
		} else if other := takenBy[group]; other != "" {
			report(id, "logs into the group of %s", other)
		}
		takenBy[group] = id
		if st.property(id, "LoggingConfig", "LogFormat") != "JSON" {
			report(id, "does not log as JSON, and the level would not hold")
		}
		// Lambda takes a line without a level for INFO, and the metrics are such lines. LOG_LEVEL filters in the function.
		if level := text(st.property(id, "LoggingConfig", "ApplicationLogLevel")); level != "DEBUG" {
			report(id, "drops log lines below %s, and its metrics with them", level)
		}
	}
}

// public are the types by which somebody outside could call in.
var public = []string{
	"AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api",
	"AWS::Lambda::Url", "AWS::ElasticLoadBalancingV2::LoadBalancer",
}

func nothingIsPublic(_ *subject, st *stack, report report) {
	for _, id := range sorted(st.resources) {
		kind := text(st.resources[id]["Type"])
		if slices.Contains(public, kind) {
			report(id, "%s is reached from the internet", kind)
		}
		if kind == "AWS::Lambda::Permission" && strings.HasSuffix(text(st.property(id, "Principal")), ".amazonaws.com") &&
			st.property(id, "SourceArn") == nil && st.property(id, "SourceAccount") == nil {
			report(id, "lets a service call for any account")
		}
		if kind == "AWS::Lambda::Permission" && st.property(id, "Principal") == "*" {
			report(id, "lets anybody call")
		}
		for _, statement := range list(st.property(id, "PolicyDocument", "Statement")) {
			anybody := text(at(statement, "Principal")) == "*" || text(at(statement, "Principal", "AWS")) == "*"
			if at(statement, "Effect") == "Allow" && anybody && at(statement, "Condition") == nil {
				report(id, "allows anybody something")
			}
		}
	}
	for _, id := range st.ofType(function) {
		if st.property(id, "FunctionUrlConfig") != nil {
			report(id, "has a URL")
		}
		events, _ := st.property(id, "Events").(tree)
		for name, e := range events {
			if kind := at(e, "Type"); kind != "SQS" && kind != "ScheduleV2" {
				report(id+"."+name, "is started by %v; only queues and the schedule start functions", kind)
			}
		}
	}
}
