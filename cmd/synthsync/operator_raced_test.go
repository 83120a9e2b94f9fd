package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

func desktopOrServer(i autotasktest.Item) bool {
	return i.Company != 0 && (i.Type == autotasktest.TypeDesktop || i.Type == autotasktest.TypeServer)
}

func TestApprove_TenantChangesBetweenHoldAndApproval_IsHeldAnewAndTheOldRunIsSuperseded(t *testing.T) {
	o := settled(t)
	o.retire(10000, laptop)
	first := o.heldRun()
	o.retire(200, desktopOrServer)
	o.mustDo("approve "+first+" --ledger LEDGER --reason seen", 0)
	writes := o.sim.Writes()
	second := o.heldRun()
	if o.sim.Writes() != writes {
		t.Error("something was told that nobody has seen")
	}
	o.says("run "+first+" was approved by", "approved were")
	o.mustDo("approve "+first+" --ledger LEDGER --reason late", 1)
	o.said("run "+first+" is superseded by run "+second+": nothing is approved", "synthsync report --ledger")
	o.mustDo("approve "+second+" --ledger LEDGER --reason seen", 0)
	o.mustDo("run --ledger LEDGER", 0)
	o.truth()
}

// The command that a held run prints works, also where the run only observed, and what it approves is told once posting begins.
func TestApprove_OfARunInObserve_StandsUntilPostingBegins(t *testing.T) {
	o := settled(t)
	o.retire(10000, laptop)
	o.mustDo("mode observe --ledger LEDGER", 0)
	run := o.heldRun()
	o.said("synthsync approve " + run)
	o.mustDo("approve "+run+" --ledger LEDGER --reason seen", 0)
	writes := o.sim.Writes()
	o.mustDo("run --ledger LEDGER", 0)
	o.says("Would tell:")
	if o.sim.Writes() != writes {
		t.Error("observe told something")
	}
	o.mustDo("hold --ledger LEDGER --reason review", 0)
	waits := o.heldRun()
	o.mustDo("approve "+waits+" --ledger LEDGER --reason x", 1)
	o.said("needs no approval: run "+run+" was approved by", "synthsync resume --ledger")
	o.mustDo("resume --ledger LEDGER", 0)
	o.mustDo("mode post --ledger LEDGER --yes", 0)
	o.mustDo("run --ledger LEDGER", 0)
	o.says("as approved with run " + run)
	o.truth()
}

func TestMode_JSON_IsOneObjectAndTheQuestionStandsBesideIt(t *testing.T) {
	o := settled(t)
	o.mustDo("mode observe --ledger LEDGER --json", 0)
	var hand ledger.Hand
	if err := json.Unmarshal(o.stdout.Bytes(), &hand); err != nil || hand.Mode.Mode != ledger.ModeObserve {
		t.Errorf("%v: %s", err, o.stdout.String())
	}
	o.mustDo("mode observe --ledger LEDGER --json", 0)
	if err := json.Unmarshal(o.stdout.Bytes(), &hand); err != nil {
		t.Errorf("said twice: %v: %s", err, o.stdout.String())
	}
	o.retire(3, laptop)
	o.mustDo("mode post --ledger LEDGER --json", 2)
	if r := o.result(); r.Would == nil || len(r.Changes) == 0 || len(r.Changes) != r.Would.Counts {
		t.Errorf("%+v: %d changes", r.Would, len(r.Changes))
	}
	o.said("Go to post?", "nobody has answered")
	o.mustDo("mode post --ledger LEDGER --json --yes", 0)
	if r := o.result(); r.Would == nil {
		t.Errorf("%s", o.stdout.String())
	}
	o.said("The mode is post")
}

// As on a stack, check says what keeps runs from telling, and how that ends.
func TestCheck_ObservingAndOnHold_SaysHowItEnds(t *testing.T) {
	o := settled(t)
	o.mustDo("check --ledger LEDGER", 0)
	if text := o.stdout.String(); strings.Contains(text, "mode post") || strings.Contains(text, "on hold") {
		t.Errorf("nobody has said so:\n%s", text)
	}
	o.mustDo("mode observe --ledger LEDGER", 0)
	o.mustDo("hold --ledger LEDGER --reason review", 0)
	o.mustDo("check --ledger LEDGER", 0)
	o.says("Runs observe and tell Synthesize nothing", "synthsync mode post --ledger "+o.ledger, "Posting is on hold by unknown", "review", "synthsync resume --ledger "+o.ledger)
}

