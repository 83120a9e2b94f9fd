package template_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// subject is what the rules look at: the template, and what it has to agree with.
type subject struct {
	template tree
	source   *source           // what the program reads, calls and takes for granted
	runbook  string            // docs/runbook.md
	build    map[string]string // the files below build/ by path
}

// mutable is a copy whose template and build a mutant may change.
func (s *subject) mutable() *subject {
	return &subject{deepCopy(s.template).(tree), s.source, s.runbook, maps.Clone(s.build)}
}

// finding is one thing that is wrong.
type finding struct{ rule, where, text string }

func (f finding) String() string { return f.rule + ": " + f.where + ": " + f.text }

// report notes a finding of the rule that is running.
type report func(where, format string, args ...any)

// rule is one thing that has to hold.
type rule struct {
	name  string
	says  string
	whole func(*subject, []*stack, report) // once, with all stacks
	each  func(*subject, *stack, report)   // for each stack that the parameters can make
}

// findings runs all rules. A finding that several stacks have counts once.
func findings(s *subject) []finding {
	seen := map[finding]bool{}
	var found []finding
	add := func(f finding) {
		if !seen[f] {
			seen[f] = true
			found = append(found, f)
		}
	}
	var stacks []*stack
	for _, choice := range choices(s.template) {
		st, problems := resolve(s.template, choice.name, choice.params)
		stacks = append(stacks, st)
		for _, p := range problems {
			add(p)
		}
	}
	for _, r := range rules {
		note := func(where, format string, args ...any) { add(finding{r.name, where, fmt.Sprintf(format, args...)}) }
		if r.whole != nil {
			r.whole(s, stacks, note)
		}
		if r.each != nil {
			for _, st := range stacks {
				r.each(s, st, note)
			}
		}
	}
	return found
}

// choice is one choice of parameters.
type choice struct {
	name   string
	params map[string]any
}

// samples are values for parameters that are empty by default, so that what depends on them is looked at too. One that is
// not here gets its own name.
var samples = map[string]string{
	"AlarmEmail":           "alarms@msp.example",
	"AutotaskSecretArn":    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:autotask-AbCdEf",
	"SynthesizeSecretArn":  "arn:aws:secretsmanager:eu-west-1:123456789012:secret:synthesize-AbCdEf",
	"ExistingLedgerTable":  "earlier-ledger",
	"KmsKeyArn":            "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
	"PermissionsBoundary":  "arn:aws:iam::123456789012:policy/boundary",
	"AlarmTopicArn":        "arn:aws:sns:eu-west-1:123456789012:alarms",
	"ServicesBucket":       "rules-bucket",
	"ServicesKey":          "services.yaml",
	"ServicesObject":       "services.yaml",
	"ServicesObjectBucket": "rules-bucket",
	"ServicesObjectKey":    "services.yaml",
}

// choices are the stacks to look at: the defaults, everything given that may be left empty, each of these alone, the
// least and the greatest of every figure, and each allowed value of what is chosen from a short list.
func choices(template tree) []choice {
	parameters, _ := template["Parameters"].(tree)
	names := slices.Sorted(maps.Keys(parameters))
	all, least, greatest := map[string]any{}, map[string]any{}, map[string]any{}
	out := []choice{{"the defaults", nil}}
	for _, name := range names {
		p := at(parameters, name)
		allowed := list(at(p, "AllowedValues"))
		fallback, hasDefault := at(p, "Default"), at(p, "Default") != nil
		switch {
		case hasDefault && text(fallback) == "" && len(allowed) == 0:
			all[name] = cmp.Or(samples[name], name)
			out = append(out, choice{name, map[string]any{name: all[name]}})
		case len(allowed) > 0 && len(allowed) <= 8:
			for _, v := range allowed {
				if text(v) != text(fallback) {
					out = append(out, choice{name + "=" + text(v), map[string]any{name: v}})
				}
			}
		case at(p, "MinValue") != nil || at(p, "MaxValue") != nil:
			least[name], greatest[name] = at(p, "MinValue"), at(p, "MaxValue")
		}
	}
	return append(out, choice{"everything given", all}, choice{"every least figure", least}, choice{"every greatest figure", greatest})
}

// isDefault says that a stack is what a person gets who answers nothing.
func (s *stack) isDefault() bool { return s.name == "the defaults" }

// ofType are the ids of a type's resources, in order.
func (s *stack) ofType(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if s.resources[id]["Type"] == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// property is a property of a resource.
func (s *stack) property(id string, keys ...string) any {
	return at(s.resources[id], append([]string{"Properties"}, keys...)...)
}

const (
	function   = "AWS::Serverless::Function"
	queueType  = "AWS::SQS::Queue"
	tableType  = "AWS::DynamoDB::Table"
	secretType = "AWS::SecretsManager::Secret"
	roleType   = "AWS::IAM::Role"
	logType    = "AWS::Logs::LogGroup"
	alarmType  = "AWS::CloudWatch::Alarm"
	topicType  = "AWS::SNS::Topic"
)

// folder is the folder of a function's source below functions/.
func (s *stack) folder(id string) string {
	return strings.Trim(strings.TrimPrefix(text(s.property(id, "CodeUri")), "functions/"), "/")
}

// named is the logical id in ${X} or ${X.Arn}; of another text it is nothing.
func named(value any) string {
	m := placeholder.FindStringSubmatch(text(value))
	if m == nil || m[0] != text(value) {
		return ""
	}
	id, _, _ := strings.Cut(m[1], ".")
	return id
}

// number reads a figure; what is none is -1.
func number(value any) float64 {
	n, err := strconv.ParseFloat(text(value), 64)
	if err != nil {
		return -1
	}
	return n
}

func seconds(value any) time.Duration { return time.Duration(number(value)) * time.Second }

// isTrue says that a switch is on.
func isTrue(value any) bool { return text(value) == "true" }

func loadSubject(t testing.TB) *subject {
	t.Helper()
	runbook, err := os.ReadFile("docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	s := &subject{template: loadTemplate(t), source: loadSource(t), runbook: string(runbook), build: map[string]string{}}
	for _, pattern := range []string{"build/*.mk", "build/*/Makefile"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s.build[filepath.ToSlash(path)] = string(data)
		}
	}
	return s
}

func TestTemplate_KeepsEveryRule(t *testing.T) {
	for _, f := range findings(loadSubject(t)) {
		t.Error(f)
	}
}

func TestTemplate_RulesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules {
		if seen[r.name] || r.says == "" || (r.whole == nil) == (r.each == nil) {
			t.Errorf("rule %q: its name twice, nothing said, or not exactly one way to look", r.name)
		}
		seen[r.name] = true
	}
}
