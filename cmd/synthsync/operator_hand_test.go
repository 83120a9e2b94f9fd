package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// settled has run until everything is mapped and told.
func settled(t *testing.T) *operator {
	t.Helper()
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	o.sim.MapAll()
	o.mustDo("run --ledger LEDGER", 0)
	return o
}

func (o *operator) result() fetch.Result {
	o.t.Helper()
	var r fetch.Result
	if err := json.Unmarshal(o.stdout.Bytes(), &r); err != nil {
		o.t.Fatalf("%v\n%s", err, o.stdout.String())
	}
	return r
}

func (o *operator) says(words ...string) {
	o.t.Helper()
	for _, w := range words {
		if !strings.Contains(o.stdout.String()+o.stderr.String(), w) {
			o.t.Errorf("it does not say %q:\n%s%s", w, o.stdout.String(), o.stderr.String())
		}
	}
}

// does what strings.Fields cannot split: arguments with blanks.
func (o *operator) mustType(want int, args ...string) {
	o.t.Helper()
	if got := o.doesIn(o.t.Context(), args...); got != want {
		o.t.Fatalf("synthsync %q: exit %d, want %d\n%s%s", args, got, want, o.stdout.String(), o.stderr.String())
	}
}

// retire retires at most n items that match.
func (o *operator) retire(n int, which func(autotasktest.Item) bool) []int64 {
	var ids []int64
	o.tenant.Items(func(i autotasktest.Item) bool {
		if len(ids) < n && !i.Inactive && which(i) {
			ids = append(ids, i.ID)
		}
		return true
	})
	for _, id := range ids {
		o.tenant.Retire(id)
	}
	return ids
}

func laptop(i autotasktest.Item) bool { return i.Type == autotasktest.TypeLaptop }

func (o *operator) heldRun() string {
	o.t.Helper()
	o.mustDo("run --ledger LEDGER --json", 3)
	return o.result().RunID
}

func TestMode_ObserveTellsNothingAndSaysWhatItWouldHaveTold(t *testing.T) {
	o := newOperator(t)
	o.env["MODE"] = "observe"
	o.mustDo("run --ledger LEDGER --json", 0)
	r := o.result()
	if o.sim.Writes() != 0 || r.Mode != "observe" || r.Would == nil || r.Would.Counts == 0 || r.Would.Unmapped != r.Would.Counts {
		t.Errorf("%d writing requests, mode %s, would %+v", o.sim.Writes(), r.Mode, r.Would)
	}
	o.mustDo("run --ledger LEDGER", 0)
	o.says("observed, nobody was told", "Would tell:")
}

func TestMode_PostShowsWhatBecomes0AndWhatIsNotMapped_AndAsks(t *testing.T) {
	o := settled(t)
	// Another ledger: what stands at Synthesize is an earlier integration's.
	o.ledger += ".new"
	o.env["MODE"] = "observe"
	company := int64(0)
	o.retire(10000, func(i autotasktest.Item) bool {
		if company == 0 && i.Company != 0 && i.Type == autotasktest.TypeServer {
			company = i.Company
		}
		return company != 0 && i.Company == company
	})
	o.mustDo("run --ledger LEDGER", 0)
	writes := o.sim.Writes()
	o.mustDo("mode post --ledger LEDGER", 2)
	o.says("Become 0:", "left behind by an earlier integration", "nobody has answered; give --yes")
	if o.sim.Writes() != writes {
		t.Error("showing wrote something")
	}
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Mode != "observe" || r.Would.LeftBehind == 0 {
		t.Errorf("a question without an answer changed the mode: %+v", r)
	}
	o.mustDo("mode post --ledger LEDGER --yes", 0)
	o.mustDo("run --ledger LEDGER", 0)
	if o.sim.Writes() == writes {
		t.Error("the word of the ledger does not win over MODE=observe")
	}
	o.says("[mode]")
	o.mustDo("mode --ledger LEDGER", 0)
	o.says("The mode is post, set by")
	o.mustDo("report --ledger LEDGER", 0)
	o.says("The mode is post, set by")
	o.mustDo("mode observe --ledger LEDGER", 0)
	writes = o.sim.Writes()
	delete(o.env, "MODE")
	o.mustDo("run --ledger LEDGER --full", 0)
	if o.sim.Writes() != writes {
		t.Error("observe told something")
	}
	o.mustDo("mode sideways --ledger LEDGER", 2)
}

