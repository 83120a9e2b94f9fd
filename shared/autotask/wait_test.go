package autotask_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/vendorapi/vendorapitest"
)

// patient is a client that waits for its share of the hour, before a tenant in virtual time. It is logged in.
type patient struct {
	*autotask.Client
	t      *testing.T
	tenant *autotasktest.Tenant
	begun  time.Time
	waits  atomic.Int64
}

func inPatience(t *testing.T, items int, switches func(*autotasktest.Switches), story func(*patient)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tenant := generated(items)
		tenant.Switch(switches)
		network := vendorapitest.NewNetwork(t)
		network.Serve("localhost", tenant)
		p := &patient{t: t, tenant: tenant, begun: time.Now()}
		var err error
		p.Client, err = autotask.New(autotask.Config{
			BaseURL: "http://localhost", HTTP: network.Client(), BudgetPercent: 50, WaitForBudget: true,
			Credentials: func(context.Context, bool) (autotask.Credentials, error) {
				d := autotasktest.DefaultCredentials
				return autotask.Credentials{Username: d.Username, Secret: d.Secret, IntegrationCode: d.IntegrationCode}, nil
			},
			OnWait: func(string, time.Duration) { p.waits.Add(1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		story(p)
	})
}

// after changes what others have used of the hour, when a time has passed.
func (p *patient) after(wait time.Duration, othersUsed int64) {
	time.AfterFunc(wait, func() {
		p.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = othersUsed })
	})
}

