package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// mustNotSay fails if the command wrote any of it.
func (o *operator) mustNotSay(words ...string) {
	o.t.Helper()
	for _, w := range words {
		if strings.Contains(o.stdout.String()+o.stderr.String(), w) {
			o.t.Errorf("it says %q:\n%s%s", w, o.stdout.String(), o.stderr.String())
		}
	}
}

func (o *operator) baseline() map[string]int64 {
	o.t.Helper()
	store, err := file.Open(o.ledger, file.Options{ReadOnly: true})
	if err != nil {
		o.t.Fatal(err)
	}
	defer store.Close()
	b, err := ledger.New(store, time.Now).Baseline(context.Background())
	if err != nil {
		o.t.Fatal(err)
	}
	return b.Services
}

// The flag says that the tenant moved. Where it did not, or nobody can say so, the guard keeps what it compares with.
func TestAcceptTenant_TheLoginIsRefusedOrTheTenantIsTheSame_NothingIsForgotten(t *testing.T) {
	o := settled(t)
	if len(o.baseline()) == 0 {
		t.Fatal("the guard has nothing to compare with")
	}
	for _, secret := range []string{"AUTOTASK_SECRET", "SYNTHESIZE_PARTNER_API_KEY"} {
		right := o.env[secret]
		o.env[secret] = "mistyped"
		o.mustDo("run --ledger LEDGER --accept-tenant", 1)
		o.said("nothing was forgotten", "refused the login")
		o.env[secret] = right
		if len(o.baseline()) == 0 {
			t.Fatalf("a wrong %s has the guard forget", secret)
		}
	}
	o.mustDo("run --ledger LEDGER --accept-tenant", 0)
	o.said("the ledger's own tenant; nothing was forgotten")
	o.mustDo("log --ledger LEDGER", 0)
	o.mustNotSay("tenant accepted")
}

func TestPlan_ThatFails_DoesNotSayThatNothingDiffers(t *testing.T) {
	o := newOperator(t)
	o.env["SYNTHESIZE_PARTNER_API_KEY"] = "mistyped"
	o.mustDo("plan", 1)
	o.says("FAILED")
	o.mustNotSay("No count differs", "would be told", "about 0 requests")
}

// What could not be asked is not known: neither "no", nor nothing, nor a good secret to be changed.
func TestCheck_AVendorDoesNotAnswer_SaysWhatIsNotKnown_AndNoWrongRemedy(t *testing.T) {
	o := newOperator(t)
	o.tenant.Inject(autotasktest.Fault{Match: func(autotasktest.Request) bool { return true }, Times: -1, Kind: autotasktest.Answer, Status: 503})
	o.mustDo("check --patience 50ms", 1)
	o.says("Try again later")
	o.mustNotSay("Check AUTOTASK_USERNAME", "database 0", "0 companies", "Autotask: Autotask:")
	o.tenant.ClearFaults()
	o.env["AUTOTASK_SECRET"] = "mistyped"
	o.mustDo("check", 1)
	o.says("Check AUTOTASK_USERNAME")
	o.mustNotSay("database 0")
	o.env["SYNTHESIZE_PARTNER_API_KEY"] = "mistyped"
	o.mustDo("check", 1)
	o.mustNotSay("0 accounts", "Managed Workstations │ no")
}

func TestCheck_AccountsAreToBeMapped_SaysNotThatNothingNeedsAHand(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.says("synthsync report --ledger " + o.ledger)
	o.mustDo("check --ledger LEDGER", 0)
	o.says("To be mapped in Synthesize")
	o.mustNotSay("Nothing needs a hand")
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER --full", 0)
	o.mustDo("check --ledger LEDGER", 0)
	o.mustNotSay("accounts: 0 mapped, 0 not, ")
}

func TestErrors_SeveralAtOnce_HaveALineEach(t *testing.T) {
	o := newOperator(t)
	path := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("- service: A\n  typs: [Server]\n- service: B\n  kinds: [Server]\n")
	o.mustDo("rules check "+path, 2)
	if n := strings.Count(o.stderr.String(), "synthsync: "); n < 2 || strings.Contains(o.stderr.String(), "·") {
		t.Errorf("%s", o.stderr.String())
	}
	write("- service: A\n\ttypes: [Server]\n")
	o.mustDo("rules check "+path, 2)
	o.said("a tab")
	o.env["NOTIFY_URL"], o.env["HEARTBEAT_URL"] = "http://example.com/hush", "ftp://example.com/hush"
	o.mustDo("run --ledger LEDGER", 2)
	o.said("NOTIFY_URL ", "HEARTBEAT_URL ")
	o.mustNotSay("hush", "NOTIFY_URL, ", "NOTIFY_URL NOTIFY_URL")
}

// Rules that were refused have counted nothing.
func TestLog_RulesThatFitNoType_AreNotNoted(t *testing.T) {
	o := settled(t)
	o.env["SERVICES"] = "- service: Servers\n  types: [Dektop]\n"
	o.mustDo("run --ledger LEDGER", 2)
	delete(o.env, "SERVICES")
	o.mustDo("run --ledger LEDGER", 0)
	o.mustDo("log --ledger LEDGER", 0)
	o.mustNotSay("until then")
}
