package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// task is a section of docs/tasks.md with its commands, in order.
type task struct {
	name  string
	lines []string
}

// tasks reads the page as a person does who copies every command.
func tasks(t *testing.T) []task {
	t.Helper()
	text, err := os.ReadFile("../../docs/tasks.md")
	if err != nil {
		t.Fatal(err)
	}
	out := []task{{name: "The log"}} // above the first section
	code := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			out = append(out, task{name: line[3:]})
		case strings.HasPrefix(line, "```"):
			code = !code
		case strings.Contains(line, "# a stack"):
		case code:
			out[len(out)-1].lines = append(out[len(out)-1].lines, line)
		}
	}
	return out
}

var (
	word   = regexp.MustCompile(`"[^"]*"|\S+`)
	exitIs = regexp.MustCompile(`# exit (\d)`)
	runID  = regexp.MustCompile(`[Rr]un ([A-Z2-7]{26})`)
)

// types runs a line of the page as a shell would, with the files in this test's folder.
func (o *operator) types(line, run, company string) {
	o.t.Helper()
	want := 0
	if m := exitIs.FindStringSubmatch(line); m != nil {
		want, _ = strconv.Atoi(m[1])
	}
	line, _, _ = strings.Cut(line, "#")
	args := word.FindAllString(line, -1)
	if len(args) == 0 || args[0] != "synthsync" {
		o.t.Fatalf("not a command of ours: %s", line)
	}
	for i, a := range args {
		a = strings.Trim(a, `"`)
		switch a {
		case "synthsync.ledger":
			a = o.ledger
		case ".env":
			a = filepath.Join(filepath.Dir(o.ledger), ".env")
		case "RUN":
			a = run
		case "COMPANY":
			a = company
		case "new-rules.yaml", "services.yaml", "moved.jsonl", "restored.jsonl":
			a = filepath.Join(filepath.Dir(o.ledger), a)
		}
		args[i] = a
	}
	o.answer = "y\n"
	o.mustType(want, args[1:]...)
}

// newRules rename one service of the built-in rules and leave the other's types as they are.
const newRules = `
- {service: Managed Desktops, formerly: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, types: [Server]}`

func TestTasks_EachIsDoneAsThePageSays(t *testing.T) {
	for _, task := range tasks(t) {
		t.Run(task.name, func(t *testing.T) {
			o := newOperator(t)
			var env strings.Builder
			for name, value := range o.env {
				fmt.Fprintf(&env, "%s=%s\n", name, value)
			}
			company := o.tenant.Companies()[1]
			// before is what happens in the world before a command, by its place in the section.
			before, settled := map[int]func(){}, true
			switch task.name {
			case "The first week":
				settled = false
				before[5] = o.sim.MapAll
			case "A run is held":
				before[0] = func() { o.retire(10000, laptop) }
			case "A company falls":
				env.WriteString("MAX_COMPANY_DROP_PERCENT=50\n")
				before[0] = func() { o.retire(10000, func(i autotasktest.Item) bool { return i.Company == company.ID }) }
			case "A client leaves":
				before[0] = func() {
					o.tenant.ChangeCompany(company.ID, func(c *autotasktest.Company) { c.Hidden = true })
				}
			case "A rule is renamed, split, or new":
				if err := os.WriteFile(filepath.Join(filepath.Dir(o.ledger), "new-rules.yaml"), []byte(newRules), 0o600); err != nil {
					t.Fatal(err)
				}
			case "A person is told":
				address, _ := told(t)
				fmt.Fprintf(&env, "NOTIFY_URL=%s\nHEARTBEAT_URL=%s\n", address, address)
			case "The log", "Month end", "The laptop is replaced by AWS", "The ledger is restored from a backup", "Something is not mapped":
			default:
				t.Fatalf("no test knows the task %q", task.name)
			}
			if err := os.WriteFile(filepath.Join(filepath.Dir(o.ledger), ".env"), []byte(env.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			if settled {
				o.mustDo("run --ledger LEDGER", 0)
				o.sim.MapAll()
				o.mustDo("run --ledger LEDGER", 0)
			}
			run := ""
			for i, line := range task.lines {
				if do := before[i]; do != nil {
					do()
				}
				o.types(line, run, fmt.Sprint(company.ID))
				if m := runID.FindStringSubmatch(o.stdout.String()); m != nil {
					run = m[1]
				}
			}
			if o.does("plan --ledger LEDGER") == 3 {
				t.Errorf("after all is done, a run would still be held:\n%s", o.stdout.String())
			}
			if task.name == "A client leaves" || task.name == "A company falls" {
				for pair, count := range o.sim.Counts() {
					if pair.AccountID == fmt.Sprint(company.ID) && count.String() != "0" {
						t.Errorf("%+v stands at %s", pair, count)
					}
				}
			}
		})
	}
}
