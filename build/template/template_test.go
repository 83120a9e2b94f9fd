package template_test

import (
	"fmt"
	"iter"
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

// findings runs the rules on every stack, and yields what they find; of several stacks with one finding the first. With
// only, other rules are left out, so that a mutant costs no more than its own.
func findings(s *subject, only string) iter.Seq[finding] {
	return func(yield func(finding) bool) {
		var found []finding
		seen := map[finding]bool{}
		flush := func() bool {
			slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
			for _, f := range found {
				if (only == "" || f.rule == only) && !seen[f] && !yield(f) {
					return false
				}
				seen[f] = true
			}
			found = nil
			return true
		}
		note := func(r rule) report {
			return func(where, format string, args ...any) {
				found = append(found, finding{r.name, where, fmt.Sprintf(format, args...)})
			}
		}
		var stacks []*stack
		for _, c := range choices(s.template) {
			st, problems := resolve(s.template, c.name, c.params)
			stacks, found = append(stacks, st), append(found, problems...)
			for _, r := range rules {
				if r.each != nil && (only == "" || r.name == only) {
					r.each(s, st, note(r))
				}
			}
			if !flush() {
				return
			}
		}
		for _, r := range rules {
			if r.whole != nil && (only == "" || r.name == only) {
				r.whole(s, stacks, note(r))
			}
		}
		flush()
	}
}

// isDefault says that a stack is what a person gets who answers nothing.
func (s *stack) isDefault() bool { return s.name == "the defaults" }

// ofType are the ids of a type's resources, in order.
func (s *stack) ofType(kind string) []string {
	if s.byType == nil {
		s.byType = map[string][]string{}
		for _, id := range sorted(s.resources) {
			own := text(s.resources[id]["Type"])
			s.byType[own] = append(s.byType[own], id)
		}
	}
	return slices.Clone(s.byType[kind])
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
	v := text(value)
	if !strings.HasPrefix(v, "${") || strings.IndexByte(v, '}') != len(v)-1 {
		return ""
	}
	id, _, _ := strings.Cut(v[2:len(v)-1], ".")
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
	for f := range findings(loadSubject(t), "") {
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
