package cost

import (
	"flag"
	"math"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/cost.md and docs/scale.md")

const (
	pagePath     = "../../docs/cost.md"
	scalePath    = "../../docs/scale.md"
	templatePath = "../../template.yaml"
)

func TestPage_IsReckonedFromTheTemplateAndTheFigures(t *testing.T) {
	template, err := os.ReadFile(templatePath)
	if err != nil {
		t.Fatal(err)
	}
	shape := ShapeOf(string(template))
	for path, want := range map[string]string{pagePath: Page(shape), scalePath: ScalePage(shape)} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a page for everybody
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != want {
			t.Errorf("%s is not what the template and the figures give: go test ./build/cost -update", path)
		}
	}
}

func TestShapeOf_CountsAlarmsAndDashboards(t *testing.T) {
	const template = "Resources:\n  A:\n    Type: AWS::CloudWatch::Alarm\n  B:\n    Type: AWS::CloudWatch::Alarm\n" +
		"  C:\n    Type: AWS::CloudWatch::Dashboard\n  D:\n    Type: AWS::SQS::Queue\n"
	if got := ShapeOf(template); got != (Shape{Alarms: 2, Dashboards: 1}) {
		t.Errorf("got %+v", got)
	}
}

// The bill of 500 companies, reckoned by hand from the price list.
func TestMonth_ByHand(t *testing.T) {
	bill, read := Month(500, Shape{Alarms: 20, Dashboards: 1})
	if read != (100+1+11)/2.0 {
		t.Errorf("a read takes %.1f s", read)
	}
	by := map[string]float64{}
	for _, line := range bill {
		by[line.Name] = line.Dollars
	}
	for name, want := range map[string]float64{
		// 1 + 56 + 5 s; 50 batches of 1 + 3 x (0.6 + 0.04) s, and 1 + 10 s each before; 1 + 3 s for the services
		"Lambda duration":                30.4 * 0.25 * (62 + 50*2.92 + 550 + 4) * 0.0000133334,
		"Lambda invocations":             30.4 * 102 * 0.2e-6,
		"SQS idle polling of two queues": 30 * 1440 * 30.4 * 0.5e-6,
		"SQS messages":                   30.4 * (50 + 1 + 500 + 204) * 0.5e-6,
		"DynamoDB writes":                30.4 * (2500 + 150 + 70 + 16) * 0.625e-6,
		"DynamoDB reads":                 30.4 * (2750 + 1550 + 41) * 0.125e-6,
		"Secrets Manager":                0.80,
		"CloudWatch alarms":              2.00,
		"CloudWatch custom metrics":      7.80,
		"CloudWatch dashboard":           3.00,
	} {
		if got := by[name]; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: $%.6f, by hand $%.6f", name, got, want)
		}
	}
}
