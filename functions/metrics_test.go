package functions_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// published are the metrics that a night of the stack makes, as "name" or "name by Service".
func published(t *testing.T, log string) []string {
	t.Helper()
	found := map[string]bool{}
	for _, p := range emitted(t, log) {
		name := p.name
		if by, ok := strings.CutPrefix(p.dimensions, "Service="); ok {
			name += " by Service"
			p.dimensions = by[strings.LastIndex(by, "Stack="):]
		}
		if p.namespace != "synthsync" || p.dimensions != "Stack="+stackName {
			t.Errorf("%s is in %s with the dimensions %s", p.name, p.namespace, p.dimensions)
		}
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestMetrics_OfANight_AreThoseOfTheREADME_AndNameNoClient(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := published(t, s.logs())
	_, table, _ := strings.Cut(string(readme), "| metric |")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for row := range strings.Lines(table) {
		cell := strings.Split(strings.TrimPrefix(row, "|"), "|")[0]
		suffix := ""
		if strings.Contains(cell, "by `Service`") {
			suffix, cell = " by Service", strings.Replace(cell, "by `Service`", "", 1)
		}
		for _, m := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(cell, -1) {
			listed = append(listed, m[1]+suffix)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(listed, names) {
		t.Errorf("the README lists %v\nemitted are       %v", listed, names)
	}
	for line := range strings.Lines(s.logs()) {
		if strings.Contains(line, `"_aws"`) && (strings.Contains(line, "Company ") || !strings.Contains(line, `"requestId"`)) {
			t.Errorf("a line of metrics names a client, or no request: %s", line)
		}
	}
	s.noSecrets()
}

func TestMetrics_OfADryRun_NoLines(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	if r := s.invoke([]byte(`{"dryRun": true}`)); r.Error != nil {
		t.Fatal(r.Error)
	}
	s.shutOut()
	if r := s.invoke([]byte(`{"dryRun": true}`)); r.Error == nil {
		t.Fatal("it did not fail")
	}
	if got := published(t, s.logs()); len(got) > 0 {
		t.Errorf("a person who only looked changed %v", got)
	}
}

func TestMetrics_SayWhatARunCameTo(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	settled(s)
	last := func() map[string]float64 {
		out := map[string]float64{}
		points := emitted(t, s.logs())
		slices.SortStableFunc(points, func(a, b point) int { return a.at.Compare(b.at) })
		for _, p := range points {
			out[p.name+strings.TrimSuffix(strings.TrimPrefix(" "+p.dimensions, " Stack="+stackName), " Stack="+stackName)] = p.value
		}
		return out
	}
	want := func(when string, of map[string]float64) {
		t.Helper()
		have := last()
		for name, value := range of {
			if got, is := have[name]; !is || got != value {
				t.Errorf("%s: %s is %v, want %v", when, name, got, value)
			}
		}
	}
	want("after a good run", map[string]float64{
		"RunsDone": 1, "RunsHeld": 0, "RunsFailed": 0, "GoodRun": 1, "AgeOfNewestGoodRun": 0, "Companies": 6, "Items": 30, "CountsDue": 10,
		"Posted": 10, "Unmapped": 0, "MappingLost": 0, "Failed": 0, "RefusedLogins": 0, "Superseded": 0,
		"Units Service=Managed Workstations": 20, "Units Service=Managed Servers": 10,
	})
	s.retire(12, func(i autotasktest.Item) bool { return i.Type == 1 })
	s.nightly()
	want("after a held run", map[string]float64{
		"RunsDone": 0, "RunsHeld": 1, "RunsFailed": 0, "GoodRun": 0, "Items": 18, "CountsDue": 3, "Units Service=Managed Workstations": 20,
	})
	if age := last()["AgeOfNewestGoodRun"]; age <= 0 || age > 600 {
		t.Errorf("after a held run the newest good one is %v s old", age)
	}
	s.shutOut()
	s.nightly()
	want("after a failed run", map[string]float64{"RunsDone": 0, "RunsHeld": 0, "RunsFailed": 1, "GoodRun": 0, "RefusedLogins": 1, "Items": 18})
}

// A message that is early has not failed: the figure would say each night that something is wrong.
func TestMetrics_MessagesThatWaitForTheServices_HaveNotFailed(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.nightly()
	s.drain(queues["UsageQueue"], s.usage)
	failed, found := 0.0, false
	for _, p := range emitted(t, s.usage.Log()) {
		if p.name == "Failed" {
			failed, found = failed+p.value, true
		}
	}
	if !found || failed > 0 || s.cloud.Queue(queues["UsageQueue"]).Len() != 5 {
		t.Errorf("%v failed of %d that wait", failed, s.cloud.Queue(queues["UsageQueue"]).Len())
	}
}

func TestFunctions_KnowTheNameOfTheirStack(t *testing.T) {
	from := readTemplate(t)
	for _, id := range []string{"FetchConfigurations", "SyncAccounts", "SyncUsage"} {
		environment := from.Resources[id].Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
		if environment["STACK_NAME"] != "${AWS::StackName}" {
			t.Errorf("%s: STACK_NAME is %v", id, environment["STACK_NAME"])
		}
	}
}

// The dashboard is one text to CloudFormation, which looks for no mistake in it.
func TestDashboard_ShowsMetricsThatThereAre_AndEveryAlarm(t *testing.T) {
	t.Parallel()
	from := readTemplate(t)
	text, _ := from.Resources["Dashboard"].Properties["DashboardBody"].(string)
	for name, p := range from.Parameters {
		text = strings.ReplaceAll(text, "${"+name+"}", strings.TrimSpace(object(p.Default)))
	}
	text = strings.ReplaceAll(text, "${AWS::StackName}", stackName)
	var body struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          struct {
				Title, Region, View, Stat string
				Metrics                   [][]any
				Alarms                    []string
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	s := deploy(t, nil)
	s.run()
	own := published(t, s.logs())
	var shown []string
	for _, w := range body.Widgets {
		if w.Properties.Title == "" || w.X+w.Width > 24 || w.Type == "metric" && (w.Properties.Region != "${AWS::Region}" || w.Properties.Stat == "" || len(w.Properties.Metrics) == 0) {
			t.Errorf("widget %+v", w)
		}
		for _, a := range w.Properties.Alarms {
			shown = append(shown, strings.TrimSuffix(strings.TrimPrefix(a, "${"), ".Arn}"))
		}
		for _, m := range w.Properties.Metrics {
			if search, is := m[0].(map[string]any); is {
				if expression, _ := search["expression"].(string); !strings.Contains(expression, `{synthsync,Stack,Service} MetricName="Units" Stack="prod"`) || !slices.Contains(own, "Units by Service") {
					t.Errorf("expression %s", expression)
				}
				continue
			}
			if m[0] == "synthsync" && (!slices.Contains(own, m[1].(string)) || m[2] != "Stack" || m[3] != stackName) {
				t.Errorf("%v is no metric of ours", m)
			}
			id := regexp.MustCompile(`^\$\{([A-Za-z]+)`).FindStringSubmatch(m[3].(string))
			if m[0] != "synthsync" && (id == nil || from.Resources[id[1]].Type == "") {
				t.Errorf("%v leads to nothing in the stack", m)
			}
		}
	}
	slices.Sort(shown)
	if want := slices.Sorted(maps.Keys(alarmsOf(t, from))); !slices.Equal(shown, want) {
		t.Errorf("alarms shown: %v\nthe template has: %v", shown, want)
	}
}
