package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// operator is a person at a shell, with both vendors a network away.
type operator struct {
	t      *testing.T
	tenant *autotasktest.Tenant
	sim    *synthesizetest.Simulator
	env    map[string]string
	ledger string
	stdout bytes.Buffer
	stderr bytes.Buffer
	answer string // what the person types when he is asked
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	t.Parallel()
	return newOperatorHere(t)
}

// newOperatorHere is newOperator for a test that needs several of them.
func newOperatorHere(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, tenant: autotasktest.Sample(1), sim: synthesizetest.New(synthesizetest.Options{Switches: synthesizetest.Switches{RateLimit: -1}}), ledger: filepath.Join(t.TempDir(), "synthsync.ledger")}
	a, s := autotasktest.Start(o.tenant), synthesizetest.Start(o.sim)
	t.Cleanup(a.Close)
	t.Cleanup(s.Close)
	c := autotasktest.DefaultCredentials
	o.env = map[string]string{
		"AUTOTASK_URL": a.URL, "SYNTHESIZE_URL": s.URL,
		"AUTOTASK_USERNAME": c.Username, "AUTOTASK_SECRET": c.Secret, "AUTOTASK_INTEGRATION_CODE": c.IntegrationCode,
		"SYNTHESIZE_VENDOR_API_KEY": synthesizetest.DefaultVendorKey, "SYNTHESIZE_PARTNER_API_KEY": synthesizetest.DefaultPartnerKey,
	}
	return o
}

// does runs a command as typed; LEDGER stands for the ledger's path.
func (o *operator) does(line string) int {
	o.t.Helper()
	return o.doesIn(context.Background(), strings.Fields(line)...)
}

func (o *operator) doesIn(ctx context.Context, args ...string) int {
	o.stdout.Reset()
	o.stderr.Reset()
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "LEDGER", o.ledger)
	}
	return run(ctx, args, process{
		lookup: func(name string) (string, bool) { v, ok := o.env[name]; return v, ok },
		stdout: &o.stdout, stderr: &o.stderr, now: time.Now, stdin: strings.NewReader(o.answer),
	})
}

func (o *operator) mustDo(line string, want int) {
	o.t.Helper()
	if got := o.does(line); got != want {
		o.t.Fatalf("synthsync %s: exit %d, want %d\n%s%s", line, got, want, o.stdout.String(), o.stderr.String())
	}
}

// said fails unless the command wrote all of it on stderr.
func (o *operator) said(words ...string) {
	o.t.Helper()
	for _, w := range words {
		if !strings.Contains(o.stderr.String(), w) {
			o.t.Errorf("stderr does not say %q:\n%s", w, o.stderr.String())
		}
	}
}

func (o *operator) nobodyCalled() {
	o.t.Helper()
	if n := len(o.tenant.Requests()); n > 0 || o.sim.Total() > 0 {
		o.t.Errorf("%d requests to Autotask, %d to Synthesize", n, o.sim.Total())
	}
}

