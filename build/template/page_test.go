package template_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/parameters.md")

const parametersPath = "docs/parameters.md"

func TestParameters_ThePageSaysWhatTheTemplateSays(t *testing.T) {
	want := parametersPage(loadTemplate(t))
	if *update {
		if err := os.WriteFile(parametersPath, []byte(want), 0o644); err != nil { //nolint:gosec // a page for everybody
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(parametersPath)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is not what template.yaml says: go test ./build/template -run Parameters -update", parametersPath)
	}
}

func TestParameters_ThePageKnowsWhichSettingAParameterBecomes(t *testing.T) {
	became := settingsOf(loadTemplate(t))
	for parameter, want := range map[string]string{
		"MaxDropPercent": "`MAX_DROP_PERCENT`", "ServicesObject": "`SERVICES`", "Services": "`SERVICES`", "Schedule": "",
	} {
		if got := strings.Join(became[parameter], ", "); got != want {
			t.Errorf("%s becomes %q, want %q", parameter, got, want)
		}
	}
}

// parametersPage is docs/parameters.md: the parameters by group, in the words of the template.
func parametersPage(template tree) string {
	var b strings.Builder
	b.WriteString(`# The stack's parameters

All that can be said to ` + "`sam deploy`" + ` (` + "`--parameter-overrides Name=Value`" + `, or the answers to ` + "`--guided`" + `). Each has a default with which a stack
works. "Setting" is the environment variable of the functions that a parameter becomes; the [README](../README.md#settings)
explains it for one machine. This page is made from template.yaml, and a test fails when it is older:

` + "```\ngo test ./build/template -run Parameters -update\n```\n")
	became := settingsOf(template)
	for _, group := range list(at(template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups")) {
		fmt.Fprintf(&b, "\n## %s\n\n| parameter | default | what it does, and what goes wrong with it | takes | setting |\n| --- | --- | --- | --- | --- |\n", text(at(group, "Label", "default")))
		for _, entry := range list(at(group, "Parameters")) {
			name := text(entry)
			p := at(template, "Parameters", name)
			fallback := "(empty)"
			if value := text(at(p, "Default")); value != "" {
				fallback = "`" + value + "`"
			}
			takes := strings.TrimPrefix(text(at(p, "ConstraintDescription")), "must be ")
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", name, fallback, cell(text(at(p, "Description"))), cell(takes), strings.Join(became[name], ", "))
		}
	}
	return b.String()
}

// cell is a text as it stands in a table: in one line, and with nothing in it that ends the cell or starts a format.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(strings.Join(strings.Fields(text), " "))
}

// settingsOf says which settings of the functions each parameter becomes, in the order of their names.
func settingsOf(template tree) map[string][]string {
	became := map[string][]string{}
	resources, _ := template["Resources"].(tree)
	for _, id := range sorted(resources) {
		variables, _ := at(resources[id], "Properties", "Environment", "Variables").(tree)
		for _, setting := range sorted(variables) {
			for name := range references(variables[setting]) {
				if quoted := "`" + setting + "`"; !slices.Contains(became[name], quoted) {
					became[name] = append(became[name], quoted)
				}
			}
		}
	}
	return became
}

// readBy finds the settings that the command reads: a Reader's method and the setting's name.
var readBy = regexp.MustCompile(`\br\.[A-Z]\w*\("([A-Z][A-Z0-9_]+)"`)

func TestReadme_NamesEverySettingThatIsRead(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	for _, f := range loadSource(t).functions {
		for name := range f.settings {
			read[name] = true
		}
	}
	files, _ := filepath.Glob("cmd/synthsync/*.go")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range readBy.FindAllStringSubmatch(string(text), -1) {
			read[m[1]] = true
		}
	}
	if !read["NOTIFY_URL"] || !read["SYNTHESIZE_RATE"] {
		t.Fatalf("these are all settings that were found: %v", sorted(read))
	}
	for _, name := range sorted(read) {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md does not name the setting %s", name)
		}
	}
}
