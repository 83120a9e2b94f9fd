package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// counted is what Synthesize should hold: a direct count of the devices, by account and service.
func (o *operator) counted() map[string]int64 {
	rules := map[int64]string{autotasktest.TypeDesktop: "Managed Workstations", autotasktest.TypeLaptop: "Managed Workstations", autotasktest.TypeServer: "Managed Servers"}
	out := map[string]int64{}
	o.tenant.Items(func(i autotasktest.Item) bool {
		if service := rules[i.Type]; service != "" && !i.Inactive {
			out[fmt.Sprint(i.Company, "|", service)]++
		}
		return true
	})
	return out
}

// truth holds Synthesize against that.
func (o *operator) truth() {
	o.t.Helper()
	want := o.counted()
	accounts := map[string]bool{}
	for _, a := range o.sim.Accounts() {
		accounts[a.ID] = true
	}
	held := map[string]string{}
	for pair, units := range o.sim.Counts() {
		held[pair.AccountID+"|"+pair.Service] = units.String()
	}
	for pair, n := range want {
		id, _, _ := strings.Cut(pair, "|")
		if accounts[id] && held[pair] != fmt.Sprint(n) {
			o.t.Errorf("%s: %d devices, Synthesize holds %q", pair, n, held[pair])
		}
	}
	for pair, units := range held {
		if want[pair] == 0 && units != "0" {
			o.t.Errorf("%s: no device, Synthesize holds %s", pair, units)
		}
	}
}

func (o *operator) export() string {
	o.t.Helper()
	path := filepath.Join(o.t.TempDir(), "ledger.jsonl")
	o.mustDo("ledger export "+path+" --ledger LEDGER", 0)
	return path
}

func TestLedger_MovesToAnotherFile_NextRunTellsEveryCountAgain(t *testing.T) {
	o := settled(t)
	o.mustDo("hold --ledger LEDGER --reason review", 0)
	o.mustDo("mode post --ledger LEDGER --yes --reason go", 0)
	path := o.export()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	o.mustDo("ledger export "+path+" --ledger LEDGER", 2)
	o.said("is there already")
	old := o.ledger
	o.ledger += ".new"
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason moved", 0)
	o.says("The mode that somebody had set in the other place is left behind")
	o.mustDo("log --ledger LEDGER", 0)
	o.says("import", "moved", "review") // what was decided before came along
	o.mustDo("run --ledger LEDGER", 3)  // the hold too
	o.mustDo("resume --ledger LEDGER", 0)
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted < len(o.counted())-10 || r.Usage.Unchanged != 0 || r.Accounts.Created != 0 {
		t.Errorf("%+v %+v", r.Usage, r.Accounts)
	}
	o.truth()
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted != 0 {
		t.Errorf("the run after it: %+v", r.Usage)
	}
	// Never older over newer: times go on from where the other place was, whatever this machine's clock says.
	if issuedOf(t, o.ledger).Before(issuedOf(t, old)) {
		t.Error("observation times went back")
	}
}

// An approval is spent by the run that it lets pass. A copy that is older than that run would give it again.
func TestLedger_AnApprovalWasSpentSinceTheExport_IsNotGivenAgain(t *testing.T) {
	o := settled(t)
	o.retire(10000, laptop)
	run := o.heldRun()
	o.mustDo("approve "+run+" --ledger LEDGER --reason seen", 0)
	path := o.export()
	o.mustDo("run --ledger LEDGER", 0)
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason restored --replace --yes", 0)
	o.says("The approval of run " + run + " is left behind")
	o.retire(300, func(i autotasktest.Item) bool { return i.Type == autotasktest.TypeServer })
	o.mustDo("run --ledger LEDGER", 3) // a second fall, from what was told with that approval
	o.said("held")

	old := o.ledger
	o.ledger += ".new" // which knows of no run that it has let pass
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason moved", 0)
	o.mustDo("run --ledger LEDGER", 3)
	o.ledger = old
}

