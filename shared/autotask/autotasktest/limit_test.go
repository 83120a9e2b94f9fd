package autotasktest_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// ask asks a tenant without sockets, so that time can be virtual.
func ask(tenant *autotasktest.Tenant, code, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/zone5/ATServicesRest/V1.0/"+path, strings.NewReader(all))
	with := autotasktest.DefaultCredentials
	if code != "" {
		with.IntegrationCode = code
	}
	login(r, with)
	w := httptest.NewRecorder()
	tenant.ServeHTTP(w, r)
	return w
}

// together asks n times at once and returns the statuses, sorted.
func together(asks ...func() int) []int {
	statuses := make([]int, len(asks))
	var wg sync.WaitGroup
	for i, ask := range asks {
		wg.Go(func() { statuses[i] = ask() })
	}
	wg.Wait()
	slices.Sort(statuses)
	return statuses
}

func TestThreads_TheFourthInFlightOfAnEntityAndCodeIs429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Switch(func(s *autotasktest.Switches) { s.Latency, s.OtherCodes = time.Second, []string{"ANOTHER"} })
		item := func() int { return ask(tenant, "", "ConfigurationItems/query").Code }
		count := func() int { return ask(tenant, "", "configurationitems/query/count").Code }
		company := func() int { return ask(tenant, "", "Companies/query").Code }
		other := func() int { return ask(tenant, "ANOTHER", "ConfigurationItems/query").Code }
		want(t, "three", together(item, item, count), []int{200, 200, 200})
		want(t, "four", together(item, item, item, count), []int{200, 200, 200, 429})
		want(t, "another entity", together(item, item, item, company), []int{200, 200, 200, 200})
		want(t, "another code", together(item, item, item, other), []int{200, 200, 200, 200})
		tenant.ResetLog()
		together(item, item, company)
		want(t, "peaks", []int{tenant.Peak("ConfigurationItems"), tenant.Peak("Companies"), tenant.Peak("")}, []int{2, 1, 3})
	})
}

func TestThreads_TheRefusalCanComeUnder500(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Switch(func(s *autotasktest.Switches) { s.Latency, s.ThreadStatus = time.Second, 500 })
		item := func() int { return ask(tenant, "", "ConfigurationItems/query").Code }
		want(t, "four", together(item, item, item, item), []int{200, 200, 200, 500})
	})
}

func TestThreads_TheZoneCallIsExemptAndTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Inject(autotasktest.Fault{Match: autotasktest.On("zoneInformation", ""), Kind: autotasktest.Slow, Delay: time.Second, Times: -1})
		zone := func() int {
			w := httptest.NewRecorder()
			tenant.ServeHTTP(w, httptest.NewRequest("GET", "/atservicesrest/v1.0/zoneInformation?user="+autotasktest.DefaultCredentials.Username, nil))
			return w.Code
		}
		want(t, "five", together(zone, zone, zone, zone, zone), []int{200, 200, 200, 200, 200})
		want(t, "peak", tenant.Peak(""), 0)
	})
}

func TestThreads_ASlotIsFreedSomewhatAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Switch(func(s *autotasktest.Switches) { s.SlotFreedLate = 5 * time.Millisecond })
		for range 3 {
			want(t, "one after the other", ask(tenant, "", "ConfigurationItems/query").Code, 200)
		}
		w := ask(tenant, "", "ConfigurationItems/query")
		want(t, "at once", w.Code, 429)
		want(t, "text", w.Body.String(), `{"errors":["The Autotask API thread threshold of 3 threads has been exceeded."]}`)
		time.Sleep(5 * time.Millisecond)
		want(t, "later", ask(tenant, "", "ConfigurationItems/query").Code, 200)
	})
}

func TestHour_BeyondTheLimitAllIsRefusedUntilTheWindowDrops(t *testing.T) {
	for _, status := range []int{0, 429, 500, 503} {
		synctest.Test(t, func(t *testing.T) {
			tenant := small()
			tenant.Switch(func(s *autotasktest.Switches) {
				s.HourLimit, s.OthersUsed, s.BudgetStatus, s.BudgetAfter = 10, 7, status, 90*time.Second
			})
			for range 3 {
				want(t, "within", ask(tenant, "", "Companies/query").Code, 200)
				time.Sleep(time.Minute)
			}
			w := ask(tenant, "", "ConfigurationItems/query/count")
			want(t, "beyond", w.Code, max(status, 429))
			want(t, "Retry-After", w.Header().Get("Retry-After"), "90")
			tenant.Switch(func(s *autotasktest.Switches) { s.BudgetAfter = 0 })
			time.Sleep(56 * time.Minute)
			w = ask(tenant, "", "Companies/query")
			want(t, "still", w.Code, max(status, 429))
			want(t, "no Retry-After", w.Header().Get("Retry-After"), "")
			time.Sleep(4*time.Minute + time.Second)
			want(t, "an hour after", ask(tenant, "", "Companies/query").Code, 200)
		})
	}
}

func TestHour_LatencyGrowsAtHalfAndThreeQuarters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := small()
		tenant.Switch(func(s *autotasktest.Switches) {
			s.HourLimit, s.Latency, s.LatencySteps = 8, 100*time.Millisecond, 500*time.Millisecond
		})
		var took []time.Duration
		for range 8 {
			begun := time.Now()
			ask(tenant, "", "Companies/query")
			took = append(took, time.Since(begun)/time.Millisecond)
		}
		want(t, "milliseconds", took, []time.Duration{100, 100, 100, 600, 600, 1100, 1100, 1100})
	})
}

func TestHour_ZoneCallsAndRefusedLoginsDoNotCount(t *testing.T) {
	tenant := small()
	c := start(t, tenant)
	c.zone("/atservicesrest/v1.0/zoneInformation")
	c.with.Secret = "wrong"
	c.get("V1.0/Version")
	c.with = autotasktest.DefaultCredentials
	want(t, "usage", strings.Contains(c.get("V1.0/ThresholdInformation").text, `RequestCount":1}`), true)
}
