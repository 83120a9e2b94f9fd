package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
)

// reasons are why runs fail, in their words; # is a figure or an id, and @ a run, that is another one each night.
var reasons = []string{
	`Autotask refused the login (login, secret version v#): status 401: {"errors":["# no"]}; correct the credentials, nothing is sent until then`,
	"count Autotask ConfigurationItems: # rows, but the counts sum up to 1#",
	"run @ is already running (its lease ends at 2026-11-01T02:#Z); wait for it, or until then",
	`not made: make service "Managed Servers": synthesize: make a service: POST /vendor/#/service: status 409: taken, request 7f#e`,
	"not told: company # (Acme # (North) Ltd): Managed Workstations of company #: synthesize: post a count: POST /service/a#/count: status 500: busy",
	"read the accounts from the ledger: ledger table prod: list: throttled, request id #",
}

// toldOf announces a run that failed for a reason in a night, and says whether a person is told of it.
func (o *office) toldOf(p *pager, reason string, night int, decided bool) bool {
	reason = strings.NewReplacer("#", fmt.Sprint(1000+night), "@", strings.Repeat(string(rune('A'+night)), 26)).Replace(reason)
	r := fetch.Result{RunID: fmt.Sprint("run-", night), State: fetch.StateFailed, Decided: decided, Reason: reason}
	got, _ := o.after(p, r, false)
	return slices.ContainsFunc(got, func(title string) bool { return strings.HasPrefix(title, "failed: A run failed") })
}

func TestAnnounce_RunsFailForOneReason_ItIsToldOnce(t *testing.T) {
	for _, reason := range reasons {
		for _, decided := range []bool{true, false} {
			o, p := newOffice(t), &pager{}
			for night := range 4 {
				if told := o.toldOf(p, reason, night, decided); told != (night == 0) {
					t.Errorf("night %d, decided %v: told %v: %s", night, decided, told, reason)
				}
			}
		}
	}
}

func TestAnnounce_RunsFailForAnotherReason_ItIsToldAsWell(t *testing.T) {
	o, p := newOffice(t), &pager{}
	for night, reason := range reasons {
		if !o.toldOf(p, reason, night, false) {
			t.Errorf("nobody is told: %s", reason)
		}
	}
	for night, reason := range reasons {
		if o.toldOf(p, reason, night, false) {
			t.Errorf("told twice while it is not known to be over: %s", reason)
		}
	}
}

// One client's post is refused for good. Others come and go: which, and how many, is no other reason.
func TestAnnounce_MoreFailsForTheSameReason_IsNoNews(t *testing.T) {
	o, p := newOffice(t), &pager{}
	one := "not told: company # (Acme): Managed Servers of company #: status 500: busy"
	more := "not told: company 8 (Bolt (South); Nut): Managed Workstations of company 8: status 500: busy\nManaged Servers of company 8: status 500: busy; … and # more"
	for night, reason := range []string{one, one + "; " + more, more, one} {
		if told := o.toldOf(p, reason, night, true); told != (night == 0) {
			t.Errorf("night %d: told %v: %s", night, told, reason)
		}
	}
	if !o.toldOf(p, one+`; not made: make service "Managed Servers": status 409: taken`, 5, true) {
		t.Error("nobody is told what has come on top")
	}
}

// The lost mapping is told as such.
func TestAnnounce_AMappingIsLostInARunThatFailsAsBefore_TheFailureIsNoNews(t *testing.T) {
	o, p := newOffice(t), &pager{}
	reason := "not told: company # (Acme): status 500: busy"
	o.toldOf(p, reason, 1, true)
	if o.toldOf(p, reason+"; # "+fetch.MappingsLost, 2, true) {
		t.Error("told as another failure")
	}
}

// A reason that was over, in a run that came further, is told when it is back.
func TestAnnounce_AReasonIsBackAfterRunsThatFailedForAnother_IsToldAnew(t *testing.T) {
	o, p := newOffice(t), &pager{}
	for night, refused := range []bool{false, true, false, true} {
		reason, decided := reasons[3], true
		if refused {
			reason, decided = reasons[0], false
		}
		if told := o.toldOf(p, reason, night, decided); told != (refused || night == 0) {
			t.Errorf("night %d: told %v: %s", night, told, reason)
		}
	}
}