func issuedOf(t *testing.T, path string) time.Time {
	t.Helper()
	store, err := file.Open(path, file.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	docs, err := store.Get(context.Background(), ledger.Key{Kind: "state", ID: "head"})
	var head struct{ Issued time.Time }
	if err != nil || json.Unmarshal(docs[0].Body, &head) != nil {
		t.Fatal(err)
	}
	return head.Issued
}

// An export that is weeks old knows nothing of what was told since: zeros and counts that were never told then.
func TestLedger_OldExportIsImported_OneRunHeals(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	path := o.export() // nothing is mapped, so nothing is told yet
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	gone := o.tenant.Companies()[1].ID
	o.env["MAX_DROP_PERCENT"] = "100"
	o.retire(10000, func(i autotasktest.Item) bool { return i.Company == gone })
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason restored", 2)
	o.said("--replace")
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason restored --replace --yes", 0)
	o.mustDo("run --ledger LEDGER", 0)
	o.truth()
}

func TestLedger_ADamagedExport_IsRefusedByItsLineAndLeavesTheLedgerAsItIs(t *testing.T) {
	o := settled(t)
	path := o.export()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	last := len(lines) - 2 // the end; after it comes nothing
	with := func(change func(l [][]byte) [][]byte) []byte {
		return bytes.Join(change(slices.Clone(lines)), nil)
	}
	flipped := bytes.Clone(good)
	flipped[bytes.Index(good, []byte("Northwind"))] ^= 1
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"empty":          {nil, "line 1: the end is missing"},
		"another file":   {[]byte("name,units\n"), "line 1: this is no export"},
		"cut off":        {with(func(l [][]byte) [][]byte { return l[:last] }), "the end is missing"},
		"cut in a line":  {good[:len(good)/2], "line"},
		"a bit":          {flipped, fmt.Sprintf("line %d: the %d documents before it are not those", last+1, last-1)},
		"one is missing": {with(func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }), "are not those that were exported"},
		"one twice":      {with(func(l [][]byte) [][]byte { return slices.Insert(l, 3, l[2]) }), "line 4: state/"},
		"more after it":  {append(bytes.Clone(good), "{}\n"...), "something follows the end"},
		"newer":          {bytes.Replace(good, []byte(`"format":1`), []byte(`"format":7`), 1), "newer program"},
		"unknown kind":   {bytes.Replace(good, []byte(`{"kind":"run"`), []byte(`{"kind":"rum"`), 1), `"rum" is no kind`},
	} {
		bad := filepath.Join(t.TempDir(), "bad.jsonl")
		if err := os.WriteFile(bad, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if code := o.does("ledger import " + bad + " --ledger LEDGER --reason test --replace --yes"); code != 2 || !strings.Contains(o.stderr.String(), c.says) {
			t.Errorf("%s: exit %d: %s", name, code, o.stderr.String())
		}
	}
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted != 0 {
		t.Errorf("the ledger was changed: %+v", r.Usage)
	}
}

func TestLedger_ImportOfAnotherTenant_IsRefusedAndNamesBoth(t *testing.T) {
	o := settled(t)
	first := o.ledger
	o.ledger += ".other"
	o.tenant.ChangeCompany(0, func(c *autotasktest.Company) { c.Name = "Another MSP" })
	o.tenant.MoveZone("zone7", 999)
	o.mustDo("run --ledger LEDGER", 0)
	path := o.export()
	o.ledger = first
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason test --replace --yes", 2)
	o.said("Example MSP", "Another MSP")
	o.mustDo("report --ledger LEDGER", 0)
}

func TestLedger_NobodyAnswers_NothingIsReplaced(t *testing.T) {
	o := settled(t)
	path := o.export()
	o.mustDo("ledger import "+path+" --ledger LEDGER --reason test --replace", 2)
	o.said("nobody has answered")
}
