package local

import (
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/services"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func (p *place) rules(yaml string) {
	p.t.Helper()
	rules, err := services.Parse("test", []byte(yaml))
	if err != nil {
		p.t.Fatal(err)
	}
	p.machine.Rules = rules
}

func isServicePost(r synthesizetest.RequestInfo) bool {
	return r.Method == "POST" && strings.HasSuffix(r.Path, "/service")
}

// servicesCalled is how many services have a name at Synthesize.
func (p *place) servicesCalled(name string) int {
	n := 0
	for _, s := range p.sim.Services() {
		if s.Name == name {
			n++
		}
	}
	return n
}

// The connection breaks at once, and the request takes effect a moment later, within the client's time-out: whoever
// makes the service again has to look first.
func TestServices_AnswerWasLost_AndItStandsAMomentLater_IsNotMadeTwice(t *testing.T) {
	p := newPlace(t)
	p.waits(impatient)
	p.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.Late, ApplyAfter: 100 * time.Millisecond, Match: isServicePost})
	_, _ = p.run(fetch.Event{})
	for _, name := range []string{"Managed Workstations", "Managed Servers"} {
		if n := p.servicesCalled(name); n > 1 {
			t.Errorf("%d services are called %q", n, name)
		}
	}
}

const both = `
- service: Managed Workstations
  types: [Desktop, Laptop]
- service: Managed Servers
  types: [Server]
`

const workstations = `
- service: Managed Workstations
  types: [Desktop, Laptop]
`

// serversUnruled has told both services, and then the rules leave the servers out.
func serversUnruled(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	p.rules(both)
	p.mustRun()
	p.sim.MapAll()
	p.mustRun()
	p.rules(workstations)
	return p
}

// A person said --force once, and the service has been deleted at Synthesize: there is nothing left to be taken back.
func TestRules_RemovedAndServiceDeleted_ForceIsNeededOnce(t *testing.T) {
	p := serversUnruled(t)
	if err := p.sim.DeleteService("Managed Servers"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.machine.Run(t.Context(), fetch.Event{Force: true}); err != nil {
		t.Fatal(err)
	}
	if r, err := p.run(fetch.Event{}); err != nil || r.State != fetch.StateDone {
		t.Errorf("a run after the forced one: %s %v %s", r.State, err, r.Reason)
	}
}

// The same in the other order: all was taken back to 0 and accepted, and the service is deleted later.
func TestRules_RemovedAndTakenToZero_ServiceDeletedLater_IsNotHeld(t *testing.T) {
	p := serversUnruled(t)
	if r, err := p.machine.Run(t.Context(), fetch.Event{Force: true}); err != nil || r.State != fetch.StateDone {
		t.Fatalf("%s %v", r.State, err)
	}
	if err := p.sim.DeleteService("Managed Servers"); err != nil {
		t.Fatal(err)
	}
	if r, err := p.machine.Run(t.Context(), fetch.Event{}); err != nil || r.State != fetch.StateDone {
		t.Errorf("%s %v %s", r.State, err, r.Reason)
	}
}

// The MSP no longer sells it: unmapped at Synthesize, removed from the rules, forced once.
func TestRules_RemovedAndServiceUnmapped_ForceIsNeededOnce(t *testing.T) {
	p := serversUnruled(t)
	if err := p.sim.UnmapService("Managed Servers"); err != nil {
		t.Fatal(err)
	}
	_, _ = p.machine.Run(t.Context(), fetch.Event{Force: true})
	if r, _ := p.machine.Run(t.Context(), fetch.Event{}); r.State == fetch.StateHeld {
		t.Errorf("held although a person has let it pass: %s", r.Reason)
	}
}

// A rename that is taken back before anything was told finds the service that it had found.
func TestRules_RenameTakenBack_MakesNoSecondService(t *testing.T) {
	p := newPlace(t)
	p.rules("- service: Servers\n  types: [Server]\n")
	p.mustRun()
	p.rules("- service: Managed Servers\n  formerly: Servers\n  types: [Server]\n")
	p.mustRun()
	p.rules("- service: Servers\n  types: [Server]\n")
	_, _ = p.run(fetch.Event{})
	if n := p.servicesCalled("Servers"); n != 1 {
		t.Errorf("%d services are called Servers", n)
	}
}

// Too few devices for the guard's figures, and the type has another name now: no device is gone.
func TestRules_TypeRenamed_FewItems_IsNoZero(t *testing.T) {
	p := newPlace(t)
	for c := int64(3); c <= 8; c++ {
		p.retire(c, server, 3)
	}
	p.retire(1, server, 2) // 1 + 3 servers are left
	p.rules(both)
	p.mustRun()
	p.sim.MapAll()
	p.mustRun()
	p.tenant.SetType(autotasktest.Type{ID: server, Name: "Host"})
	r, err := p.machine.Run(t.Context(), fetch.Event{})
	if err == nil && r.State == fetch.StateDone {
		t.Errorf("the run passed: %v", r.Changes)
	}
	if got := p.sim.Counts()[synthesizetest.Pair{AccountID: "2", Service: "Managed Servers"}]; got != "3" {
		t.Errorf("company 2 has 3 servers, Synthesize holds %q", got)
	}
}

// Counts that are not mapped are tried every run and are never accepted: they cannot pay a rebuild.
func TestRebuild_IsOwed_AndOnlyUnmappedCountsAreDue_IsPaid(t *testing.T) {
	p := newPlace(t)
	p.rules(both)
	p.mustRun()
	p.sim.MapAll()
	if err := p.sim.UnmapAccount("8"); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	book := ledger.New(p.machine.Store, time.Now)
	if err := book.OweRebuild(t.Context(), "of a worker that died"); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	owed, err := book.RebuildOwed(t.Context(), 0)
	if err != nil || len(owed) > 0 {
		t.Errorf("still owed: %v %v", owed, err)
	}
}
