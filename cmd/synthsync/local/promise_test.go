package local

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// silent is a Progress that says nothing.
type silent struct{}

func (silent) Read(string, int64, int64)             {}
func (silent) Told(int, int)                         {}
func (silent) Waiting(string, string, time.Duration) {}

// place is an MSP: both vendors, a machine, its ledger.
type place struct {
	t       *testing.T
	tenant  *autotasktest.Tenant
	sim     *synthesizetest.Simulator
	machine *Machine
}

const (
	desktop int64 = 1
	server  int64 = 3
)

// newPlace has 8 companies with 5 desktops and 3 servers each.
func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, tenant: autotasktest.NewTenant(autotasktest.Options{}), sim: synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{RateLimit: -1}})}
	for id, name := range []string{1: "Desktop", 2: "Laptop", 3: "Server", 4: "Printer"} {
		if name != "" {
			p.tenant.SetType(autotasktest.Type{ID: int64(id), Name: name})
		}
	}
	item := int64(100)
	for c := int64(1); c <= 8; c++ {
		p.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprintf("Company %d", c)})
		for n := range int64(8) {
			item += 7
			typ := desktop
			if n >= 5 {
				typ = server
			}
			p.tenant.AddItem(autotasktest.Item{ID: item, Company: c, Type: typ})
		}
	}
	a, s := autotasktest.Start(p.tenant), synthesizetest.Start(p.sim)
	t.Cleanup(a.Close)
	t.Cleanup(s.Close)
	rules, err := services.Parse("built-in", fetch.DefaultRules)
	if err != nil {
		t.Fatal(err)
	}
	c := autotasktest.DefaultCredentials
	p.machine = &Machine{Config{
		AutotaskURL: a.URL, SynthesizeURL: s.URL, Store: memory.New(), Rules: rules, Mode: fetch.ModePost,
		Credentials: autotask.Credentials{Username: c.Username, Secret: c.Secret, IntegrationCode: c.IntegrationCode},
		Keys:        synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey},
		Guard:       fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100}, RefreshAfter: 20 * time.Hour,
		Patience: calm, AttemptTimeout: calm,
		Limits: vendorapi.NewLimits(vendorapi.LimitConfig{InFlight: 8}), // the rate has tests of its own
		Now:    time.Now, Progress: silent{}, Log: slog.New(slog.DiscardHandler),
	}}
	return p
}

// How long a run waits for a vendor: longer than a busy machine may take, or, where the vendor is at fault, not long.
const (
	calm      = 15 * time.Second
	impatient = 150 * time.Millisecond
)

func (p *place) waits(most time.Duration) { p.machine.Patience, p.machine.AttemptTimeout = most, most }

func (p *place) run(event fetch.Event) (fetch.Result, error) {
	p.t.Helper()
	p.tenant.ResetLog()
	r, err := p.machine.Run(context.Background(), event)
	for _, entity := range []string{"ConfigurationItems", "Companies", "ConfigurationItemTypes"} {
		if peak := p.tenant.Peak(entity); peak > 2 {
			p.t.Errorf("%d requests in flight for %s", peak, entity)
		}
	}
	if peak := p.tenant.Peak(""); peak > 3 {
		p.t.Errorf("%d requests in flight at Autotask", peak)
	}
	if err == nil && r.State == fetch.StateDone {
		p.equalsTruth("after a run that ended well")
	}
	return r, err
}

// mustRun is a run that has to end well.
func (p *place) mustRun() fetch.Result {
	p.t.Helper()
	r, err := p.run(fetch.Event{})
	if err != nil || r.State != fetch.StateDone {
		p.t.Fatalf("run ended as %s: %v %s", r.State, err, r.Reason)
	}
	return r
}

