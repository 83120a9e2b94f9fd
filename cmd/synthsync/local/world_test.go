package local_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
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

// world is an MSP in virtual time: both vendors, a machine with the product's own patience and limits, its ledger. What
// Synthesize should hold is counted here from the devices, by code that has nothing in common with the product's.
type world struct {
	*testing.T
	tenant  *autotasktest.Tenant
	sim     *synthesizetest.Simulator
	machine local.Machine
	store   *memory.Store

	sold       map[string][]int64 // types by service, as the rules in force say
	retired    []string
	includeOwn bool
	called     map[string]string // what a person has renamed a service to at Synthesize

	mu      sync.Mutex
	truths  []truth // every truth since the run under way began; the last one is the present one
	spoiltA bool    // faults at Autotask are in place, so requests may be more than a quiet run's
	spoiltS bool

	mustStrike *synthesizetest.Injection // what a test that never met it has not tried

	expires bool          // what was right at the login is wrong from some request on
	torn    bool          // accounts and services went after the run had looked
	pause   time.Duration // between what went wrong and the next run
}

// truth is what Synthesize should hold, by account id and service.
type truth map[synthesizetest.Pair]int64

type silence struct{}

func (silence) Read(string, int64, int64)             {}
func (silence) Told(int, int)                         {}
func (silence) Waiting(string, string, time.Duration) {}

const (
	desktopType int64 = 1
	laptopType  int64 = 2
	serverType  int64 = 3
	printerType int64 = 4

	workstations = "Managed Workstations"
	servers      = "Managed Servers"

	farCompany int64 = 1<<31 + 5
)

// names are the companies of a world by id: what people type into a PSA.
var names = map[int64]string{
	1: "Acme", 2: "Acme", 3: "Quote \"and\" Söhne \U0001F680", 4: "Tab\tand\x01bell", 5: strings.Repeat("Long ", 60),
	6: "Ümlaut & <b>Bold</b>", 7: "Seven", farCompany: "Far away",
}

// companyIDs are the keys of names, in order.
var companyIDs = []int64{1, 2, 3, 4, 5, 6, 7, farCompany}

// inWorld runs a story in a bubble of virtual time. more is how many desktops there are beside the few of each company:
// beyond 500 a walk takes several pages.
func inWorld(t *testing.T, more int, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { story(newWorld(t, more)) })
}

func newWorld(t *testing.T, more int) *world {
	w := &world{
		T: t, tenant: autotasktest.NewTenant(autotasktest.Options{}), store: memory.New(),
		sim:  synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{Latency: 20 * time.Millisecond}}),
		sold: map[string][]int64{workstations: {desktopType, laptopType}, servers: {serverType}}, called: map[string]string{},
	}
	w.tenant.Switch(func(s *autotasktest.Switches) { s.Latency, s.SlotFreedLate = 30*time.Millisecond, 0 })
	for id, name := range map[int64]string{desktopType: "Desktop", laptopType: "Laptop", serverType: "Server", printerType: "Printer"} {
		w.tenant.SetType(autotasktest.Type{ID: id, Name: name})
	}
	next := int64(1 << 31) // item ids, too, grow beyond 32 bits
	add := func(company, typ int64) {
		next += 11
		w.tenant.AddItem(autotasktest.Item{ID: next, Company: company, Type: typ})
	}
	for _, c := range companyIDs {
		w.tenant.SetCompany(autotasktest.Company{ID: c, Name: names[c]})
		for _, typ := range []int64{desktopType, desktopType, desktopType, desktopType, laptopType, serverType, serverType, serverType} {
			add(c, typ)
		}
	}
	for n := range more {
		add(companyIDs[n%len(companyIDs)], desktopType)
	}
	w.tenant.SetCompany(autotasktest.Company{ID: 50, Name: "Hidden", Hidden: true})
	w.tenant.SetCompany(autotasktest.Company{ID: 51, Name: "Nothing to count"})
	w.tenant.SetCompany(autotasktest.Company{ID: 52, Name: "Left us", Inactive: true})
	for _, odd := range [][2]int64{{0, desktopType}, {50, serverType}, {52, serverType}, {51, printerType}, {1, autotasktest.Null}, {autotasktest.Null, serverType}, {2, 777}} {
		add(odd[0], odd[1])
	}
	network := vendorapitest.NewNetwork(t)
	network.Serve("127.0.0.1:1001", w.tenant)
	network.Serve("127.0.0.1:1002", w.sim)
	w.machine = local.Machine{Config: local.Config{
		AutotaskURL: "http://127.0.0.1:1001", SynthesizeURL: "http://127.0.0.1:1002", HTTP: network.Client(),
		Mode: fetch.ModePost, Guard: fetch.Guard{MaxDropPercent: 30, MaxRisePercent: 100}, RefreshAfter: 20 * time.Hour,
		Patience: 15 * time.Second, Progress: silence{}, Log: slog.New(slog.DiscardHandler),
	}}
	w.rules(string(fetch.DefaultRules))
	w.calm()
	return w
}

// rules puts other service rules in force; sold and retired must be set to fit.
func (w *world) rules(yaml string) {
	w.Helper()
	rules, err := services.Parse("rules", []byte(yaml))
	if err != nil {
		w.Fatal(err)
	}
	w.machine.Rules = rules
}

