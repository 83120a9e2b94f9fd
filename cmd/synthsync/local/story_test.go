package local_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func pair(account, service string) synthesizetest.Pair {
	return synthesizetest.Pair{AccountID: account, Service: service}
}

func (w *world) holds(p synthesizetest.Pair, want string) {
	w.Helper()
	if got := w.sim.Counts()[p]; got != json.Number(want) {
		w.Errorf("%+v holds %q, want %q", p, got, want)
	}
}

// earlier fills Synthesize as an earlier integration left it: accounts, services and counts, stale ones and one for a
// company that has nothing left.
func (w *world) earlier() {
	w.Helper()
	e := synthesizetest.Earlier{Services: []synthesizetest.Service{
		{Name: workstations, Mapped: true}, {Name: servers, Mapped: true}, {Name: "Network Devices", Mapped: true},
	}}
	for _, id := range []string{"1", "2", "3", "51", "4711"} {
		e.Accounts = append(e.Accounts, synthesizetest.Account{ID: id, Name: "Earlier " + id, Mapped: true})
		for _, service := range e.Services {
			e.Counts = append(e.Counts, synthesizetest.EarlierCount{AccountID: id, Service: service.Name, Units: "99"})
		}
	}
	if err := w.sim.SeedEarlier(e); err != nil {
		w.Fatal(err)
	}
}

const (
	retiredRules = `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, types: [Server]}
- {service: Network Devices, retired: true}`
	formerlyRules = `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Server Care, formerly: Managed Servers, types: [Server]}`
	withoutServers = `
- {service: Managed Workstations, types: [Desktop, Laptop]}`
	serversRetired = `
- {service: Managed Workstations, types: [Desktop, Laptop]}
- {service: Managed Servers, retired: true}`
)

