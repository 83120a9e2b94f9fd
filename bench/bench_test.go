package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/build/measure"
)

// The processes that the bench starts of itself are this test.
func TestMain(m *testing.M) {
	measure.Intercept()
	if len(os.Args) > 1 && os.Args[1] == "-serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

func hall(t *testing.T, times int) *meeting {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	all, err := built("..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &meeting{self: self, contestants: all, companies: 40, latency: time.Millisecond, times: times}
}

func TestBench_ThisProgramAndThePlainWalk_CountRight_AndAreMeasured(t *testing.T) {
	m := hall(t, 1)
	r, err := m.hold(t.Context(), []int{5_000})
	if err != nil {
		t.Fatal(err)
	}
	s := r.sizes[0]
	for i, c := range m.contestants {
		o := s.of[i][0]
		if !o.Right || o.Failed != nil || o.CPU <= 0 || o.PeakMB < 5 || o.Wall <= 0 || o.ItemRequests < pages(s.active) || o.Span <= 0 || o.Served <= 0 {
			t.Errorf("%s: %+v", c.Name, o)
		}
	}
	for d, name := range distributionNames {
		if o := r.distributions[d]; len(o) != 1 || !o[0].Right || o[0].Peak > 2 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	text, drawn := r.page(), r.picture()
	for _, want := range []string{oursName, plainName, "5,000 items", "Where synthsync is not ahead", picture} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if !strings.Contains(drawn, "<svg") || strings.Count(drawn, oursName) != 3 {
		t.Errorf("the picture does not show this program three times:\n%s", drawn)
	}
}

// The harness must see what is wrong, or its word that something is right says nothing.
func TestBench_ACountThatIsWrong_IsCalledSo(t *testing.T) {
	m := hall(t, 1)
	place := tenant{2_000, 40, 0, usual}
	err := m.on(t.Context(), place, func(g *ground) error {
		liar := m.contestants[1]
		liar.read = func(out []byte) (map[string]int64, error) {
			counts, err := readCounts(out)
			counts["1|1"]++
			return counts, err
		}
		o, err := m.count(t.Context(), g, liar, place, 0, 0)
		if o.Right || o.Failed != nil || verdict([]outcome{o}) != "**wrong, and says nothing**" {
			t.Errorf("%+v", o)
		}
		o, again := m.count(t.Context(), g, m.contestants[1], place, 1, 0)
		if o.Failed == nil || verdict([]outcome{o}) != "ended with an error" {
			t.Errorf("every request failed: %+v", o)
		}
		if again != nil {
			return again
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestServe_UnknownDistribution_IsRefused(t *testing.T) {
	if _, err := start(context.Background(), os.Args[0], tenant{1, 1, 0, "nowhere"}); err == nil {
		t.Error("it serves")
	}
}

func TestPeers_ArePinnedInTheVersionsThatThePageNames(t *testing.T) {
	var manifest struct{ Dependencies map[string]string }
	text, err := peers.ReadFile("peers/package.json")
	if err != nil || json.Unmarshal(text, &manifest) != nil || manifest.Dependencies["@apigrate/autotask-restapi"] != apigrateVersion {
		t.Errorf("%v %v", manifest, err)
	}
	pins, err := peers.ReadFile("peers/requirements.txt")
	if err != nil || !strings.Contains(string(pins), fmt.Sprintf("py-autotask==%s\n", pyAutotaskVersion)) {
		t.Error("requirements.txt pins another py-autotask")
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "benchmark.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{apigrateVersion, pyAutotaskVersion, plainName, oursName, picture} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/benchmark.md does not name %s; make it again: go run ./bench -page docs/benchmark.md", want)
		}
	}
}
