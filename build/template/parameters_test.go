package template_test

import (
	"regexp"
	"slices"
	"strings"
)

// sentenceEnd is the end of a sentence, or of one half of it.
var sentenceEnd = regexp.MustCompile(`[.;:]( |$)`)

func parametersAreSafe(s *subject, _ []*stack, report report) {
	parameters, _ := s.template["Parameters"].(tree)
	groups := list(at(s.template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups"))
	in := map[string]int{}
	for _, g := range groups {
		for _, name := range list(at(g, "Parameters")) {
			in[text(name)]++
			if parameters[text(name)] == nil {
				report("ParameterGroups", "name %s, which is no parameter", text(name))
			}
		}
	}
	used := references(s.template)
	for _, name := range sorted(parameters) {
		p, where := parameters[name], "Parameters."+name
		// What it does, and what breaks when it is wrong: that takes two sentences.
		if d := text(at(p, "Description")); len(d) < 60 || len(sentenceEnd.FindAllString(d, -1)) < 2 || !strings.HasSuffix(d, ".") {
			report(where, "its description does not say what it does and what breaks: %q", d)
		}
		if len(text(at(p, "ConstraintDescription"))) < 10 {
			report(where, "has no ConstraintDescription")
		}
		if in[name] != 1 {
			report(where, "stands in %d groups of parameters, want 1", in[name])
		}
		if !used[name] {
			report(where, "is used nowhere")
		}
		constrained(p, where, report)
	}
}

// constrained checks that a parameter takes what is right only, its default included.
func constrained(p any, where string, report report) {
	pattern, allowed := text(at(p, "AllowedPattern")), list(at(p, "AllowedValues"))
	least, greatest := at(p, "MinValue"), at(p, "MaxValue")
	fallback := at(p, "Default")
	if fallback == nil {
		report(where, "has no default: a person who answers nothing gets no stack")
	}
	switch {
	case len(allowed) > 0:
		if !slices.ContainsFunc(allowed, func(v any) bool { return text(v) == text(fallback) }) {
			report(where, "its default %q is not allowed", text(fallback))
		}
	case pattern != "":
		form, err := compile(pattern)
		if err != nil || !strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$") {
			report(where, "its pattern does not cover a whole value")
		} else if !form.MatchString(text(fallback)) {
			report(where, "its default %q does not fit its pattern", text(fallback))
		}
	case at(p, "Type") == "Number" && least != nil && greatest != nil:
		if number(fallback) < number(least) || number(fallback) > number(greatest) {
			report(where, "its default %v is out of its bounds", fallback)
		}
	default:
		report(where, "takes any value: want AllowedValues, AllowedPattern, or MinValue and MaxValue")
	}
}

// longRepeat is a repeat that CloudFormation's expressions know and Go's do not.
var longRepeat = regexp.MustCompile(`\{0,[0-9]{4,}\}`)

func compile(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(longRepeat.ReplaceAllString(pattern, "*"))
}

// references are the names that the template refers to, conditions and all.
func references(value any) map[string]bool {
	out := map[string]bool{}
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case tree:
			for k, e := range v {
				if k == "Ref" {
					out[text(e)] = true
				}
				look(e)
			}
		case []any:
			for _, e := range v {
				look(e)
			}
		case string:
			for _, m := range placeholder.FindAllStringSubmatch(v, -1) {
				out[m[1]] = true
			}
		}
	}
	look(value)
	return out
}

// taken and refused are values that a parameter's pattern must take, and that it must not.
var taken, refused = map[string][]string{
	"Schedule":            {"cron(15 2 * * ? *)", "cron(0/30 8-18 ? * MON-FRI *)", "rate(1 hour)", "rate(12 hours)"},
	"TimeZone":            {"UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5"},
	"RefreshAfter":        {"20h", "90m"},
	"AlarmEmail":          {"", "alarms@msp.example"},
	"AutotaskSecretArn":   {"", samples["AutotaskSecretArn"], "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a/b-AbCdEf"},
	"SynthesizeSecretArn": {"", samples["SynthesizeSecretArn"]},
	"ExistingLedgerTable": {"", "synthsync-LedgerTable-1ABC"},
	"AutotaskUrl":         {"https://webservices5.autotask.net", "http://127.0.0.1:8080", "http://localhost:1/x", "http://[::1]:80"},
	"SynthesizeUrl":       {"https://app.usegradient.com", "http://127.0.0.1:8080"},
}, map[string][]string{
	"Schedule": {"cron(15 2 * * *)", "cron(15 2 * * ? * *)", "15 2 * * ? *", "rate(1 hours)", "rate(2 hour)", "rate(0 hours)",
		"at(2030-01-01T00:00:00)", ""},
	"TimeZone":            {"", "+01:00", "Europe/ Berlin"},
	"RefreshAfter":        {"", "20", "0h", "1d", "-1h"},
	"AlarmEmail":          {"alarms", "a@b", "a@b.example, c@d.example"},
	"AutotaskSecretArn":   {"autotask", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:autotask"},
	"SynthesizeSecretArn": {"synthesize", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:synthesize-*"},
	"ExistingLedgerTable": {"a", "arn:aws:dynamodb:eu-west-1:123456789012:table/x", "x*y"},
	"AutotaskUrl":         {"http://webservices.autotask.net", "ftp://x", "webservices.autotask.net", "https://x/?q=1", "http://127.0.0.1.evil.example"},
	"SynthesizeUrl":       {"http://app.usegradient.com", "", "https://user@x"},
}

func patternsHold(s *subject, _ []*stack, report report) {
	for _, name := range sorted(taken) {
		form, err := compile(text(at(s.template, "Parameters", name, "AllowedPattern")))
		if err != nil {
			report("Parameters."+name, "its pattern: %v", err)
			continue
		}
		for _, v := range taken[name] {
			if !form.MatchString(v) {
				report("Parameters."+name, "refuses %q", v)
			}
		}
		for _, v := range refused[name] {
			if form.MatchString(v) {
				report("Parameters."+name, "takes %q", v)
			}
		}
	}
}

// secretName is a name for what must not stand in a stack's parameters, where everybody reads it who may look at stacks.
var secretName = regexp.MustCompile(`(?i)(secret|password|passphrase|token|credential|apikey|username|integrationcode)`)

func noSecretParameters(s *subject, _ []*stack, report report) {
	parameters, _ := s.template["Parameters"].(tree)
	for _, name := range sorted(parameters) {
		if at(parameters, name, "NoEcho") != nil {
			report("Parameters."+name, "is hidden: a secret belongs into Secrets Manager")
		}
		if secretName.MatchString(name) && !strings.HasSuffix(name, "Arn") {
			report("Parameters."+name, "is called like a secret")
		}
	}
	eachText(s.template, func(key, v string) {
		if strings.Contains(v, "{{resolve:") {
			report(key, "a secret resolved at deployment stands in the function's settings for all to read")
		}
	})
}
