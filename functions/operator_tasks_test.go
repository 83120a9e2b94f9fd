package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// page is docs/tasks.md: the commands of each section, as they read for a stack.
func page(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/tasks.md")
	if err != nil {
		t.Fatal(err)
	}
	forStack := strings.NewReplacer("--env-file .env --ledger synthsync.ledger", "--stack prod", "--ledger synthsync.ledger", "--stack prod")
	out := map[string][]string{}
	section, code := "The log", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			section = line[3:]
		case strings.HasPrefix(line, "```"):
			code = !code
		case strings.Contains(line, "# one machine"):
		case code:
			out[section] = append(out[section], forStack.Replace(line))
		}
	}
	return out
}

// newRules rename one service of the built-in rules.
const newRules = `
- {service: Managed Desktops, formerly: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, types: [Server]}`

// asPrinted types a line of the page and answers yes to what it asks.
func (s *stack) asPrinted(line, run, company string) answer {
	s.t.Helper()
	want := 0
	if m := regexp.MustCompile(`# exit (\d)`).FindStringSubmatch(line); m != nil {
		want, _ = strconv.Atoi(m[1])
	}
	line, _, _ = strings.Cut(line, "#")
	rules := filepath.Join(s.t.TempDir(), "new-rules.yaml")
	if err := os.WriteFile(rules, []byte(newRules), 0o600); err != nil {
		s.t.Fatal(err)
	}
	args := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
	for i, a := range args {
		args[i] = strings.NewReplacer("RUN", run, "COMPANY", company, "new-rules.yaml", rules, "moved.jsonl", s.moved, "restored.jsonl", s.restored).Replace(strings.Trim(a, `"`))
	}
	cmd, stdout, stderr := s.command("")
	cmd.Args = append(cmd.Args[:1], args[1:]...)
	cmd.Stdin = strings.NewReader("y\n")
	a := s.whileDelivering(cmd, stdout, stderr)
	if a.code != want {
		s.t.Fatalf("%s: exit %d, want %d\n%s%s", line, a.code, want, a.stdout, a.stderr)
	}
	return a
}

func TestTasks_OnAStack_EachIsDoneAsThePageSays(t *testing.T) {
	t.Parallel()
	for section, lines := range page(t) {
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{}
			switch section {
			case "The first week":
				settings["MODE"] = "observe" // as the template has it
			case "A company falls":
				settings["MAX_COMPANY_DROP_PERCENT"] = "50"
			}
			s := deploy(t, settings)
			s.restored = filepath.Join(t.TempDir(), "restored.jsonl")
			if section == "The laptop is replaced by AWS" {
				s.onALaptop()
			}
			if section == "A person is told" {
				person, c := newHook(t), autotasktest.DefaultCredentials
				s.cloud.SetSecret(autotaskARN, object(map[string]string{"username": c.Username, "secret": c.Secret, "integrationCode": c.IntegrationCode, "notifyUrl": person.url}), "told")
			}
			if section != "The first week" && s.moved == "" {
				s.run()
				s.sim.MapAll()
				s.run()
			}
			switch section {
			case "A run is held":
				s.retire(12, desktop)
			case "A company falls":
				s.retire(6, func(i autotasktest.Item) bool { return i.Company == 2 })
			case "A client leaves":
				s.tenant.ChangeCompany(2, func(c *autotasktest.Company) { c.Hidden = true })
			}
			run := ""
			for i, line := range lines {
				if section == "The first week" && i == len(lines)-1 {
					s.sim.MapAll()
				}
				a := s.asPrinted(line, run, "2")
				if strings.Contains(line, "rules diff") && (!strings.Contains(a.stdout, "renamed, was Managed Workstations") || !strings.Contains(a.stdout, "No company's count would change")) {
					t.Errorf("%s:\n%s", line, a.stdout)
				}
				if m := regexp.MustCompile(`[Rr]un ([A-Z2-7]{26})`).FindStringSubmatch(a.stdout); m != nil {
					run = m[1]
				}
			}
			if section == "A client leaves" {
				for pair, count := range s.sim.Counts() {
					if pair.AccountID == "2" && count != "0" {
						t.Errorf("%+v stands at %s", pair, count)
					}
				}
				return
			}
			s.truth()
		})
	}
	if sections := page(t); !slices.Contains(sections["Month end"], "synthsync resume --stack prod") {
		t.Errorf("the page is not read: %v", sections)
	}
}
