package functions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/lambdatest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// counted is how many counts Synthesize was sent.
func (s *stack) counted() int {
	n := 0
	for _, r := range s.sim.Requests() {
		if r.Operation == synthesizetest.PostCount {
			n++
		}
	}
	return n
}

// oneCountWaits is a stack whose run has looked at Synthesize, and whose count of a new device waits to be told.
func oneCountWaits(t *testing.T) *stack {
	t.Helper()
	s := deploy(t, nil)
	s.run()
	s.sim.MapAll()
	s.run()
	s.tenant.AddItem(autotasktest.Item{ID: 9001, Company: 1, Type: 3})
	if r := s.invoke(lambdatest.SchedulerEvent("one count", time.Now())); r.Error != nil {
		t.Fatal(r.Error)
	}
	s.drain("accounts.fifo", s.account)
	return s
}

// A run has looked at Synthesize. Before its counts are told, somebody puts another organization's keys into the secret.
func TestCloud_KeysOfAnotherOrganization_BetweenTheLookAndTheCounts_NothingIsTold(t *testing.T) {
	t.Parallel()
	s := oneCountWaits(t)
	s.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	s.secrets(autotasktest.DefaultCredentials.Secret, synthesizetest.DefaultPartnerKey, "v2")
	s.usage = s.start("./sync-usage") // a new process, which has read the new keys
	s.sim.ResetLog()
	s.drain("usage.fifo", s.usage)
	if n := s.counted(); n != 0 {
		t.Errorf("%d counts were sent to another organization", n)
	}
	if s.cloud.Queue("usage.fifo").Len() != 1 {
		t.Error("the message did not wait")
	}
	if log := s.usage.Log(); !strings.Contains(log, "this ledger belongs to the Synthesize tenant") {
		t.Errorf("the log does not say why: %s", log)
	}
}

// Keys that were rotated are the same tenant's: what waits is told with them at once.
func TestCloud_KeysRotatedBetweenTheLookAndTheCounts_AreAskedWhoseTheyAre_AndTell(t *testing.T) {
	t.Parallel()
	s := oneCountWaits(t)
	s.secrets(autotasktest.DefaultCredentials.Secret, s.sim.RotatePartnerKey(""), "v2")
	s.usage = s.start("./sync-usage")
	s.sim.ResetLog()
	s.drain("usage.fifo", s.usage)
	s.truth()
	if n := s.sim.Total(); n != 2 {
		t.Errorf("%d requests, want the question and the count", n)
	}
	s.noSecrets()
}

// A process that has the old keys in its cache is refused while counts go out, and finds another organization's in the secret.
func TestCloud_KeysRefusedWhileCountsGoOut_AnotherOrganizationsInTheSecret_NothingIsTold(t *testing.T) {
	t.Parallel()
	s := oneCountWaits(t)
	s.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	s.secrets(autotasktest.DefaultCredentials.Secret, s.sim.RotatePartnerKey(""), "v2")
	s.sim.ResetLog()
	s.drain("usage.fifo", s.usage)
	for _, r := range s.sim.Requests() {
		if r.Operation == synthesizetest.PostCount && r.Status != 401 {
			t.Errorf("a count was sent to another organization: status %d", r.Status)
		}
	}
	if n := s.sim.Total(); n != 2 {
		t.Errorf("%d requests, want the refused count and the question whose keys these are", n)
	}
	if log := s.usage.Log(); !strings.Contains(log, "this ledger belongs to the Synthesize tenant") {
		t.Errorf("the log does not say why: %s", log)
	}
	s.noSecrets()
}

// Keys of the same organization are used at once.
func TestCloud_KeysRotatedWhileCountsGoOut_TheCountIsTold(t *testing.T) {
	t.Parallel()
	s := oneCountWaits(t)
	s.secrets(autotasktest.DefaultCredentials.Secret, s.sim.RotatePartnerKey(""), "v2")
	s.drain("usage.fifo", s.usage)
	s.truth()
}

// lookAlone has sync-accounts work a run's services message. A new company's account and another's new name wait behind it.
func (s *stack) lookAlone() {
	s.t.Helper()
	s.tenant.SetCompany(autotasktest.Company{ID: 1, Name: "Company 1, renamed"})
	s.tenant.SetCompany(autotasktest.Company{ID: 6, Name: "Company 6"})
	s.tenant.AddItem(autotasktest.Item{ID: 9001, Company: 6, Type: 3})
	if r := s.invoke(lambdatest.SchedulerEvent("look", time.Now())); r.Error != nil {
		s.t.Fatal(r.Error)
	}
	q := s.cloud.Queue("accounts.fifo")
	look := q.Receive(1)
	if _, settlement := s.batch(s.account, "accounts.fifo", look); len(look) != 1 || look[0].Group != "services" || len(settlement.Returned) != 0 {
		s.t.Fatalf("the look: %+v", settlement)
	}
	q.Settle(look, nil)
	if q.Len() != 2 {
		s.t.Fatalf("%d messages wait, want the new account and the new name", q.Len())
	}
}

// A run has looked at Synthesize, and accounts wait. Before they are made, somebody puts another organization's keys into
// the secret: a client of this one must not appear there, nor be renamed there.
func TestCloud_KeysOfAnotherOrganization_BetweenTheLookAndTheAccounts_NothingIsMade(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.lookAlone()
	s.sim.RemakeIntegration(synthesizetest.Remaking{NewOrganizationID: true})
	s.secrets(autotasktest.DefaultCredentials.Secret, synthesizetest.DefaultPartnerKey, "v2")
	s.account = s.start("./sync-accounts") // a new process, which has read the new keys
	s.sim.ResetLog()
	s.drain("accounts.fifo", s.account)
	if n := s.sim.Writes(); n != 0 {
		t.Errorf("%d requests that write were sent to another organization", n)
	}
	if n := s.cloud.Queue("accounts.fifo").Len(); n != 2 {
		t.Errorf("%d messages wait, want both", n)
	}
	if log := s.account.Log(); !strings.Contains(log, "this ledger belongs to the Synthesize tenant") {
		t.Errorf("the log does not say why: %s", log)
	}
}

// Keys that were rotated are the same tenant's: what waits is made with them at once.
func TestCloud_KeysRotatedBetweenTheLookAndTheAccounts_AreAskedWhoseTheyAre_AndMake(t *testing.T) {
	t.Parallel()
	s := deploy(t, nil)
	s.run()
	s.lookAlone()
	s.secrets(autotasktest.DefaultCredentials.Secret, s.sim.RotatePartnerKey(""), "v2")
	s.account = s.start("./sync-accounts")
	s.sim.ResetLog()
	s.drain("accounts.fifo", s.account)
	if n := s.sim.Total(); n != 3 || len(s.sim.Accounts()) != 6 {
		t.Errorf("%d requests, want the question, the account and the name; accounts %v", n, s.sim.Accounts())
	}
	s.noSecrets()
}