// truth is what Synthesize should hold, counted from the devices.
func (p *place) truth() map[synthesizetest.Pair]int64 {
	want := map[synthesizetest.Pair]int64{}
	visible := map[int64]bool{}
	for _, c := range p.tenant.Companies() {
		visible[c.ID] = !c.Hidden && c.ID != 0
	}
	for company, types := range p.tenant.ActiveItems() {
		if visible[company] {
			id := strconv.FormatInt(company, 10)
			want[synthesizetest.Pair{AccountID: id, Service: "Managed Workstations"}] = types[1] + types[2]
			want[synthesizetest.Pair{AccountID: id, Service: "Managed Servers"}] = types[3]
		}
	}
	return want
}

// equalsTruth holds every count at Synthesize against the devices. Pairs that are not mapped cannot be told.
func (p *place) equalsTruth(when string) {
	p.t.Helper()
	want := p.truth()
	visible := map[string]bool{}
	for _, c := range p.tenant.Companies() {
		visible[strconv.FormatInt(c.ID, 10)] = !c.Hidden && c.ID != 0
	}
	mapped := map[string]bool{}
	for _, a := range p.sim.Accounts() {
		mapped[a.ID] = a.Mapped
	}
	sold := map[string]bool{}
	for _, s := range p.sim.Services() {
		sold[s.Name] = s.Mapped
	}
	held := p.sim.Counts()
	for pair, units := range want {
		if !mapped[pair.AccountID] || !sold[pair.Service] {
			continue
		}
		if got := held[pair].String(); got != strconv.FormatInt(units, 10) && (units > 0 || got != "") {
			p.t.Errorf("%s: %+v: Synthesize holds %q, the devices are %d", when, pair, got, units)
		}
	}
	for pair, units := range held {
		if _, counted := want[pair]; !counted && visible[pair.AccountID] && units != "0" && sold[pair.Service] {
			p.t.Errorf("%s: %+v: Synthesize holds %s and there is no device", when, pair, units)
		}
	}
}

// first retires the first active item of a company and type.
func (p *place) retire(company, typ int64, most int) {
	var ids []int64
	p.tenant.Items(func(i autotasktest.Item) bool {
		if i.Company == company && i.Type == typ && !i.Inactive && len(ids) < most {
			ids = append(ids, i.ID)
		}
		return true
	})
	for _, id := range ids {
		p.tenant.Retire(id)
	}
}

func (p *place) change() {
	p.retire(1, desktop, 1)
	p.retire(2, server, 3)
	p.tenant.AddItem(autotasktest.Item{Company: 3, Type: server})
}

func isPost(r synthesizetest.RequestInfo) bool  { return r.Method == "POST" }
func isCount(r synthesizetest.RequestInfo) bool { return strings.HasSuffix(r.Path, "/count") }

func items(operation string) func(autotasktest.Request) bool {
	return autotasktest.On("ConfigurationItems", operation)
}