func TestOperator_RunPlanReportFromTheFirstDayOn(t *testing.T) {
	o := newOperator(t)
	o.mustDo("plan --json", 0)
	if o.sim.Writes() != 0 {
		t.Fatal("plan wrote something at Synthesize")
	}
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER --json", 0)
	var result map[string]any
	if err := json.Unmarshal(o.stdout.Bytes(), &result); err != nil {
		t.Fatalf("stdout is not one JSON object: %v\n%s", err, o.stdout.String())
	}
	for _, key := range []string{"runId", "observedAt", "state", "read", "services", "accounts", "usage"} {
		if _, ok := result[key]; !ok {
			t.Errorf("the result has no %q", key)
		}
	}
	for _, key := range []string{"companies", "items", "requests", "uncovered", "untyped", "invisibleCompany", "ownCompany", "inactiveCompany"} {
		if _, ok := result["read"].(map[string]any)[key]; !ok {
			t.Errorf("read has no %q", key)
		}
	}
	for _, key := range []string{"posted", "unchanged", "unmapped", "lost", "superseded", "failed"} {
		if _, ok := result["usage"].(map[string]any)[key]; !ok {
			t.Errorf("usage has no %q", key)
		}
	}
	before, err := os.ReadFile(o.ledger)
	if err != nil {
		t.Fatal(err)
	}
	o.tenant.AddItem(autotasktest.Item{Company: o.tenant.Companies()[1].ID, Type: autotasktest.TypeServer})
	writes := o.sim.Writes()
	o.mustDo("plan --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "changed") || o.sim.Writes() != writes {
		t.Errorf("plan: %d writes\n%s", o.sim.Writes()-writes, o.stdout.String())
	}
	if after, _ := os.ReadFile(o.ledger); !bytes.Equal(before, after) {
		t.Error("plan changed the ledger")
	}
	o.mustDo("run --ledger LEDGER", 0)
	o.mustDo("report --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "Changed by this run") {
		t.Errorf("report:\n%s", o.stdout.String())
	}
	o.mustDo("check", 0)
	if !strings.Contains(o.stdout.String(), "Example MSP") {
		t.Errorf("check does not name the tenant:\n%s", o.stdout.String())
	}
}

func TestOperator_HeldRunIsExit3AndForceLetsItPass(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	var ids []int64
	o.tenant.Items(func(i autotasktest.Item) bool {
		if i.Type == autotasktest.TypeLaptop {
			ids = append(ids, i.ID)
		}
		return true
	})
	for _, id := range ids {
		o.tenant.Retire(id)
	}
	writes := o.sim.Writes()
	o.mustDo("run --ledger LEDGER --json", 3)
	var result fetch.Result
	if err := json.Unmarshal(o.stdout.Bytes(), &result); err != nil || result.State != "held" || result.Reason == "" {
		t.Errorf("%v %+v", err, result)
	}
	if o.sim.Writes() != writes {
		t.Error("a held run told something")
	}
	o.mustDo("plan --ledger LEDGER", 3)
	o.mustDo("run --ledger LEDGER --force", 0)
}

func TestOperator_EverythingWrongWithTheSettingsIsSaidAtOnceAndNobodyIsCalled(t *testing.T) {
	o := newOperator(t)
	delete(o.env, "AUTOTASK_SECRET")
	delete(o.env, "SYNTHESIZE_PARTNER_API_KEY")
	maps.Copy(o.env, map[string]string{"MAX_DROP_PERCENT": "-1", "REFRESH_AFTER": "soon", "MODE": "maybe", "SYNTHESIZE_URL": "http://example.com"})
	o.mustDo("run --ledger LEDGER", 2)
	o.said("AUTOTASK_SECRET", "SYNTHESIZE_PARTNER_API_KEY", "MAX_DROP_PERCENT", "REFRESH_AFTER", "MODE", "SYNTHESIZE_URL")
	o.nobodyCalled()
}

func TestOperator_UsageErrorsAreExit2(t *testing.T) {
	o := newOperator(t)
	for _, line := range []string{"run", "run --ledger", "nonsense", "run --ledger LEDGER --nonsense", "run --ledger LEDGER --patience soon", "run --ledger LEDGER --env-file /nowhere/at/all", "run --ledger LEDGER --services /nowhere/at/all"} {
		o.mustDo(line, 2)
	}
	o.nobodyCalled()
}