var stories = map[string]func(*world){
	"an earlier integration's counts, zeros included": func(w *world) {
		w.earlier()
		w.must()
		w.holds(pair("51", servers), "0")
		w.holds(pair("1", workstations), "5")
		w.holds(pair("1", "Network Devices"), "99")
		w.holds(pair("4711", servers), "99")
		w.sim.MapAll()
		w.must()
		w.quiet()
	},
	"an earlier integration's service is retired": func(w *world) {
		w.earlier()
		w.retired = []string{"Network Devices"}
		w.rules(retiredRules)
		w.must()
		w.sim.MapAll()
		w.must()
		w.holds(pair("51", "Network Devices"), "0")
		w.holds(pair("1", "Network Devices"), "0")
		w.quiet()
	},
	"a told service is retired": func(w *world) {
		w.settle()
		w.retired = []string{servers}
		delete(w.sold, servers)
		w.rules(serversRetired)
		w.must()
		w.holds(pair("1", servers), "0")
		w.quiet()
	},
	"a told service is named by no rule any more": func(w *world) {
		w.settle()
		before := w.sim.Writes()
		delete(w.sold, servers)
		w.rules(withoutServers)
		if r, err := w.run(fetch.Event{}); err != nil || r.State != fetch.StateHeld || w.sim.Writes() != before {
			w.Fatalf("%s %v", r.State, err)
		}
		w.retired = []string{servers} // that is what a person means who forces it
		if r, err := w.run(fetch.Event{Force: true}); err != nil || r.State != fetch.StateDone {
			w.Fatalf("%s %v", r.State, err)
		}
		w.holds(pair("1", servers), "0")
		w.quiet()
	},
	"a rule is renamed": func(w *world) {
		w.settle()
		w.sold = map[string][]int64{workstations: {desktopType, laptopType}, "Server Care": {serverType}}
		w.called["Server Care"] = servers // it keeps the service
		w.rules(formerlyRules)
		w.change()
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
		if n := len(w.sim.Services()); n != 2 {
			w.Errorf("%d services stand", n)
		}
	},
	"a service is renamed at Synthesize": func(w *world) {
		w.settle()
		if err := w.sim.RenameService(servers, "Boxes"); err != nil {
			w.Fatal(err)
		}
		w.called[servers] = "Boxes"
		w.change()
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
		if n := len(w.sim.Services()); n != 2 {
			w.Errorf("%d services stand", n)
		}
	},
	"a service is deleted at Synthesize": func(w *world) {
		w.settle()
		if err := w.sim.DeleteService(servers); err != nil {
			w.Fatal(err)
		}
		_, _ = w.run(fetch.Event{})
		w.sim.MapAll()
		w.must()
		w.quiet()
		w.holds(pair("1", servers), "3")
	},
	"an account is renamed at Synthesize": func(w *world) {
		w.settle()
		if err := w.sim.RenameAccount("1", "Somebody's own name"); err != nil {
			w.Fatal(err)
		}
		w.change()
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
	},
	"company 0 is included, then left out": func(w *world) {
		w.settle()
		w.includeOwn, w.machine.IncludeOwn = true, true
		w.must()
		w.sim.MapAll()
		w.must()
		w.holds(pair("0", workstations), "1")
		w.quiet()
		w.includeOwn, w.machine.IncludeOwn = false, false
		if r, err := w.run(fetch.Event{}); err != nil || r.State != fetch.StateHeld {
			w.Fatalf("%s %v", r.State, err)
		}
		if r, err := w.run(fetch.Event{Force: true}); err != nil || r.State != fetch.StateDone {
			w.Fatalf("%s %v", r.State, err)
		}
		w.holds(pair("0", workstations), "0")
		w.quiet()
	},
	"the guard holds, and a person's word lets pass": func(w *world) {
		w.settle()
		before := w.sim.Writes()
		for _, c := range companyIDs {
			w.retire(c, desktopType, 3)
		}
		for range 2 { // held, and held again
			if r, err := w.run(fetch.Event{}); err != nil || r.State != fetch.StateHeld || w.sim.Writes() != before {
				w.Fatalf("%s %v", r.State, err)
			}
		}
		if r, err := w.run(fetch.Event{Force: true}); err != nil || r.State != fetch.StateDone {
			w.Fatalf("%s %v", r.State, err)
		}
		w.quiet()
	},
	"held, then the devices come back": func(w *world) {
		w.settle()
		w.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
		w.truths = nil
		if r, err := w.machine.Run(w.Context(), fetch.Event{}); err == nil && r.State == fetch.StateDone && r.Due > 0 {
			w.Errorf("rights were narrowed, and %d counts were told", r.Due)
		}
		w.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = false })
		w.must()
		w.quiet()
	},
	"a dry run and an observing one tell nobody": func(w *world) {
		w.settle()
		w.change()
		before := w.sim.Writes()
		if _, err := w.machine.Plan(w.Context(), fetch.Event{}); err != nil {
			w.Fatal(err)
		}
		w.machine.Mode = fetch.ModeObserve
		if _, err := w.machine.Run(w.Context(), fetch.Event{}); err != nil {
			w.Fatal(err)
		}
		if w.sim.Writes() != before {
			w.Error("something was written")
		}
		w.machine.Mode = fetch.ModePost
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
	},
	"everything is told again when a person asks": func(w *world) {
		w.settle()
		if r, err := w.run(fetch.Event{Full: true}); err != nil || r.Usage.Posted != 2*len(companyIDs) {
			w.Errorf("%d counts told, %v", r.Usage.Posted, err)
		}
		w.quiet()
	},
	"a week of nights, and Synthesize forgets": func(w *world) {
		w.settle()
		for night := range 7 {
			time.Sleep(24 * time.Hour)
			if night == 3 {
				w.sim.AgeMonth(false)
			}
			w.retire(companyIDs[night], laptopType, 1)
			if r := w.must(); r.Usage.Posted < 2*len(companyIDs)-night-1 {
				w.Errorf("night %d: %d counts told", night, r.Usage.Posted)
			}
		}
		w.quiet()
	},
	"the clock jumps back a day":             func(w *world) { w.wrongClock(-24 * time.Hour) },
	"the clock jumps back years":             func(w *world) { w.wrongClock(-10 * 365 * 24 * time.Hour) },
	"the clock is ten years ahead, and back": func(w *world) { w.wrongClock(10 * 365 * 24 * time.Hour) },
	"the tenant moves, its database number changes": func(w *world) {
		w.settle()
		w.tenant.MoveZone("zone29", 4711)
		w.change()
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
	},
	"another tenant": func(w *world) {
		w.settle()
		w.tenant.MoveZone("zone29", 4711)
		w.tenant.ChangeCompany(0, func(c *autotasktest.Company) { c.Name = "Another MSP" })
		w.needsAWord(func() {})
	},
	"another integration": func(w *world) {
		w.settle()
		w.needsAWord(func() { w.sim.RemakeIntegration(synthesizetest.Remaking{NewVendorID: true}) })
	},
	"another organization": func(w *world) {
		w.settle()
		w.needsAWord(func() { w.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true}) })
	},
	"keys and secret are rotated between runs": func(w *world) {
		w.settle()
		w.machine.Keys.PartnerAPIKey = w.sim.RotatePartnerKey("")
		c := autotasktest.Credentials{Username: "api.user@msp.example", Secret: "n3w", IntegrationCode: autotasktest.DefaultCredentials.IntegrationCode}
		w.tenant.SetCredentials(c)
		w.machine.Credentials.Secret = c.Secret
		w.change()
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
	},
	"wrong secrets cost two requests": func(w *world) {
		w.machine.Credentials.Secret = "wrong"
		if _, err := w.run(fetch.Event{}); err == nil || w.tenant.Count(nil) > 2 || w.sim.Total() > 0 {
			w.Errorf("%v after %d requests", err, w.tenant.Count(nil))
		}
		w.calm()
		w.machine.Keys.VendorAPIKey = "wrong"
		if _, err := w.run(fetch.Event{}); err == nil || w.sim.Total() > 2 {
			w.Errorf("%v after %d requests", err, w.sim.Total())
		}
		w.heals()
	},
	"a mapping is lost, named, and mapped again": func(w *world) {
		w.settle()
		w.change()
		if err := w.sim.UnmapAccount("1"); err != nil {
			w.Fatal(err)
		}
		r, err := w.run(fetch.Event{})
		var undelivered interface{ Error() string }
		if !errors.As(err, &undelivered) || r.Usage.Lost != 1 {
			w.Errorf("lost %d, %v", r.Usage.Lost, err)
		}
		w.sim.MapAll()
		w.must()
		w.must()
		w.quiet()
	},
	"the ledger is lost in the middle of the month": func(w *world) {
		w.settle()
		w.change()
		w.store = memory.New()
		w.machine.Store = w.store
		w.must()
		w.sim.MapAll()
		w.must()
		w.quiet()
		w.holds(pair("2", servers), "0")
	},
}

func TestStory_EndsWithWhatIsTrue(t *testing.T) {
	t.Parallel()
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, 0, story)
		})
	}
}

// Control characters and blanks at the ends are taken out, since neither vendor shows them; nothing else is.
func TestStory_OddNames_Arrive(t *testing.T) {
	t.Parallel()
	inWorld(t, 0, func(w *world) {
		w.settle()
		for _, a := range w.sim.Accounts() {
			var id int64
			if _, err := fmt.Sscan(a.ID, &id); err != nil || a.Name != strings.TrimSpace(strings.NewReplacer("\t", " ", "\x01", "").Replace(names[id])) {
				w.Errorf("account %s is called %q, the company %q", a.ID, a.Name, names[id])
			}
		}
	})
}
