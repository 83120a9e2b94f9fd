package local_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// perSecond is the limit that the product sets itself at Synthesize, which bears fewer than 100.
const perSecond = 80

// fleet is a machine before a tenant of many companies with a desktop and a server each, all known and mapped at
// Synthesize, which takes 40 ms for a request. All times are virtual.
type fleet struct {
	testing.TB
	sim     *synthesizetest.Simulator
	machine local.Machine
	posts   []time.Time
}

// settledFleet has run once, in which it posted each pair, over connections in memory.
func settledFleet(t *testing.T, companies int) *fleet {
	t.Helper()
	f := fleetOf(t, companies, func(tenant, sim http.Handler) (autotaskURL, synthesizeURL string, client *http.Client) {
		network := vendorapitest.NewNetwork(t)
		network.Serve("127.0.0.1:1001", tenant)
		network.Serve("127.0.0.1:1002", sim)
		return "http://127.0.0.1:1001", "http://127.0.0.1:1002", network.Client()
	})
	f.tell()
	return f
}

func fleetOf(t testing.TB, companies int, serve func(tenant, sim http.Handler) (autotaskURL, synthesizeURL string, client *http.Client)) *fleet {
	t.Helper()
	f := &fleet{TB: t}
	tenant := autotasktest.NewTenant(autotasktest.Options{LogLimit: 10})
	tenant.SetType(autotasktest.Type{ID: 1, Name: "Desktop"})
	tenant.SetType(autotasktest.Type{ID: 3, Name: "Server"})
	for c := range int64(companies) {
		tenant.SetCompany(autotasktest.Company{ID: c + 1, Name: fmt.Sprint("Company ", c+1)})
	}
	tenant.Generate(2*companies, func(i int) int64 { return int64(i) + 1000 },
		func(i int) autotasktest.Item {
			return autotasktest.Item{Company: int64(i/2) + 1, Type: int64(i%2)*2 + 1}
		})
	f.sim = synthesizetest.New(synthesizetest.Options{
		LogLimit: 10, NoHistory: true,
		Switches: synthesizetest.Switches{Latency: 40 * time.Millisecond, MapOnCreate: true},
		OnRequest: func(r synthesizetest.RequestInfo) {
			if r.Operation == synthesizetest.PostCount {
				f.posts = append(f.posts, time.Now())
			}
		},
	})
	autotaskURL, synthesizeURL, client := serve(tenant, f.sim)
	rules, err := services.Parse("rules", fetch.DefaultRules)
	if err != nil {
		t.Fatal(err)
	}
	c := autotasktest.DefaultCredentials
	f.machine = local.Machine{Config: local.Config{
		AutotaskURL: autotaskURL, SynthesizeURL: synthesizeURL, HTTP: client,
		Credentials: autotask.Credentials{Username: c.Username, Secret: c.Secret, IntegrationCode: c.IntegrationCode},
		Keys:        synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey},
		Mode:        fetch.ModePost, Guard: fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100}, RefreshAfter: 20 * time.Hour,
		Patience: 15 * time.Second, Progress: silence{}, Log: slog.New(slog.DiscardHandler), Rules: rules, Now: time.Now, Store: memory.New(),
	}}
	return f
}

// tell is a run that tells everything. It returns how many counts were accepted.
func (f *fleet) tell() int {
	f.Helper()
	f.posts = nil
	r, err := f.machine.Run(f.Context(), fetch.Event{Full: true})
	if err != nil || r.State != fetch.StateDone {
		f.Fatalf("%s: %v", r.State, err)
	}
	return r.Usage.Posted
}

// rate is how many posts a second the vendor saw over a part of the run, given in shares of its posts.
func (f *fleet) rate(from, to float64) float64 {
	n := float64(len(f.posts) - 1)
	a, b := int(from*n), int(to*n)
	return float64(b-a) / f.posts[b].Sub(f.posts[a]).Seconds()
}

func TestPosting_20000Pairs_ReachesTheLimitThatIsSet_WithoutOneRefusal(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 posts")
	}
	synctest.Test(t, func(t *testing.T) {
		f := settledFleet(t, 10_000)
		if got := len(f.posts); got != 20_000 {
			t.Errorf("%d posts for 20,000 pairs: some were refused, or told twice", got)
		}
		if rate := f.rate(0, 1); rate < 0.9*perSecond {
			t.Errorf("%.1f posts a second, want at least 90 %% of %d", rate, perSecond)
		}
		t.Logf("%.1f posts a second", f.rate(0, 1))
		if peak := f.sim.PeakRate(); peak >= 100 {
			t.Errorf("up to %d requests within a second; the vendor bears fewer than 100", peak)
		}
	})
}

// BenchmarkPosting posts over real connections to a vendor on this machine that takes 40 ms for a request. It fails below
// 90 % of the limit that is set, or when one was refused. 4,000 pairs take 50 seconds, 20,000 more than four minutes.
//
//	go test ./cmd/synthsync/local -run '^$' -bench Posting/4000 -benchtime 1x
func BenchmarkPosting(b *testing.B) {
	for _, pairs := range []int{4000, 20_000} {
		b.Run(fmt.Sprint(pairs), func(b *testing.B) {
			for range b.N {
				f := fleetOf(b, pairs/2, func(tenant, sim http.Handler) (autotaskURL, synthesizeURL string, client *http.Client) {
					a, s := httptest.NewServer(tenant), httptest.NewServer(sim)
					b.Cleanup(a.Close)
					b.Cleanup(s.Close)
					return a.URL, s.URL, nil
				})
				f.tell()
				rate := f.rate(0, 1)
				refused := len(f.posts) - pairs
				b.ReportMetric(rate, "posts/s")
				b.ReportMetric(100*rate/perSecond, "%-of-limit")
				b.ReportMetric(float64(refused), "refused")
				if refused != 0 || rate < 0.9*perSecond {
					b.Errorf("%d posts for %d pairs, %.1f a second", len(f.posts), pairs, rate)
				}
			}
		})
	}
}

// A vendor that bears less for a while is given less, and the full speed again when it bears it.
func TestPosting_TooManyForAWhile_SlowsDown_AndIsBackAtFullSpeedAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := settledFleet(t, 1500)
		f.sim.Switch(func(s *synthesizetest.Switches) { s.RateLimit = 20 })
		time.AfterFunc(30*time.Second, func() {
			f.sim.Switch(func(s *synthesizetest.Switches) { s.RateLimit = 100 })
		})
		begun := time.Now()
		if got := f.tell(); got != 3000 {
			t.Fatalf("%d counts were accepted, want all 3000", got)
		}
		slow, refused := 0, len(f.posts)-3000
		for _, at := range f.posts {
			if at.Sub(begun) < 30*time.Second {
				slow++
			}
		}
		if slow > 30*40 || refused > slow/2 {
			t.Errorf("%d posts in the 30 s in which 20 a second were borne, %d refused", slow, refused)
		}
		if rate := f.rate(0.5, 1); rate < 0.9*perSecond {
			t.Errorf("%.1f posts a second in the later half, want at least 90 %% of %d", rate, perSecond)
		}
	})
}