func TestOperator_RulesAreRefusedWithLineAndColumn(t *testing.T) {
	o := newOperator(t)
	for name, c := range map[string]struct{ text, says string }{
		"unknown key":           {"- service: A\n  type: [Desktop]\n", "2:"},
		"two of one name":       {"- service: A\n  types: [Desktop]\n- service: a\n  types: [Laptop]\n", "3:"},
		"an empty rule":         {"- service: A\n", "1:"},
		"not YAML":              {"- service: [\n", ""},
		"rule that fits nobody": {"- service: Phones\n  types: [Telephone]\n", "Telephone"},
	} {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code := o.doesIn(context.Background(), "run", "--ledger", o.ledger, "--services", path); code != 2 || !strings.Contains(o.stderr.String(), c.says) {
			t.Errorf("%s: exit %d: %s", name, code, o.stderr.String())
		}
	}
	if n := o.tenant.Count(autotasktest.On("ConfigurationItems", "query")) + o.tenant.Count(autotasktest.On("ConfigurationItems", "count")); n != 0 {
		t.Errorf("%d requests for items", n)
	}
}

func TestOperator_LedgerThatIsNone(t *testing.T) {
	o := newOperator(t)
	path := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(path, []byte("Dear Sir or Madam"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"run --ledger " + path, "run --ledger " + filepath.Join(t.TempDir(), "no", "folder"), "report --ledger " + path, "report --ledger /nowhere/x"} {
		o.mustDo(line, 2)
	}
	o.nobodyCalled()
}

func TestOperator_SecondRunOnOneLedgerEndsAtOnce(t *testing.T) {
	o := newOperator(t)
	store, err := file.Open(o.ledger, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	o.mustDo("run --ledger LEDGER", 1)
	o.said("already", o.ledger)
	o.nobodyCalled()
}

func TestOperator_LedgerOfANewerProgramIsRefused(t *testing.T) {
	o := newOperator(t)
	store, err := file.Open(o.ledger, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Write(context.Background(), ledger.Write{Key: ledger.Key{Kind: "state", ID: "head"}, Body: []byte(`{"format":99}`)}); err != nil {
		t.Fatal(err)
	}
	store.Close()
	o.mustDo("run --ledger LEDGER", 2)
	o.said("format 99")
	o.mustDo("run --ledger LEDGER --accept-tenant", 2)
	o.said("format 99")
	if o.sim.Writes() != 0 {
		t.Error("something was told")
	}
}

func TestOperator_PowerShellEnvFileArrivesWhole(t *testing.T) {
	o := newOperator(t)
	c := autotasktest.Credentials{Username: "API@msp.example", Secret: `p=a#s$s "w'o rd\n`, IntegrationCode: "CODE=="}
	o.tenant.SetCredentials(c)
	for _, name := range []string{"AUTOTASK_USERNAME", "AUTOTASK_SECRET", "AUTOTASK_INTEGRATION_CODE", "SYNTHESIZE_VENDOR_API_KEY", "SYNTHESIZE_PARTNER_API_KEY"} {
		delete(o.env, name)
	}
	o.env["USERNAME"] = "the one who is logged in on Windows"
	path := filepath.Join(t.TempDir(), ".env")
	text := "\ufeff# the integration's own file\r\n\r\nVENDOR_API_KEY=" + synthesizetest.DefaultVendorKey + "\r\nPARTNER_API_KEY=\"" + synthesizetest.DefaultPartnerKey + "\"\r\n" +
		"USERNAME=" + c.Username + "\r\nPASSWORD=" + c.Secret + "\r\nINTEGRATION_CODE=" + c.IntegrationCode + "\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.mustDo("check --env-file "+path, 0)
}

func TestOperator_ObserveTellsNobody(t *testing.T) {
	o := newOperator(t)
	o.env["MODE"] = "observe"
	o.mustDo("run --ledger LEDGER", 0)
	if o.sim.Writes() != 0 {
		t.Errorf("%d writes at Synthesize", o.sim.Writes())
	}
}

func TestOperator_OutageEndsTheRunWithinPatience(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1, Match: func(r synthesizetest.RequestInfo) bool { return r.Method == "POST" }})
	began := time.Now()
	o.mustDo("run --ledger LEDGER --patience 300ms --json", 1)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	var result fetch.Result
	if err := json.Unmarshal(o.stdout.Bytes(), &result); err != nil || result.Usage.Failed == 0 || result.Reason == "" {
		t.Errorf("%v %+v", err, result.Usage)
	}
	o.sim.ClearFaults()
	o.mustDo("run --ledger LEDGER", 0)
}

func TestOperator_InterruptedRunRecordsWhatWasDelivered(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	ctx, interrupt := context.WithCancel(context.Background())
	var posts atomic.Int64
	o.sim.OnRequest(func(r synthesizetest.RequestInfo) {
		if r.Method == "POST" {
			if posts.Add(1) == 30 {
				interrupt()
			}
		}
	})
	if code := o.doesIn(ctx, "run", "--ledger", o.ledger); code != 1 {
		t.Errorf("exit %d\n%s", code, o.stderr.String())
	}
	o.sim.OnRequest(nil)
	told := len(o.sim.Counts())
	if told < 10 || told > 80 {
		t.Fatalf("%d counts arrived before the interruption", told)
	}
	before := o.sim.Writes()
	o.mustDo("run --ledger LEDGER", 0)
	if again := o.sim.Writes() - before; again > 114-told+25 {
		t.Errorf("%d of 114 were told, and the next run posted %d", told, again)
	}
}

func TestOperator_DemoTellsItsStory(t *testing.T) {
	o := newOperator(t)
	dir := filepath.Join(t.TempDir(), "kept")
	o.mustDo("demo --keep "+dir, 0)
	if !strings.Contains(o.stdout.String(), "equals the direct count") {
		t.Errorf("%s", o.stdout.String())
	}
	if strings.ContainsAny(o.stdout.String()+o.stderr.String(), "\x1b\r") {
		t.Error("control characters where there is no terminal")
	}
	o.mustDo("report --ledger "+filepath.Join(dir, "synthsync.ledger"), 0)
	o.mustDo("demo --keep "+dir, 2)
}

func TestOperator_NoSecretAnywhere(t *testing.T) {
	o := newOperator(t)
	o.env["LOG_LEVEL"] = "debug"
	secrets := []string{o.env["AUTOTASK_SECRET"], o.env["AUTOTASK_INTEGRATION_CODE"], o.env["SYNTHESIZE_VENDOR_API_KEY"], o.env["SYNTHESIZE_PARTNER_API_KEY"], "wrong-secret-5f3"}
	secrets = append(secrets, synthesizetest.Token(synthesizetest.DefaultVendorKey, synthesizetest.DefaultPartnerKey))
	for _, s := range secrets[:5] {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(s)))
	}
	good := maps.Clone(o.env)
	breaks := []func(){
		func() {},
		func() { o.env["AUTOTASK_SECRET"] = "wrong-secret-5f3" },
		func() { o.env["SYNTHESIZE_PARTNER_API_KEY"] = "wrong-secret-5f3" },
		func() { o.tenant.Inject(autotasktest.Fault{Kind: autotasktest.HTMLPage, Times: -1}) },
		func() { o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.ServerError, Times: -1}) },
		func() { o.env["AUTOTASK_URL"] = "ftp://" + good["AUTOTASK_SECRET"] },
	}
	for i, broken := range breaks {
		o.env = maps.Clone(good)
		o.tenant.ClearFaults()
		o.sim.ClearFaults()
		broken()
		for _, line := range []string{"check --patience 100ms", "plan --patience 100ms --ledger LEDGER", "run --patience 100ms --ledger LEDGER", "run --patience 100ms --json --ledger LEDGER", "report --ledger LEDGER"} {
			o.does(line)
			book, _ := os.ReadFile(o.ledger)
			text := fmt.Sprint(o.stdout.String(), o.stderr.String(), string(book))
			for _, s := range secrets {
				if strings.Contains(text, s) {
					t.Errorf("break %d, %s: a secret shows (%d characters)", i, line, len(s))
				}
			}
		}
	}
}
