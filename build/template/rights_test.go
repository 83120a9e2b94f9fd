package template_test

import (
	"slices"
	"strings"
)

// needs says which right an operation of AWS's SDK takes, and which settings of the function name what it is done to. An
// operation that is not here takes the right of its own name, to something named in full.
var needs = map[string]struct{ action, settings string }{
	"sqs:SendMessageBatch":          {"sqs:SendMessage", "_QUEUE_URL"},
	"sqs:SendMessage":               {"sqs:SendMessage", "_DEAD_LETTER_URL"},
	"sqs:ChangeMessageVisibility":   {"sqs:ChangeMessageVisibility", "_QUEUE_URL"},
	"secretsmanager:GetSecretValue": {"secretsmanager:GetSecretValue", "_SECRET_ARN"},
	"dynamodb:BatchGetItem":         {"dynamodb:BatchGetItem", "LEDGER_TABLE"},
	"dynamodb:ConditionCheckItem":   {"dynamodb:ConditionCheckItem", "LEDGER_TABLE"},
	"dynamodb:DeleteItem":           {"dynamodb:DeleteItem", "LEDGER_TABLE"},
	"dynamodb:GetItem":              {"dynamodb:GetItem", "LEDGER_TABLE"},
	"dynamodb:PutItem":              {"dynamodb:PutItem", "LEDGER_TABLE"},
	"dynamodb:Query":                {"dynamodb:Query", "LEDGER_TABLE"},
}

// wildcards are the rights to "*" that are right, with the reason.
var wildcards = map[string]string{
	"xray:PutTraceSegments":    "X-Ray has no resources to name",
	"xray:PutTelemetryRecords": "X-Ray has no resources to name",
}

// right is an action on a resource.
type right struct{ action, resource string }

// granted are the rights of a role.
func (s *stack) granted(role string) map[right]bool {
	out := map[right]bool{}
	for _, statement := range s.statements(role) {
		if at(statement, "Effect") != "Allow" {
			continue
		}
		for _, action := range list(at(statement, "Action")) {
			for _, resource := range list(at(statement, "Resource")) {
				out[right{text(action), text(resource)}] = true
			}
		}
	}
	return out
}

// statements are those of a role's policies.
func (s *stack) statements(role string) []any {
	var out []any
	for _, policy := range list(s.property(role, "Policies")) {
		out = append(out, list(at(policy, "PolicyDocument", "Statement"))...)
	}
	return out
}

// required are the rights that a function needs in this stack, and the actions of which the resource is not known here.
func required(p *program, st *stack, id string) (rights map[right]bool, elsewhere []string) {
	rights = map[right]bool{}
	environment := st.environment(id)
	for call := range p.actions {
		need, ok := needs[call]
		if !ok {
			elsewhere = append(elsewhere, call)
			continue
		}
		for name, value := range environment {
			if strings.HasSuffix(name, need.settings) {
				rights[right{need.action, arn(st, name, text(value))}] = true
			}
		}
	}
	if log := named(st.property(id, "LoggingConfig", "LogGroup")); log != "" {
		rights[right{"logs:CreateLogStream", "${" + log + ".Arn}"}] = true
		rights[right{"logs:PutLogEvents", "${" + log + ".Arn}"}] = true
	}
	for _, queue := range st.sources(id) { // Lambda polls with the function's role
		for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
			rights[right{action, "${" + queue + ".Arn}"}] = true
		}
	}
	failure := st.property(id, "EventInvokeConfig", "DestinationConfig", "OnFailure")
	if failure != nil {
		action := map[string]string{"SQS": "sqs:SendMessage", "SNS": "sns:Publish"}[text(at(failure, "Type"))]
		rights[right{action, text(at(failure, "Destination"))}] = true
	}
	// Read by a signed request of this program's own, which no SDK call shows.
	if object, ok := strings.CutPrefix(text(environment["SERVICES"]), "s3://"); ok {
		rights[right{"s3:GetObject", "arn:${AWS::Partition}:s3:::" + object}] = true
	}
	if st.property(id, "Tracing") == "Active" {
		rights[right{"xray:PutTraceSegments", "*"}] = true
		rights[right{"xray:PutTelemetryRecords", "*"}] = true
	}
	for r := range rights { // a key of the customer's own: reading takes Decrypt, sending a data key as well
		key := st.keyOf(r.resource)
		if key == "" {
			continue
		}
		rights[right{"kms:Decrypt", key}] = true
		if r.action == "sqs:SendMessage" {
			rights[right{"kms:GenerateDataKey", key}] = true
		}
	}
	return rights, elsewhere
}