// What a command says next can be pasted into a shell as it stands, with the settings that were given.
func TestPlace_OfAnOddName_IsQuotedWhereACommandIsSaid(t *testing.T) {
	o := newOperator(t)
	folder := filepath.Join(filepath.Dir(o.ledger), "the MSP's books")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	o.ledger = filepath.Join(folder, "synthsync.ledger")
	env := filepath.Join(folder, ".env")
	if err := os.WriteFile(env, []byte("LOG_LEVEL=error\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.mustType(0, "mode", "observe", "--ledger", "LEDGER")
	o.mustType(0, "mode", "post", "--env-file", env, "--ledger", "LEDGER", "--yes")
	o.says(`synthsync run --env-file "` + env + `" --ledger "` + o.ledger + `"`)
	o.mustType(0, "hold", "--ledger", "LEDGER", "--reason", "review")
	o.says(`synthsync resume --ledger "` + o.ledger + `"`)
	for arg, want := range map[string]string{
		"synthsync.ledger": "synthsync.ledger", `C:\synthsync\my.ledger`: `C:\synthsync\my.ledger`, `C:\My Books\l`: `"C:\My Books\l"`,
		"": `""`, "a$b": `'a$b'`, `it's "so"`: `'it'\''s "so"'`,
	} {
		if got := quoted(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
	}
}

func TestLog_OfADecision_NamesTheRulesInForce(t *testing.T) {
	o := settled(t)
	id := o.tenant.Companies()[1].Name
	o.mustType(0, "release", id, "--ledger", "LEDGER", "--reason", "left", "--yes")
	o.mustType(0, "hold", "--ledger", "LEDGER", "--reason", "review")
	o.mustDo("log --ledger LEDGER --json", 0)
	var log struct{ Acts []ledger.Act }
	if err := json.Unmarshal(o.stdout.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	decided := 0
	for _, a := range log.Acts {
		if a.Rules == "" || a.Version == "" || a.Actor == "" || a.At.IsZero() {
			t.Errorf("%s: %+v", a.What, a)
		}
		if a.What == ledger.ActRelease || a.What == ledger.ActHold {
			decided++
		}
	}
	if decided != 2 {
		t.Errorf("%d decisions of 2", decided)
	}
}

func TestLog_AcceptedTenant_SaysWhoAndWhy(t *testing.T) {
	o := settled(t)
	o.tenant.ChangeCompany(0, func(c *autotasktest.Company) { c.Name = "Another MSP" })
	o.tenant.MoveZone("zone7", 999)
	o.mustDo("run --ledger LEDGER", 2)
	o.said("Another MSP", "--accept-tenant")
	o.mustType(0, "run", "--ledger", "LEDGER", "--accept-tenant", "--reason", "we were bought")
	o.mustDo("log --ledger LEDGER", 0)
	o.says("tenant accepted", "we were bought")
}

// A webhook that breaks or redirects is said, changes no exit code, and keeps the dead man's switch from nothing.
func TestNotify_AWebhookThatBreaksOrRedirects_IsSaidAndTheRunIsDone(t *testing.T) {
	for says, handler := range map[string]http.Handler{
		"status 500": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.URL.String(), http.StatusInternalServerError)
		}),
		"status 307: it redirects, whi": http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect),
	} {
		o := newOperatorHere(t)
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		beat, beats := told(t)
		o.env["NOTIFY_URL"], o.env["HEARTBEAT_URL"] = server.URL+"/hush", beat
		o.mustDo("run --ledger LEDGER --json", 0)
		o.said("a person was not told; the next run tries again: send a notification to NOTIFY_URL (json): " + says)
		if r := o.result(); r.State != fetch.StateDone || r.Notified.Waiting != 1 || !r.Notified.Beat || beats() == "" {
			t.Errorf("%s: %s, %+v", says, r.State, r.Notified)
		}
		for _, line := range []string{"report --ledger LEDGER", "check --ledger LEDGER"} {
			o.mustDo(line, 0)
			o.says("nobody can be told: send a notification to NOTIFY_URL (json): "+says, "messages that wait for the next run: 1", "synthsync check --notify --ledger ")
		}
		o.mustDo("check --notify --ledger LEDGER", 1)
		o.said("NOTIFY_URL (json): " + says)
		if strings.Contains(o.stdout.String()+o.stderr.String(), "hush") {
			t.Error("the address is told")
		}
		address, got := told(t)
		o.env["NOTIFY_URL"] = address
		o.mustDo("run --ledger LEDGER", 0)
		o.mustDo("report --ledger LEDGER --json", 0)
		if strings.Contains(o.stdout.String(), `"notTold"`) || got() == "" {
			t.Errorf("he is told again, and the report says otherwise:\n%s", o.stdout.String())
		}
	}
}
