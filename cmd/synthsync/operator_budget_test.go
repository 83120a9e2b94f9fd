package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// busy has other integrations use so much of an hour of 10,000 requests.
func (o *operator) busy(othersUsed int64) {
	o.tenant.Switch(func(s *autotasktest.Switches) { s.HourLimit, s.OthersUsed = 10_000, othersUsed })
}

func TestOperator_Check_SaysWhatARunMayUseAndNeeds(t *testing.T) {
	o := newOperator(t)
	o.busy(9_980)
	o.mustDo("check", 0)
	for _, part := range []string{"needs about 19 requests, may use 9 (50 % of the rest); would stop", "it would stop (AUTOTASK_OVER_BUDGET)"} {
		if !strings.Contains(o.stdout.String(), part) {
			t.Errorf("check does not say %q:\n%s", part, o.stdout.String())
		}
	}
	o.env["AUTOTASK_OVER_BUDGET"] = "wait"
	o.busy(0)
	o.mustDo("check --json", 0)
	var checked struct {
		Autotask struct {
			Budget fetch.Budget `json:"budget"`
		} `json:"autotask"`
	}
	if err := json.Unmarshal(o.stdout.Bytes(), &checked); err != nil {
		t.Fatal(err)
	}
	b := checked.Autotask.Budget
	if b.Limit != 10_000 || b.Percent != 50 || b.Over != "wait" || b.Needed != 19 || b.Allowed < 4_900 || b.Exceeded {
		t.Errorf("%+v", b)
	}
}

func TestOperator_Run_ShowsItsShareOfTheHour_InTableAndJSON(t *testing.T) {
	o := newOperator(t)
	o.mustDo("run --ledger LEDGER", 0)
	if !strings.Contains(o.stdout.String(), "reading the items needs about 19 requests, may use 4999 (50 % of the rest))") {
		t.Errorf("the table does not show it:\n%s", o.stdout.String())
	}
	o.busy(9_950)
	o.mustDo("plan --ledger LEDGER --json", 1)
	o.said("needs about 19 requests", "AUTOTASK_OVER_BUDGET=wait")
	var result fetch.Result
	if err := json.Unmarshal(o.stdout.Bytes(), &result); err != nil {
		t.Fatalf("%v\n%s", err, o.stdout.String())
	}
	// How many requests the run before took is not the same each time: two readers share the items.
	b := result.Budget
	if rest := 10_000 - b.Used; !b.Exceeded || b.Needed != 19 || b.Used <= 9_950 || b.Allowed != rest/2 || b.Over != "stop" {
		t.Errorf("%+v", b)
	}
}

func TestOperator_OverBudget_NeitherStopNorWait_IsAFaultOfTheSettings(t *testing.T) {
	o := newOperator(t)
	o.env["AUTOTASK_OVER_BUDGET"] = "later"
	o.mustDo("run --ledger LEDGER", 2)
	o.said("AUTOTASK_OVER_BUDGET", "stop or wait")
	o.nobodyCalled()
}
