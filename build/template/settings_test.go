package template_test

import "strings"

// notInTemplate are settings that a function reads and the template leaves at their default, with the reason.
var notInTemplate = map[string]string{}

// fromParameter are the settings that a person chooses.
var fromParameter = map[string]string{
	"SERVICES": "Services", "MODE": "Mode", "MAX_DROP_PERCENT": "MaxDropPercent", "MAX_RISE_PERCENT": "MaxRisePercent",
	"REFRESH_AFTER": "RefreshAfter", "INCLUDE_OWN_COMPANY": "IncludeOwnCompany", "INACTIVE_COMPANIES": "InactiveCompanies", "COMPANY_TYPES": "CompanyTypes", "AUTOTASK_BUDGET_PERCENT": "AutotaskBudgetPercent", "AUTOTASK_OVER_BUDGET": "AutotaskOverBudget", "MAX_COMPANY_DROP_PERCENT": "MaxCompanyDropPercent", "LOG_LEVEL": "LogLevel",
	"AUTOTASK_URL": "AutotaskUrl", "SYNTHESIZE_URL": "SynthesizeUrl", "MAX_RECEIVE_COUNT": "MaxReceiveCount",
}

// fromResource are the settings that name a part of the stack, or what a person gave instead of it.
var fromResource = map[string]struct{ id, instead string }{
	"ACCOUNTS_QUEUE_URL":       {"AccountsQueue", ""},
	"USAGE_QUEUE_URL":          {"UsageQueue", ""},
	"ACCOUNTS_DEAD_LETTER_URL": {"AccountsDeadLetters", ""},
	"USAGE_DEAD_LETTER_URL":    {"UsageDeadLetters", ""},
	"LEDGER_TABLE":             {"LedgerTable", "ExistingLedgerTable"},
	"AUTOTASK_SECRET_ARN":      {"AutotaskSecret", "AutotaskSecretArn"},
	"SYNTHESIZE_SECRET_ARN":    {"SynthesizeSecret", "SynthesizeSecretArn"},
}

func (s *stack) environment(id string) tree {
	variables, _ := s.property(id, "Environment", "Variables").(tree)
	return variables
}

func settingsAgree(s *subject, stacks []*stack, report report) {
	somewhere := map[string]bool{} // function and setting that some stack has
	for _, st := range stacks {
		for _, id := range st.ofType(function) {
			p := s.source.functions[st.folder(id)]
			if p == nil {
				report(id, "its CodeUri leads to no function's source")
				continue
			}
			environment := st.environment(id)
			for name := range environment {
				somewhere[id+" "+name] = true
				if _, read := p.settings[name]; !read {
					report(id, "%s is set, and its program does not read it", name)
				}
			}
			for name, required := range p.settings {
				if _, ok := environment[name]; !ok && required {
					report(id, "%s is not set, and its program does not start without it", name)
				}
			}
		}
	}
	for _, id := range stacks[0].ofType(function) {
		p := s.source.functions[stacks[0].folder(id)]
		if p == nil {
			continue
		}
		for name := range p.settings {
			if !somewhere[id+" "+name] && notInTemplate[name] == "" {
				report(id, "%s is read by its program and set nowhere", name)
			}
		}
	}
	have := map[string]bool{}
	for _, id := range stacks[0].ofType(function) {
		have[stacks[0].folder(id)] = true
	}
	for folder := range s.source.functions {
		if !have[folder] {
			report("functions/"+folder, "is in no resource of the template")
		}
	}
}

func settingsLead(_ *subject, st *stack, report report) {
	for _, id := range st.ofType(function) {
		environment := st.environment(id)
		for name, value := range environment {
			parameter, ok := fromParameter[name]
			if name == "SERVICES" && text(st.params["ServicesObject"]) != "" {
				parameter = "ServicesObject" // which wins
			}
			if ok && text(value) != text(st.params[parameter]) {
				report(id, "%s is %q and not what %s says", name, text(value), parameter)
			}
			if from, ok := fromResource[name]; ok {
				want := "${" + from.id + "}"
				if from.instead != "" && text(st.params[from.instead]) != "" {
					want = text(st.params[from.instead])
				}
				if text(value) != want {
					report(id, "%s is %s, want %s", name, text(value), want)
				}
			}
		}
		// A function reads the queue that it believes to read, and buries where that queue's dead letters are.
		for event, queue := range st.sources(id) {
			believed := ""
			for name, value := range environment {
				if stem, ok := strings.CutSuffix(name, "_QUEUE_URL"); ok && named(value) == queue {
					believed = stem
				}
			}
			if believed == "" {
				report(id, "event %s feeds it from %s, which no setting of it names", event, queue)
				continue
			}
			dead := named(st.property(queue, "RedrivePolicy", "deadLetterTargetArn"))
			if buries := named(environment[believed+"_DEAD_LETTER_URL"]); buries != dead {
				report(id, "buries in %s, and %s leaves its dead letters in %s", buries, queue, dead)
			}
		}
	}
}

// sources are the queues that feed a function, by the event's name.
func (s *stack) sources(id string) map[string]string {
	out := map[string]string{}
	events, _ := s.property(id, "Events").(tree)
	for name, e := range events {
		if at(e, "Type") == "SQS" {
			out[name] = named(at(e, "Properties", "Queue"))
		}
	}
	return out
}
