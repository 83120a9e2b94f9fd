package functions_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What docs/figures.md and docs/checks.md promise of the functions.
const (
	maxBootstrap = 10_000_000 // bytes
	maxStart     = 25 * time.Millisecond
	starts       = 41
)

var packages = []string{"fetch-configurations", "sync-accounts", "sync-usage"}

// targets are what build/bootstrap.mk calls the functions, and the template.
var targets = map[string]string{"fetch-configurations": "FetchConfigurations", "sync-accounts": "SyncAccounts", "sync-usage": "SyncUsage"}

// BenchmarkStart measures how long each bootstrap takes from the start of its process to its first question for an event,
// and how large it is when it is built as sam build does. It fails when a promise of docs/figures.md is broken.
//
//	go test ./functions -run '^$' -bench Start -benchtime 1x -v
func BenchmarkStart(b *testing.B) {
	for _, pkg := range packages {
		b.Run(pkg, func(b *testing.B) {
			for range b.N {
				for _, architecture := range []string{"arm64", "x86_64"} {
					size := built(b, pkg, architecture)
					b.ReportMetric(float64(size)/1e6, architecture+"-MB")
					if size >= maxBootstrap {
						b.Errorf("%s: %d bytes, want fewer than %d", architecture, size, maxBootstrap)
					}
				}
				bootstrap := lambdatest.Build(b, "./"+pkg)
				var took []time.Duration
				for range starts {
					f := lambdatest.Start(b, bootstrap, settingsOnly())
					if err := f.InitError(); err != nil {
						b.Fatal(err)
					}
					took = append(took, f.StartUp())
				}
				slices.Sort(took)
				median := took[len(took)/2]
				b.ReportMetric(milliseconds(took[0]), "fastest-ms")
				b.ReportMetric(milliseconds(median), "median-ms")
				b.ReportMetric(milliseconds(took[len(took)-1]), "slowest-ms")
				if median >= maxStart {
					b.Errorf("ready after %s in the median of %d starts, want less than %s", median, starts, maxStart)
				}
			}
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// built builds a bootstrap as sam build does, and returns its size.
func built(b *testing.B, pkg, architecture string) int64 {
	b.Helper()
	dir := b.TempDir()
	command := exec.Command("make", "-s", "-f", "build/"+architecture+"/Makefile", "build-"+targets[pkg], "ARTIFACTS_DIR="+dir)
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "bootstrap"))
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// settingsOnly is an environment in which each function starts; nobody is there to be called.
func settingsOnly() map[string]string {
	return map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "LEDGER_TABLE": "ledger",
		"AUTOTASK_SECRET_ARN": autotaskARN, "SYNTHESIZE_SECRET_ARN": synthesizeARN,
		"ACCOUNTS_QUEUE_URL": "https://sqs.invalid/accounts.fifo", "USAGE_QUEUE_URL": "https://sqs.invalid/usage.fifo",
		"ACCOUNTS_DEAD_LETTER_URL": "https://sqs.invalid/accounts-dead.fifo", "USAGE_DEAD_LETTER_URL": "https://sqs.invalid/usage-dead.fifo",
	}
}

// BenchmarkMemory measures what each function uses over two nights of a fleet, 100 devices a company: the first, in which
// all is new, and one in which all counts are due again. The template's memory sizes were chosen by it: docs/figures.md says how.
//
//	go test ./functions -run '^$' -bench Memory -benchtime 1x -v
func BenchmarkMemory(b *testing.B) {
	for _, companies := range []int{50, 500, 5000} {
		b.Run(fmt.Sprint(companies, "-companies"), func(b *testing.B) {
			for range b.N {
				s := fleetOf(b, companies)
				s.run()
				s.sim.MapAll()
				s.invoke([]byte(`{"full": true}`))
				s.deliver()
				for pkg, f := range map[string]*lambdatest.Function{"fetch": s.fetch, "accounts": s.account, "usage": s.usage} {
					used := f.Used()
					b.ReportMetric(float64(used.PeakBytes)/1e6, pkg+"-peak-MB")
					b.ReportMetric(used.CPU.Seconds(), pkg+"-cpu-s")
				}
			}
		})
	}
}

const devicesPerCompany = 100

// fleetOf is a stack whose tenant has so many companies, with a hundred devices each, and vendors that answer at once.
func fleetOf(b *testing.B, companies int) *stack {
	b.Helper()
	s := deploy(b, map[string]string{"SYNTHESIZE_RATE": "100000", "LOG_LEVEL": "INFO"})
	s.sim.Switch(func(w *synthesizetest.Switches) { w.RateLimit = -1 })
	for c := int64(6); c <= int64(companies); c++ {
		s.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Company %d of the fleet", c)})
	}
	s.tenant.Generate(companies*devicesPerCompany, func(i int) int64 { return 10_000 + int64(i)*7 }, func(i int) autotasktest.Item {
		return autotasktest.Item{Company: int64(i%companies) + 1, Type: int64(i/companies%3) + 1}
	})
	return s
}