// faults are what goes wrong while a run is under way.
var faults = map[string]func(*place){
	"threads exceeded":         func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Threads, Times: 2}) },
	"threads exceeded, as 500": func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.ThreadsAs500, Match: items("")}) },
	"the hour is used up":      func(p *place) { p.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = 9995 }) },
	"500 object reference":     func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Answer, Match: items("query")}) },
	"500 no rights": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Answer, Match: items("query"), Times: -1, Text: "The logged in Resource does not have the adequate permissions to query this entity."})
	},
	"503 web page": func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.HTMLPage, Match: items("")}) },
	"cut in the middle of a body": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.CutMidBody, Match: items("query")})
	},
	"truncated JSON": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Truncated, Match: items("query")})
	},
	"200 with errors": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.WithErrors, Match: items("query")})
	},
	"200 with errors, for ever": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.WithErrors, Match: items("query"), Times: -1})
	},
	"200 without items": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.NullItems, Match: items("query")})
	},
	"200 without page details": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.NoPageDetails, Match: items("query")})
	},
	"empty answer": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.EmptyAnswer, Match: items("query")})
	},
	"rows missing from a page": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 3, Match: items("query")})
	},
	"rows missing, for ever": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 3, Match: items("query"), Times: -1})
	},
	"companies missing from a page": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.MissingRows, Rows: 2, Match: autotasktest.On("Companies", "query")})
	},
	"count wrong, for ever": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.WrongCount, Rows: 5, Match: items("count"), Times: -1})
	},
	"Autotask down":                 func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.DropBefore, Times: -1}) },
	"Autotask down after the login": func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.DropBefore, Skip: 4, Times: -1}) },
	"Autotask login refused":        func(p *place) { p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Unauthorized, Times: -1}) },
	"Autotask login refused later": func(p *place) {
		p.tenant.Inject(autotasktest.Fault{Kind: autotasktest.Unauthorized, Skip: 6, Times: -1})
	},
	"tenant moved":    func(p *place) { p.tenant.MoveZone("zone29", 20264) },
	"Synthesize down": func(p *place) { p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1}) },
	"Synthesize down for posts": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1, Match: isPost})
	},
	"posts half down": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1, Skip: 3, Match: isPost})
	},
	"every second post lost": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.DropBefore, Times: 2, Skip: 1, Match: isPost})
	},
	"answers of posts lost": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.DropAfter, Times: 3, Match: isPost})
	},
	"answers of counts lost": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.DropAfter, Times: -1, Match: isCount})
	},
	"answers of counts never come": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.HangAfter, Times: 2, Match: isCount})
	},
	"too many requests": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.TooManyRequests, Times: 4, Match: isPost})
	},
	"Synthesize forbids": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.Forbidden, Times: -1, Match: isCount})
	},
	"Synthesize login refused": func(p *place) { p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.Unauthorized, Times: -1}) },
	"login refused for counts": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.Unauthorized, Times: -1, Match: isCount})
	},
	"vendor profile gone": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.VendorNotFound, Times: -1, Match: isCount})
	},
	"count refused for ever": func(p *place) {
		p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Match: isCount})
	},
	"disconnect":            func(p *place) { p.sim.Disconnect(synthesizetest.Disconnecting{}) },
	"integration made anew": func(p *place) { p.sim.RemakeIntegration(synthesizetest.Remaking{}) },
	"clock ten years ahead": func(p *place) { p.machine.Now = func() time.Time { return time.Now().AddDate(10, 0, 0) } },
	"clock a day back":      func(p *place) { p.machine.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) } },
}

// heal ends what went wrong; an administrator maps what a fault has unmapped.
func (p *place) heal() {
	p.tenant.ClearFaults()
	p.sim.ClearFaults()
	p.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed = 0 })
	p.machine.Now = time.Now
	p.waits(calm)
}

func TestPromise_WhateverGoesWrong_NothingWrongIsToldAndTheNextRunsHeal(t *testing.T) {
	for name, break_ := range faults {
		t.Run(name+"/first run", func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.waits(impatient)
			break_(p)
			r, err := p.run(fetch.Event{})
			if err == nil && r.State == fetch.StateFailed {
				t.Error("failed without an error")
			}
			p.recovers()
		})
		t.Run(name+"/later run", func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.mustRun()
			p.sim.MapAll()
			p.mustRun()
			old := p.truth()
			p.change()
			p.waits(impatient)
			break_(p)
			if _, err := p.run(fetch.Event{}); err != nil {
				p.nothingBut(old, p.truth())
			}
			p.recovers()
		})
	}
}

// nothingBut fails if Synthesize holds a number that was never true.
func (p *place) nothingBut(old, truth map[synthesizetest.Pair]int64) {
	p.t.Helper()
	for pair, units := range p.sim.Counts() {
		n, err := units.Int64()
		if err != nil || n != old[pair] && n != truth[pair] {
			p.t.Errorf("after a failed run %+v holds %s; true were %d and %d", pair, units, old[pair], truth[pair])
		}
	}
}

