package template_test

import (
	"cmp"
	"strings"
)

// choice is one choice of parameters.
type choice struct {
	name   string
	params map[string]any
}

// samples are values for parameters that are empty by default, so that what depends on them is looked at too. One that is
// not here gets its own name.
var samples = map[string]string{
	"AlarmEmail":          "alarms@msp.example",
	"AutotaskSecretArn":   "arn:aws:secretsmanager:eu-west-1:123456789012:secret:autotask-AbCdEf",
	"SynthesizeSecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:synthesize-AbCdEf",
	"ExistingLedgerTable": "earlier-ledger",
	"KmsKeyArn":           "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
	"PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
	"AlarmTopicArn":       "arn:aws:sns:eu-west-1:123456789012:alarms",
	"ServicesObject":      "s3://rules-bucket/services.yaml",
}

// choices are the stacks to look at: the defaults, everything given that may be left empty, each of these alone, the
// least and the greatest of every figure, and each value of what is chosen from a short list. The lists go side by side:
// the second choice takes every list's second value, and so on until the longest list ends.
func choices(template tree) []choice {
	parameters, _ := template["Parameters"].(tree)
	all, least, greatest := map[string]any{}, map[string]any{}, map[string]any{}
	out := []choice{{"the defaults", nil}}
	lists, longest := map[string][]any{}, 0
	for _, name := range sorted(parameters) {
		p := at(parameters, name)
		allowed, fallback := list(at(p, "AllowedValues")), at(p, "Default")
		switch {
		case fallback != nil && text(fallback) == "" && len(allowed) == 0:
			all[name] = cmp.Or(samples[name], name)
			out = append(out, choice{name, map[string]any{name: all[name]}})
		case len(allowed) > 0 && len(allowed) <= 8:
			lists[name], longest = allowed, max(longest, len(allowed))
		case at(p, "MinValue") != nil || at(p, "MaxValue") != nil:
			least[name], greatest[name] = at(p, "MinValue"), at(p, "MaxValue")
		}
	}
	for i := range longest {
		c := choice{params: map[string]any{}}
		var names []string
		for _, name := range sorted(lists) {
			value := lists[name][i%len(lists[name])]
			c.params[name] = value
			names = append(names, name+"="+text(value))
		}
		c.name = strings.Join(names, " ")
		out = append(out, c)
	}
	return append(out, choice{"everything given", all}, choice{"every least figure", least}, choice{"every greatest figure", greatest})
}