// read reads the items, which must come out right.
func (p *patient) read(ctx context.Context) {
	p.t.Helper()
	counts, err := p.CountItems(ctx, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := differs(p.tenant, counts); err != nil {
		p.t.Error(err)
	}
}

// fails reads the items, which must end over the budget.
func (p *patient) fails(ctx context.Context, saying ...string) *autotask.BudgetError {
	p.t.Helper()
	_, err := p.CountItems(ctx, nil)
	var over *autotask.BudgetError
	if !errors.As(err, &over) {
		p.t.Fatalf("error %v, want one of the budget", err)
	}
	for _, part := range saying {
		if !strings.Contains(err.Error(), part) {
			p.t.Errorf("%q does not say %q", err, part)
		}
	}
	return over
}

func hour(limit, others int64) func(*autotasktest.Switches) {
	return func(s *autotasktest.Switches) { s.HourLimit, s.OthersUsed = limit, others }
}

func TestWait_OthersBecomeQuiet_ReadsThen(t *testing.T) {
	inPatience(t, 20_000, hour(10_000, 9_990), func(p *patient) {
		p.after(20*time.Minute, 5_000)
		p.read(p.t.Context())
		if took := time.Since(p.begun); took < 20*time.Minute || took > 30*time.Minute {
			t.Errorf("read after %s, want soon after the others were quiet", took)
		}
		a := p.Allowance()
		if !a.Waits || a.Waited < 20*time.Minute || a.Waited > 30*time.Minute || a.Needed != 49 || a.Allowed != 4 || a.Percent != 50 {
			t.Errorf("%+v", a)
		}
		if told := p.waits.Load(); told < 5 {
			t.Errorf("the person who watches was told %d times", told)
		}
	})
}

func TestWait_NobodyBecomesQuiet_EndsAfterAnHour(t *testing.T) {
	inPatience(t, 20_000, hour(10_000, 9_930), func(p *patient) {
		over := p.fails(p.t.Context(), "after a wait of 65 minutes", "waiting for 60 minutes did not help", "needs about 49 requests")
		if took := time.Since(p.begun); took < time.Hour || took > 66*time.Minute || over.Used != 0 {
			t.Errorf("%s, %+v", took, over)
		}
	})
}

func TestWait_DeadlineComesFirst_EndsWithTheReason_BeforeIt(t *testing.T) {
	inPatience(t, 20_000, hour(10_000, 9_990), func(p *patient) {
		p.after(20*time.Minute, 0)
		ctx, cancel := context.WithTimeout(p.t.Context(), 15*time.Minute)
		defer cancel()
		p.fails(ctx, "own time does not allow it to wait any longer", "after a wait of 14 minutes")
		if ctx.Err() != nil {
			t.Error("it waited into its deadline: nobody would have learned why")
		}
	})
}

func TestWait_NoHourAllowsIt_UnderADeadline_EndsAtOnce(t *testing.T) {
	inPatience(t, 60_000, hour(200, 0), func(p *patient) {
		ctx, cancel := context.WithTimeout(p.t.Context(), 15*time.Minute)
		defer cancel()
		p.fails(ctx, "no hour allows so many", "one machine")
		if took := time.Since(p.begun); took > time.Second {
			t.Errorf("it waited %s for nothing", took)
		}
	})
}

// On one machine a tenant whose read takes more than a whole share is read in instalments, and each hour keeps its share.
func TestWait_NoHourAllowsIt_WithoutDeadline_ReadsInInstalments_EachWithinTheShare(t *testing.T) {
	inPatience(t, 100_000, hour(200, 0), func(p *patient) {
		var sent []time.Time
		p.tenant.OnRequest(func(r autotasktest.Request) { sent = append(sent, time.Now()) })
		p.read(p.t.Context())
		if took := time.Since(p.begun); took < time.Hour || took > 4*time.Hour {
			t.Errorf("%s for 194 requests, 100 an hour", took)
		}
		for i := range sent {
			within := 0
			for _, at := range sent[i:] {
				if at.Sub(sent[i]) < time.Hour {
					within++
				}
			}
			// The share, and some looks at the hour.
			if within > 100+10 {
				t.Fatalf("%d requests within an hour, of a share of 100", within)
			}
		}
	})
}

func TestWait_ShareUsedUpOnTheWay_GoesOnLater_AndAskingMakesItNoLarger(t *testing.T) {
	inPatience(t, 20_000, hour(10_000, 9_890), func(p *patient) {
		// Every second page fails at first, and the repetition counts against the hour like any request.
		asked := 0
		p.tenant.Inject(autotasktest.Fault{
			Match: func(r autotasktest.Request) bool {
				if r.Operation != "query" {
					return false
				}
				asked++
				return asked%2 == 0
			},
			Times: -1, Kind: autotasktest.HTMLPage,
		})
		p.after(90*time.Minute, 0)
		_, err := p.CountItems(p.t.Context(), nil)
		var over *autotask.BudgetError
		if !errors.As(err, &over) || over.Used == 0 || over.Waited < 50*time.Minute {
			t.Fatalf("%v: others have left nothing more for an hour", err)
		}
	})
}

func TestTime_ReadThatDoesNotFit_FailsBeforeItStarts(t *testing.T) {
	inPatience(t, 200_000, func(s *autotasktest.Switches) { s.Latency = 400 * time.Millisecond }, func(p *patient) {
		ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
		defer cancel()
		if _, err := p.Types(ctx); err != nil {
			t.Fatal(err)
		}
		before := p.Requests()
		_, err := p.CountItems(ctx, nil)
		var slow *autotask.TimeError
		if !errors.As(err, &slow) || slow.Used != 0 || slow.Requests != 376 || slow.Needed < 75*time.Second || slow.Needed > 76*time.Second {
			t.Fatalf("%v %+v", err, slow)
		}
		if sent := p.Requests() - before; sent != 1 {
			t.Errorf("%d requests, want the count alone", sent)
		}
		for _, part := range []string{"376 requests of 400ms each", "take 1m15s", "47s are left", "FetchTimeout", "one machine"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %q", err, part)
			}
		}
	})
}

func TestTime_ReadThatFits_IsRead(t *testing.T) {
	inPatience(t, 200_000, func(s *autotasktest.Switches) { s.Latency = 100 * time.Millisecond }, func(p *patient) {
		ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
		defer cancel()
		p.read(ctx)
	})
}

func TestTime_VendorBecomesSlowOnTheWay_StopsAsSoonAsThatIsCertain(t *testing.T) {
	inPatience(t, 200_000, func(s *autotasktest.Switches) { s.Latency = 100 * time.Millisecond }, func(p *patient) {
		ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
		defer cancel()
		time.AfterFunc(3*time.Second, func() {
			p.tenant.Switch(func(s *autotasktest.Switches) { s.Latency = 4 * time.Second })
		})
		_, err := p.CountItems(ctx, nil)
		var slow *autotask.TimeError
		if !errors.As(err, &slow) || slow.Used == 0 || !strings.Contains(err.Error(), "was stopped after") {
			t.Fatalf("%v", err)
		}
		if took := time.Since(p.begun); took > time.Minute {
			t.Errorf("stopped after %s: the tenant's requests are spent for nothing", took)
		}
	})
}

func TestTime_NoDeadline_NoHurry(t *testing.T) {
	inPatience(t, 20_000, func(s *autotasktest.Switches) { s.Latency = time.Minute / 2 }, func(p *patient) { p.read(p.t.Context()) })
}
