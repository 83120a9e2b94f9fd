package cost

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// What the page about scale reckons with is what the template says and the program does.
func TestScale_ReckonsWithWhatTheTemplateAndTheProgramSay(t *testing.T) {
	for _, c := range []struct {
		what, file, form string
		want             float64
	}{
		{"AutotaskBudgetPercent", templatePath, `\n  AutotaskBudgetPercent:\n    Type: Number\n    Default: (\d+)`, 100 * sharePart},
		{"FetchTimeout", templatePath, `\n  FetchTimeout:\n    Type: Number\n    Default: (\d+)`, 900},
		{"FetchMemory", templatePath, `\n  FetchMemory:\n    Type: Number\n    Default: (\d+)`, 1024 * memoryGB},
		{"WorkerMemory", templatePath, `\n  WorkerMemory:\n    Type: Number\n    Default: (\d+)`, 1024 * memoryGB},
		{"UsageConcurrency", templatePath, `\n  UsageConcurrency:\n    Type: String\n    Default: "(\d+)"`, 2},
		{"the rate of each of two workers", templatePath, `\n  UsageRate:\n    "2": {PerSecond: "(\d+)"}`, cloudRate / 2},
		{"what is kept of the time for what follows the reading", "../../shared/autotask/pace.go", `\nconst keptShare = (\d+)\n`, 1 / (1 - forReading)},
		{"the rate on one machine", "../../shared/synthesize/client.go", `LimitConfig\{InFlight: 8, PerSecond: (\d+)\}`, machineRate},
	} {
		text, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(c.form).FindSubmatch(text)
		if found == nil {
			t.Errorf("%s is not found in %s as %s", c.what, c.file, c.form)
			continue
		}
		got, err := strconv.ParseFloat(string(found[1]), 64)
		if diff := got - c.want; err != nil || diff > 1e-9 || diff < -1e-9 {
			t.Errorf("%s is %s, and the pages reckon with %v", c.what, found[1], c.want)
		}
	}
}
