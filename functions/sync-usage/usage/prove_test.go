package usage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// keys are what a desk tells with, and how often it was asked whose they are.
type keys struct {
	tenant ledger.SynthesizeTenant
	err    error
	asked  int
}

// proven is a desk whose last look went well with a version of the keys, for the organization "ours".
func proven(t *testing.T, version string) (*desk, *keys) {
	t.Helper()
	d := newDesk(t, "1", "2")
	k := &keys{tenant: ledger.SynthesizeTenant{OrganizationID: "ours", VendorID: "v"}}
	ctx := context.Background()
	d.must(d.book.BindSynthesize(ctx, k.tenant))
	_, err := d.book.UpdateServices(ctx, func(s *ledger.Services) error { s.Proven = version; return nil })
	d.must(err)
	d.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) { k.asked++; return k.tenant, k.err }
	return d, k
}

func (d *desk) works() []queue.Failure {
	failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3)), d.message("2", observed, servers(4))})
	return failures
}

func TestProve_KeysOfTheLastLook_AreNotAskedAbout(t *testing.T) {
	d, k := proven(t, "v1")
	if failures := d.works(); len(failures) != 0 || k.asked != 0 || d.held("2", "Servers") != "4" {
		t.Errorf("%v, asked %d times", failures, k.asked)
	}
}

func TestProve_OtherKeysOfTheSameTenant_AreAskedAboutOnce(t *testing.T) {
	d, k := proven(t, "v0")
	if failures := d.works(); len(failures) != 0 || d.held("1", "Servers") != "3" || d.held("2", "Servers") != "4" {
		t.Errorf("%v; Synthesize holds %v", failures, d.sim.Counts())
	}
	if d.works(); k.asked != 1 {
		t.Errorf("asked %d times", k.asked)
	}
}

// The question meets a refusal, and has the keys looked up once more: those are the ones that the answer is about.
func TestProve_KeysChangeWhileTheyAreAskedAbout_TheNewOnesAreProven(t *testing.T) {
	d, k := proven(t, "v0")
	version := "v1"
	d.stage.SecretVersion = func(context.Context, bool) (string, error) { return version, nil }
	d.stage.Whose = func(context.Context) (ledger.SynthesizeTenant, error) { version = "v2"; return k.tenant, nil }
	if failures, _ := d.stage.Handle(context.Background(), []queue.Received{d.message("1", observed, servers(3))}); len(failures) != 0 {
		t.Errorf("%+v", failures)
	}
	services, err := d.book.Services(context.Background())
	d.must(err)
	if services.Proven != "v2" {
		t.Errorf("proven are %q, want v2", services.Proven)
	}
}

func TestProve_KeysOfAnotherOrganization_TellNothing(t *testing.T) {
	d, k := proven(t, "v0")
	k.tenant.OrganizationID = "theirs"
	failures := d.works()
	var other *ledger.TenantError
	if len(failures) != 2 || !errors.As(failures[0].Err, &other) || failures[0].RetryAfter < time.Minute || failures[0].Dead {
		t.Errorf("%+v", failures)
	}
	if d.sim.Total() != 0 {
		t.Errorf("Synthesize was asked %d times", d.sim.Total())
	}
}

func TestProve_KeysThatAreRefused_AreNotedForTheRun(t *testing.T) {
	d, k := proven(t, "v0")
	k.err = &vendorapi.RefusedError{Vendor: "Synthesize", Status: 401}
	if failures := d.works(); len(failures) != 2 || failures[0].RetryAfter < time.Minute {
		t.Errorf("%+v", failures)
	}
	asked := k.asked
	if d.works(); k.asked != asked || d.sim.Total() != 0 {
		t.Errorf("asked %d times more, and Synthesize %d times", k.asked-asked, d.sim.Total())
	}
}

func TestProve_NoAnswer_TellsNothingYet(t *testing.T) {
	d, k := proven(t, "v0")
	k.err = errors.New("no answer")
	if failures := d.works(); len(failures) != 2 || failures[0].Dead || d.sim.Total() != 0 {
		t.Errorf("%+v", failures)
	}
}