func TestApprove_LetsPassWhatWasSeenAndNothingElse(t *testing.T) {
	o := settled(t)
	gone := o.retire(10000, laptop)
	if len(gone) < 10 {
		t.Fatalf("%d laptops", len(gone))
	}
	run := o.heldRun()
	o.mustDo("approve nonsense --ledger LEDGER --reason x", 2)
	o.says("no run")
	o.mustDo("approve "+run+" --ledger LEDGER", 2) // without a reason
	o.mustDo("approve "+run+" --ledger LEDGER --reason seen", 0)
	o.mustDo("approve "+run+" --ledger LEDGER --reason again", 0)
	o.says("approved already")
	o.mustDo("run --ledger LEDGER", 0)
	o.says("[approved]", "seen")
	o.mustDo("approve "+run+" --ledger LEDGER --reason late", 1)
	o.says("superseded")
	o.mustDo("log --ledger LEDGER --json", 0)
	var log struct{ Acts []ledger.Act }
	if err := json.Unmarshal(o.stdout.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	approvals := 0
	for _, a := range log.Acts {
		if a.What == ledger.ActApprove {
			approvals++
		}
	}
	if approvals != 1 {
		t.Errorf("%d approvals in the log, want the first alone:\n%s", approvals, o.stdout.String())
	}
}

func TestApprove_OfWhatHasChangedSince_IsHeldAnewWithTheDifference(t *testing.T) {
	o := settled(t)
	o.retire(10000, laptop)
	run := o.heldRun()
	o.mustDo("approve "+run+" --ledger LEDGER --reason seen", 0)
	o.retire(30, func(i autotasktest.Item) bool { return i.Company != 0 && i.Type == autotasktest.TypeDesktop })
	o.retire(10000, func(i autotasktest.Item) bool { return i.Type == autotasktest.TypeServer })
	writes := o.sim.Writes()
	second := o.heldRun()
	if o.sim.Writes() != writes {
		t.Error("told something that nobody approved")
	}
	o.says("Managed Servers", "was approved by", "approved were")
	o.mustDo("approve "+run+" --ledger LEDGER --reason x", 1)
	o.mustDo("approve "+second+" --ledger LEDGER --reason x", 0)
	o.mustDo("run --ledger LEDGER", 0)
}

func TestApprove_OfARunThatWasNotHeld_Exit2(t *testing.T) {
	o := settled(t)
	o.mustDo("run --ledger LEDGER --json", 0)
	o.mustDo("approve "+o.result().RunID+" --ledger LEDGER --reason x", 2)
	o.says("was not held")
}

func TestHold_StopsPostingUntilResume_ForceIncluded(t *testing.T) {
	o := settled(t)
	o.mustType(0, "hold", "--ledger", "LEDGER", "--reason", "month end")
	o.tenant.AddItem(autotasktest.Item{Company: o.tenant.Companies()[1].ID, Type: autotasktest.TypeServer})
	writes := o.sim.Writes()
	for _, line := range []string{"run --ledger LEDGER --json", "run --ledger LEDGER --json --force"} {
		o.mustDo(line, 3)
		o.says("month end", "synthsync resume")
		if r := o.result(); r.State != "held" || o.sim.Writes() != writes {
			t.Errorf("%s: %s, %d writing requests", line, r.State, o.sim.Writes()-writes)
		}
	}
	run := o.result().RunID
	o.mustDo("approve "+run+" --ledger LEDGER --reason x", 2)
	o.says("resume")
	o.mustDo("resume --ledger LEDGER", 0)
	o.mustDo("resume --ledger LEDGER", 0)
	o.mustDo("run --ledger LEDGER", 0)
	if o.sim.Writes() == writes {
		t.Error("resume did not let posting go on")
	}
}

func TestRelease_PostsZerosOnce_AndIsRememberedUntilTheCompanyIsBack(t *testing.T) {
	o := settled(t)
	c := o.tenant.Companies()[1]
	id := fmt.Sprint(c.ID)
	total := func() (sum int64) {
		for pair, count := range o.sim.Counts() {
			if pair.AccountID == id && count.String() != "0" {
				sum++
			}
		}
		return sum
	}
	if total() == 0 {
		t.Fatal("nothing stands for the company")
	}
	o.tenant.ChangeCompany(c.ID, func(c *autotasktest.Company) { c.Hidden = true })
	o.mustDo("run --ledger LEDGER", 0)
	if total() == 0 {
		t.Fatal("invisible is not gone")
	}
	o.mustDo("release 987654 --ledger LEDGER --reason x", 2)
	o.says("never told")
	o.mustDo("release "+id+" --ledger LEDGER --reason x", 2)
	o.says("Becomes", "nobody has answered; give --yes")
	o.mustType(0, "release", id, "--ledger", "LEDGER", "--reason", "client left", "--yes")
	o.mustDo("run --ledger LEDGER", 0)
	o.says("client left")
	if total() != 0 {
		t.Errorf("%d counts stand above 0", total())
	}
	writes := o.sim.Writes()
	o.mustDo("run --ledger LEDGER", 0)
	if o.sim.Writes() != writes {
		t.Error("the zeros were told twice")
	}
	o.tenant.ChangeCompany(c.ID, func(c *autotasktest.Company) { c.Hidden = false })
	o.mustDo("run --ledger LEDGER", 0)
	o.says("has", "units again")
	if total() == 0 {
		t.Error("the company is back and nothing is told")
	}
	o.mustDo("run --ledger LEDGER", 0)
	if strings.Contains(o.stdout.String(), "[released]") {
		t.Errorf("it is still released:\n%s", o.stdout.String())
	}
}

func TestRelease_OfAHealthyCompany_AsksLouder_AndCanBeTakenBack(t *testing.T) {
	o := settled(t)
	id := fmt.Sprint(o.tenant.Companies()[1].ID)
	o.mustDo("release "+id+" --ledger LEDGER --reason x", 2)
	o.says("ACTIVE, WITH DEVICES")
	o.mustDo("release "+id+" --ledger LEDGER --reason x --yes", 0)
	for range 2 {
		o.mustDo("run --ledger LEDGER", 0)
		o.says("0 is told for it")
	}
	for pair, count := range o.sim.Counts() {
		if pair.AccountID == id && count.String() != "0" {
			t.Errorf("%+v stands at %s", pair, count)
		}
	}
	o.mustDo("release "+id+" --ledger LEDGER --undo --reason x", 0)
	o.mustDo("release "+id+" --ledger LEDGER --undo --reason x", 2)
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted == 0 {
		t.Error("taken back, and not told as usual")
	}
}

func TestCompanyGuard_HoldsOneCompany_AllOthersAreTold_Exit3(t *testing.T) {
	o := settled(t)
	o.env["MAX_COMPANY_DROP_PERCENT"] = "50"
	var big, other int64
	counts := map[int64]int{}
	o.tenant.Items(func(i autotasktest.Item) bool {
		if laptop(i) && i.Company != 0 && !i.Inactive {
			counts[i.Company]++
		}
		return true
	})
	for _, c := range o.tenant.Companies() {
		if counts[c.ID] > counts[big] && !c.Hidden && !c.Inactive {
			big = c.ID
		}
	}
	for _, c := range o.tenant.Companies() {
		if c.ID != big && counts[c.ID] > 0 && counts[c.ID] < counts[big] && !c.Hidden && !c.Inactive {
			other = c.ID
		}
	}
	o.retire(10000, func(i autotasktest.Item) bool { return i.Company == big })
	o.retire(1, func(i autotasktest.Item) bool { return i.Company == other && laptop(i) })
	o.env["MAX_DROP_PERCENT"] = "90"
	o.mustDo("run --ledger LEDGER --json", 3)
	r := o.result()
	if r.State != "done" || len(r.Holds) != 1 || r.Holds[0].Company != fmt.Sprint(big) || r.Usage.Posted != 1 {
		t.Fatalf("%s, holds %+v, %+v", r.State, r.Holds, r.Usage)
	}
	o.says("company held", "approve "+r.RunID)
	o.mustDo("approve "+r.RunID+" --ledger LEDGER --reason seen", 0)
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted == 0 || len(r.Holds) != 0 {
		t.Errorf("approved and not told: %+v", r)
	}
}

func TestInactiveCompanies_Zero_CountsThemAs0(t *testing.T) {
	o := settled(t)
	c := o.tenant.Companies()[1]
	c.Inactive = true
	o.tenant.SetCompany(c)
	o.mustDo("run --ledger LEDGER --json", 0)
	if r := o.result(); r.Usage.Posted != 0 {
		t.Errorf("count is the default: %+v", r.Usage)
	}
	o.env["INACTIVE_COMPANIES"] = "zero"
	o.env["MAX_DROP_PERCENT"] = "100"
	o.mustDo("run --ledger LEDGER --json", 0)
	o.says("INACTIVE_COMPANIES=zero")
	if r := o.result(); r.Usage.Posted == 0 || r.Changes[0].Reason != fetch.ReasonInactive {
		t.Errorf("%+v %+v", r.Usage, r.Changes)
	}
	o.env["INACTIVE_COMPANIES"] = "none"
	o.mustDo("run --ledger LEDGER", 2)
}

func TestCompanyTypes_Misspelt_ExitsWith2AndListsThem(t *testing.T) {
	o := settled(t)
	for setting, says := range map[string]string{"Costumer": "Customer (1)", "Customer,,": "one comma between two"} {
		o.env["COMPANY_TYPES"] = setting
		o.mustDo("run --ledger LEDGER", 2)
		o.says("COMPANY_TYPES", says)
	}
	o.env["COMPANY_TYPES"] = "Customer"
	o.mustDo("run --ledger LEDGER", 0)
}

func TestCheck_UserWithFewerRights_IsWarnedOfAndOneWithNoneFails(t *testing.T) {
	o := settled(t)
	o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
	o.mustDo("check", 0)
	o.says("this user may read Companies only in part (Restricted)", "this user may read ConfigurationItems only in part (Restricted)", "full read access")
	o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = false })
	o.tenant.Inject(autotasktest.Fault{Match: autotasktest.On("ConfigurationItems", "entityInformation"), Times: -1, Kind: autotasktest.HTMLPage, Status: http.StatusOK, Text: `{"info":{"userAccessForQuery":"None"}}`})
	o.mustDo("check", 1)
	o.says("this user may not read ConfigurationItems")
	o.tenant.ClearFaults()
	o.mustDo("check", 0)
}

func TestLog_NamesWhoWhyRulesAndVersion(t *testing.T) {
	o := settled(t)
	o.mustType(0, "run", "--ledger", "LEDGER", "--force", "--reason", "I know")
	o.mustDo("log --ledger LEDGER", 0)
	o.says("forced", "I know", "run: done", "unknown")
	o.mustDo("log --ledger LEDGER --json --last 1", 0)
	var log struct{ Acts []ledger.Act }
	if err := json.Unmarshal(o.stdout.Bytes(), &log); err != nil || len(log.Acts) != 1 || log.Acts[0].Rules == "" || log.Acts[0].Version == "" {
		t.Errorf("%v %+v", err, log)
	}
}