// calm ends whatever has been going wrong.
func (w *world) calm() {
	w.tenant.ClearFaults()
	w.tenant.OnRequest(nil)
	w.tenant.SetCredentials(autotasktest.DefaultCredentials)
	w.tenant.Switch(func(s *autotasktest.Switches) { s.OthersUsed, s.ZoneURL, s.LatencySteps = 0, nil, 0 })
	w.sim.ClearFaults()
	w.sim.OnRequest(nil)
	w.sim.Switch(func(s *synthesizetest.Switches) {
		*s = synthesizetest.Switches{Latency: s.Latency, MapOnCreate: s.MapOnCreate}
	})
	w.spoiltA, w.spoiltS, w.expires, w.torn, w.pause = false, false, false, false, time.Minute
	c := autotasktest.DefaultCredentials
	w.machine.Credentials = autotask.Credentials{Username: c.Username, Secret: c.Secret, IntegrationCode: c.IntegrationCode}
	w.machine.Keys = synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: synthesizetest.DefaultPartnerKey}
	w.machine.Now, w.machine.Store = time.Now, w.store
}

// clock sets the machine's clock, which the ledger's documents expire by as well.
func (w *world) clock(ahead time.Duration) {
	w.machine.Now = func() time.Time { return time.Now().Add(ahead) }
}

// autotask makes some requests at Autotask fail, synthesize some at Synthesize.
func (w *world) autotask(f autotasktest.Fault) {
	w.spoiltA = true
	w.tenant.Inject(f)
}

func (w *world) synthesize(f synthesizetest.Fault) *synthesizetest.Injection {
	w.spoiltS = true
	return w.sim.Inject(f)
}

// truth counts the devices.
func (w *world) truth() truth {
	out := truth{}
	active := w.tenant.ActiveItems()
	for _, c := range w.tenant.Companies() {
		if c.Hidden {
			continue
		}
		id := strconv.FormatInt(c.ID, 10)
		for service, types := range w.sold {
			var units int64
			for _, typ := range types {
				if c.ID != 0 || w.includeOwn {
					units += active[c.ID][typ]
				}
			}
			out[synthesizetest.Pair{AccountID: id, Service: w.name(service)}] = units
		}
		for _, service := range w.retired {
			out[synthesizetest.Pair{AccountID: id, Service: w.name(service)}] = 0
		}
	}
	return out
}

func (w *world) name(service string) string {
	if name, renamed := w.called[service]; renamed {
		return name
	}
	return service
}

// alter changes the devices while a run may be under way: what was and what is are both true of it.
func (w *world) alter(change func()) {
	before := w.truth()
	change()
	after := w.truth()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.truths = append(w.truths, before, after)
}

// run executes a run and holds everything that every run promises against what both vendors saw.
func (w *world) run(event fetch.Event) (fetch.Result, error) {
	w.Helper()
	return w.runUntil(context.Background(), event)
}

func (w *world) runUntil(ctx context.Context, event fetch.Event) (fetch.Result, error) {
	w.Helper()
	w.truths = []truth{w.truth()}
	newest := 0
	if log := w.sim.Requests(); len(log) > 0 {
		newest = log[len(log)-1].Number
	}
	w.tenant.ResetLog()
	r, err := w.machine.Run(ctx, event)
	w.truths = append(w.truths, w.truth())
	w.nothingWrongTold(newest)
	w.modest(newest)
	switch {
	case err == nil && r.State == fetch.StateDone && r.Usage.Lost == 0:
		w.exact("after a good run")
		w.frugal(newest, r)
	case err == nil && r.State != fetch.StateHeld:
		w.Errorf("a run ended as %s without an error", r.State)
	}
	return r, err
}

// must is a run that has to end well.
func (w *world) must() fetch.Result {
	w.Helper()
	r, err := w.run(fetch.Event{})
	if err != nil || r.State != fetch.StateDone {
		w.Fatalf("a run ended as %s: %v; %s", r.State, err, r.Reason)
	}
	return r
}

// settle makes accounts and services, has a person stand by who maps them at once, and tells all counts.
func (w *world) settle() {
	w.Helper()
	w.sim.Switch(func(s *synthesizetest.Switches) { s.MapOnCreate = true })
	w.must()
	w.sim.Switch(func(s *synthesizetest.Switches) { s.MapOnCreate = false })
	w.mapped("at the start")
}

// heals runs again after what went wrong, and holds the end against the devices. The first run may have to make what a
// person must map before the second.
func (w *world) heals() {
	w.Helper()
	time.Sleep(w.pause)
	w.calm()
	w.sim.MapAll()
	if r, err := w.run(fetch.Event{}); (err != nil || r.State != fetch.StateDone) && r.Usage.Lost == 0 {
		w.Fatalf("the first run after it ended as %s: %v; %s", r.State, err, r.Reason)
	}
	w.sim.MapAll()
	time.Sleep(time.Minute)
	w.must()
	w.mapped("at the end")
	w.quiet()
}

// retire makes some of a company's devices inactive.
func (w *world) retire(company, typ int64, most int) {
	var ids []int64
	w.tenant.Items(func(i autotasktest.Item) bool {
		if i.Company == company && i.Type == typ && !i.Inactive && len(ids) < most {
			ids = append(ids, i.ID)
		}
		return len(ids) < most
	})
	for _, id := range ids {
		w.tenant.Retire(id)
	}
}

// change is a day at the MSP: devices come and go, a client's last server goes, a client is renamed, one is new.
func (w *world) change() {
	w.retire(1, desktopType, 1)
	w.retire(2, serverType, 3)
	w.tenant.AddItem(autotasktest.Item{Company: 3, Type: serverType})
	w.tenant.ChangeCompany(6, func(c *autotasktest.Company) { c.Name = "Renamed" })
	fresh := int64(100)
	for _, c := range w.tenant.Companies() {
		if c.ID < farCompany {
			fresh = max(fresh, c.ID+1)
		}
	}
	w.tenant.SetCompany(autotasktest.Company{ID: fresh, Name: fmt.Sprintf("New client %d", fresh)})
	w.tenant.AddItem(autotasktest.Item{Company: fresh, Type: laptopType})
}