// arn is what a policy calls what a setting names.
func arn(st *stack, setting, value string) string {
	switch id := named(value); {
	case strings.HasSuffix(setting, "_ARN"):
		return value
	case id != "":
		return "${" + id + ".Arn}"
	case setting == "LEDGER_TABLE":
		return "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/" + value
	}
	return value
}

// keyOf is the customer's own key that a resource of the stack is encrypted with.
func (s *stack) keyOf(resource string) string {
	id := named(resource)
	for _, path := range [][]string{{"KmsMasterKeyId"}, {"SSESpecification", "KMSMasterKeyId"}, {"KmsKeyId"}} {
		if key := text(s.property(id, path...)); key != "" && s.resources[id]["Type"] != logType {
			return key
		}
	}
	return ""
}

func rightsFit(s *subject, stacks []*stack, report report) {
	used := map[string]bool{} // function and action that some stack grants
	for _, st := range stacks {
		for _, id := range st.ofType(function) {
			p, role := s.source.functions[st.folder(id)], named(st.property(id, "Role"))
			if p == nil {
				continue
			}
			want, elsewhere := required(p, st, id)
			granted := st.granted(role)
			for r := range granted {
				used[id+" "+r.action] = true
				if !want[r] && !slices.Contains(elsewhere, r.action) {
					report(role, "may %s on %s, which %s never does", r.action, r.resource, id)
				}
			}
			for r := range want {
				if !granted[r] {
					report(role, "may not %s on %s, which %s needs", r.action, r.resource, id)
				}
			}
		}
	}
	for _, id := range stacks[0].ofType(function) {
		if p := s.source.functions[stacks[0].folder(id)]; p != nil {
			_, elsewhere := required(p, stacks[0], id)
			for _, action := range elsewhere {
				if !used[id+" "+action] {
					report(id, "calls %s, which no stack allows it", action)
				}
			}
		}
	}
}

func noWildcards(_ *subject, st *stack, report report) {
	for _, role := range st.ofType(roleType) {
		for r := range st.granted(role) {
			if strings.ContainsAny(r.action, "*?") {
				report(role, "its action %s has a wildcard", r.action)
			}
			if strings.ContainsAny(r.resource, "*?") && (r.resource != "*" || wildcards[r.action] == "") {
				report(role, "may %s on %s: a wildcard without a reason", r.action, r.resource)
			}
		}
	}
}

func rolesAreOwn(_ *subject, st *stack, report report) {
	takenBy := map[string]string{}
	for _, id := range st.ofType(function) {
		role := named(st.property(id, "Role"))
		if role == "" || st.resources[role]["Type"] != roleType {
			report(id, "its role is %v: the rights of SAM's own are wider than needed", st.property(id, "Role"))
			continue
		}
		if other := takenBy[role]; other != "" {
			report(id, "shares %s with %s", role, other)
		}
		takenBy[role] = id
		if st.property(id, "Policies") != nil {
			report(id, "has policies beside its role's")
		}
		trust := list(st.property(role, "AssumeRolePolicyDocument", "Statement"))
		if len(trust) != 1 || text(at(trust[0], "Principal", "Service")) != "lambda.amazonaws.com" {
			report(role, "is not Lambda's alone to take")
		}
	}
	for _, role := range st.ofType(roleType) {
		if st.property(role, "ManagedPolicyArns") != nil {
			report(role, "has managed policies, whose rights are not written here")
		}
		for _, statement := range st.statements(role) {
			if at(statement, "NotAction") != nil || at(statement, "NotResource") != nil {
				report(role, "allows all but something")
			}
		}
	}
}