// recovers runs until things are as they should be: the first good run may have to make accounts that a person maps.
func (p *place) recovers() {
	p.t.Helper()
	p.heal()
	lives := p.machine.makingLives()
	p.machine.Now = func() time.Time { return time.Now().Add(lives) } // what was never answered can take effect no more
	_, _ = p.run(fetch.Event{})
	p.sim.MapAll()
	for range 2 {
		p.mustRun()
	}
	p.equalsTruth("at the end")
	before := p.sim.Writes()
	p.mustRun()
	if wrote := p.sim.Writes() - before; wrote != 0 {
		p.t.Errorf("an unchanged tenant got %d writing requests", wrote)
	}
	names := map[string]int{}
	for _, s := range p.sim.Services() {
		names[s.Name]++
	}
	for name, n := range names {
		if n > 1 {
			p.t.Errorf("service %q was made %d times", name, n)
		}
	}
}

func TestPromise_WrongSecretCostsAtMostTwoRequests(t *testing.T) {
	p := newPlace(t)
	p.machine.Credentials.Secret = "wrong"
	if _, err := p.run(fetch.Event{}); err == nil {
		t.Fatal("a run with a wrong secret ended well")
	}
	if n := p.tenant.Count(nil); n > 2 {
		t.Errorf("%d authenticated requests at Autotask", n)
	}
	p = newPlace(t)
	p.machine.Keys.PartnerAPIKey = "wrong"
	if _, err := p.run(fetch.Event{}); err == nil {
		t.Fatal("a run with a wrong key ended well")
	}
	if n := p.sim.Total(); n > 2 {
		t.Errorf("%d requests at Synthesize", n)
	}
}

func TestPromise_EmptyLedgerOverStaleCountsOfAnEarlierIntegration(t *testing.T) {
	p := newPlace(t)
	p.mustRun()
	p.sim.MapAll()
	p.mustRun()
	p.retire(6, server, 3) // the earlier integration never posted a zero
	p.retire(7, desktop, 2)
	p.machine.Store = memory.New()
	p.mustRun()
	if got := p.sim.Counts()[synthesizetest.Pair{AccountID: "6", Service: "Managed Servers"}]; got != "0" {
		t.Errorf("a stale count stays: %s", got)
	}
}

func TestPromise_AnotherIntegrationNeedsAPersonsWord(t *testing.T) {
	p := newPlace(t)
	p.mustRun()
	p.sim.MapAll()
	p.mustRun()
	p.sim.RemakeIntegration(synthesizetest.Remaking{NewVendorID: true})
	before := p.sim.Writes()
	_, err := p.machine.Run(context.Background(), fetch.Event{})
	if settings := (*fetch.SettingsError)(nil); err == nil || !strings.Contains(err.Error(), "--accept-tenant") || settings != nil {
		t.Fatalf("got %v", err)
	}
	if p.sim.Writes() != before {
		t.Error("another integration was told something")
	}
	if err := ledger.New(p.machine.Store, time.Now).AcceptTenant(context.Background()); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	p.sim.MapAll()
	p.mustRun()
	p.equalsTruth("after the move")
}

func TestPromise_ThePostsStayBelowTheVendorsRate(t *testing.T) {
	p := newPlace(t)
	p.machine.Limits = nil
	p.mustRun()
	p.sim.MapAll()
	p.sim.ResetLog()
	p.mustRun()
	for range 6 {
		if _, err := p.run(fetch.Event{Full: true}); err != nil {
			t.Fatal(err)
		}
	}
	if peak := p.sim.PeakRate(); peak >= 100 {
		t.Errorf("%d requests within a second", peak)
	}
}

func TestPromise_RebuildIsAskedForOnce(t *testing.T) {
	p := newPlace(t)
	p.mustRun()
	p.sim.MapAll()
	p.sim.ResetLog()
	p.mustRun()
	if got := p.sim.RebuildRequests(); got != 1 {
		t.Errorf("%d posts asked for a rebuild, want 1", got)
	}
	if held, built := p.sim.Counts(), p.sim.Built(); !maps.Equal(held, built) {
		p.sim.FinishRebuild()
		if built = p.sim.Built(); !maps.Equal(held, built) {
			t.Error("Synthesize's view is not what it holds")
		}
	}
}
