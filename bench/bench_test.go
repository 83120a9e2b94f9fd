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
	return &meeting{
		self: self, contestants: all, parts: []string{partSizes, partFaults, partIds}, companies: 40, latency: time.Millisecond, times: times, peers: []int{1},
		kept: newResults(40, time.Millisecond), save: func() error { return nil },
	}
}

func TestBench_ThisProgramAndThePlainWalk_CountRight_AndAreMeasured(t *testing.T) {
	m := hall(t, 2)
	if err := m.hold(t.Context(), []int{5_000}); err != nil {
		t.Fatal(err)
	}
	r := newReport(m.kept)
	s := r.sizes[0]
	if ours, plain := len(s.of[0]), len(s.of[1]); ours != 2 || plain != 1 {
		t.Errorf("this program counted %d times and the plain walk %d times, want 2 and 1", ours, plain)
	}
	for i, c := range m.contestants {
		o := s.of[i][0]
		if !o.Right || o.Failed != "" || o.CPU <= 0 || o.PeakMB < 5 || o.Wall <= 0 || o.ItemRequests < pages(s.active) || o.Span <= 0 || o.Served <= 0 {
			t.Errorf("%s: %+v", c.Name, o)
		}
	}
	for _, name := range distributionNames {
		if o := r.Ids[name].Outcomes; len(o) != 2 || !o[0].Right || o[0].Peak > 2 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	text, drawn := r.page(), r.picture()
	for _, want := range []string{oursName, plainName, "5,000 items", "Where synthsync is not ahead", "What is promised", picture} {
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
		if o.Right || o.Failed != "" || verdict([]outcome{o}) != "**wrong, and says nothing**" {
			t.Errorf("%+v", o)
		}
		o, again := m.count(t.Context(), g, m.contestants[1], place, 1, 0)
		if o.Failed == "" || verdict([]outcome{o}) != "ended with an error" {
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
	if !strings.Contains(string(pins), "autotask-client=="+autotaskClientVersion+";") {
		t.Error("requirements.txt pins another autotask-client")
	}
	for _, p := range everyone[2:] {
		if !strings.Contains(p.Name, "autotask") {
			t.Errorf("%s is nobody's client", p.Name)
		}
	}
}

// The page is made of the results that are kept, and of nothing else.
func TestPage_IsWhatTheResultsSay(t *testing.T) {
	kept, err := readResults("results.json", 2000, 40*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(kept.sizes()) == 0 {
		t.Fatal("bench/results.json is not there: go run ./bench -keep bench/results.json -page docs/benchmark.md")
	}
	r := newReport(kept)
	for name, want := range map[string]string{"benchmark.md": r.page(), picture: r.picture()} {
		got, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil || string(got) != want {
			t.Errorf("docs/%s is not what bench/results.json says: go run ./bench -keep bench/results.json -parts none -page docs/benchmark.md (%v)", name, err)
		}
	}
}
