package fetch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
)

// A user whose rights are narrowed gets fewer rows and no error: here those of two companies of three, far below what the
// guard looks at.
func TestRights_NarrowedBetweenTwoRuns_RunIsHeldAndSaysWhy(t *testing.T) {
	o := newOffice(t)
	if first := o.night(); first.Read.Rights["Companies"] != "All" || first.Read.Rights["ConfigurationItems"] != "All" || len(attention(first, fetch.KindRights)) != 0 {
		t.Fatalf("rights %v, %v", first.Read.Rights, first.Attention)
	}
	o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
	held := o.night()
	if held.State != fetch.StateHeld || !strings.Contains(held.Reason, "he may read ConfigurationItems only in part now") || !strings.Contains(held.Reason, "may read Companies only in part now") {
		t.Fatalf("%s: %s", held.State, held.Reason)
	}
	if n := len(attention(held, fetch.KindRights)); n != 2 {
		t.Errorf("%d notes on rights", n)
	}
	if again := o.night(); again.State != fetch.StateHeld {
		t.Errorf("the night after, the run is %s", again.State)
	}
	o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = false })
	if after := o.night(); after.State != fetch.StateDone {
		t.Errorf("with all rights the run is %s: %s", after.State, after.Reason)
	}
}

func TestRights_NarrowedAndApproved_LaterRunsPassAndStillReportIt(t *testing.T) {
	o := newOffice(t)
	o.night()
	o.tenant.Switch(func(s *autotasktest.Switches) { s.QueryAccess = "Restricted" })
	held := o.night()
	o.approve(held.RunID)
	for range 2 {
		r := o.night()
		if r.State != fetch.StateDone || len(attention(r, fetch.KindRights)) != 2 {
			t.Errorf("%s: %s, %v", r.State, r.Reason, r.Attention)
		}
	}
}

// The hold for narrowed rights has no figures of its own: what the person saw, and approved, is what that run counted.
func TestRights_ApprovedAndThenNarrowedFurther_IsHeldAnew(t *testing.T) {
	o := newOffice(t)
	fleet := o.add(1, 1, 60)
	o.night()
	o.tenant.Switch(func(s *autotasktest.Switches) { s.QueryAccess = "Restricted" })
	held := o.night()
	for _, id := range fleet[:9] { // far below what the guard looks at
		o.tenant.Retire(id)
	}
	o.approve(held.RunID)
	if r := o.night(); r.State != fetch.StateHeld || !strings.Contains(r.Reason, "was approved by anna") {
		t.Errorf("9 units fewer than approved: %s, %s", r.State, r.Reason)
	}
}

func TestRights_RestrictedFromTheFirstRunOn_IsReportedAndHoldsNothing(t *testing.T) {
	o := newOffice(t)
	o.tenant.Switch(func(s *autotasktest.Switches) { s.Restricted = true })
	for range 2 {
		if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindRights)) != 2 {
			t.Errorf("%s: %s, %v", r.State, r.Reason, r.Attention)
		}
	}
}

func TestRights_MayReadNothing_RunFailsBeforeItems(t *testing.T) {
	o := newOffice(t)
	o.tenant.Inject(autotasktest.Fault{Match: autotasktest.On("ConfigurationItems", "entityInformation"), Kind: autotasktest.HTMLPage, Status: http.StatusOK, Text: `{"info":{"canQuery":true,"userAccessForQuery":"None"}}`})
	r, err := o.run(fetch.Event{})
	if err == nil || !strings.Contains(err.Error(), "the API user may not read ConfigurationItems") {
		t.Fatalf("%s: %v", r.State, err)
	}
	if n := o.tenant.Count(func(r autotasktest.Request) bool {
		return r.Entity == "ConfigurationItems" && strings.HasPrefix(r.Operation, "query")
	}); n != 0 {
		t.Errorf("%d requests for items", n)
	}
}

// What Autotask does not tell is reported. It neither holds nor fails a run, and does not make a later narrowing look old.
func TestRights_AutotaskDoesNotSay_RunGoesOnAndRemembersWhatWasKnown(t *testing.T) {
	o := newOffice(t)
	o.night()
	rights := func(r autotasktest.Request) bool { return strings.EqualFold(r.Operation, "entityInformation") }
	o.tenant.Inject(autotasktest.Fault{Match: rights, Times: -1, Kind: autotasktest.Answer, Status: http.StatusNotFound, Text: "no such resource"})
	unknown := o.night()
	if unknown.State != fetch.StateDone || unknown.Read.Rights["Companies"] != "" || len(attention(unknown, fetch.KindRights)) != 2 {
		t.Fatalf("%s: %s, rights %v, %v", unknown.State, unknown.Reason, unknown.Read.Rights, attention(unknown, fetch.KindRights))
	}
	o.tenant.ClearFaults()
	o.tenant.Switch(func(s *autotasktest.Switches) { s.QueryAccess = "Restricted" })
	if held := o.night(); held.State != fetch.StateHeld {
		t.Errorf("narrowed after a night of not knowing: %s", held.State)
	}
}

func TestRights_CostTwoRequestsARun(t *testing.T) {
	o := newOffice(t)
	o.night()
	var asked []string
	for _, r := range o.tenant.Requests() {
		if strings.EqualFold(r.Operation, "entityInformation") {
			asked = append(asked, r.Entity)
		}
	}
	slices.Sort(asked)
	if !slices.Equal(asked, []string{"Companies", "ConfigurationItems"}) {
		t.Errorf("asked for %v", asked)
	}
}

// Whoever may not ask may read the rows all the same: until now nobody asked.
func TestRights_AutotaskRefusesToSay_RunGoesOn(t *testing.T) {
	rights := func(r autotasktest.Request) bool { return strings.EqualFold(r.Operation, "entityInformation") }
	for name, fault := range map[string]autotasktest.Fault{
		"403":                       {Kind: autotasktest.Answer, Status: http.StatusForbidden, Text: "no"},
		"405":                       {Kind: autotasktest.Answer, Status: http.StatusMethodNotAllowed, Text: "no"},
		"500 that names the right":  {Kind: autotasktest.Answer, Status: http.StatusInternalServerError, Text: "The logged in Resource does not have the adequate permissions"},
		"200 that names the right":  {Kind: autotasktest.Answer, Status: http.StatusOK, Text: "The logged in Resource does not have the adequate permissions"},
		"an answer without it":      {Kind: autotasktest.HTMLPage, Status: http.StatusOK, Text: `{"info":{"canQuery":true}}`},
		"a level that is not known": {Kind: autotasktest.HTMLPage, Status: http.StatusOK, Text: `{"info":{"userAccessForQuery":"Mine"}}`},
	} {
		o := newOffice(t)
		fault.Match, fault.Times = rights, -1
		o.tenant.Inject(fault)
		if r, err := o.run(fetch.Event{}); err != nil || r.State != fetch.StateDone || len(attention(r, fetch.KindRights)) != 2 {
			t.Errorf("%s: %s, %v, %v", name, r.State, err, r.Attention)
		}
	}
}

func TestRights_AutotaskDoesNotAnswer_IsAskedAgainAndNamedAsTheReason(t *testing.T) {
	o := newOffice(t)
	rights := func(r autotasktest.Request) bool { return strings.EqualFold(r.Operation, "entityInformation") }
	o.tenant.Inject(autotasktest.Fault{Match: rights, Times: 1, Kind: autotasktest.Answer, Status: http.StatusInternalServerError, Text: "busy"})
	if r := o.night(); r.State != fetch.StateDone || len(attention(r, fetch.KindRights)) != 0 {
		t.Errorf("after one failure: %s, %v", r.State, r.Attention)
	}
	o.tenant.Inject(autotasktest.Fault{Match: rights, Times: -1, Kind: autotasktest.Answer, Status: http.StatusInternalServerError, Text: "busy"})
	o.patience = briefly
	if r, err := o.run(fetch.Event{}); err == nil || !strings.Contains(r.Reason, "read the access to ") {
		t.Errorf("%s: %s", r.State, r.Reason)
	}
}
