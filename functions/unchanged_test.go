package functions_test

import (
	"fmt"
	"testing"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

const settledCompanies = 1500

// ledgerCalls is what was asked of the ledger's table.
type ledgerCalls struct{ reads, writes int }

func (s *stack) ledgerCalls() ledgerCalls {
	return ledgerCalls{
		reads:  s.cloud.Calls("GetItem") + s.cloud.Calls("BatchGetItem") + s.cloud.Calls("Query"),
		writes: s.cloud.Calls("PutItem") + s.cloud.Calls("TransactWriteItems"),
	}
}

// nightOf runs one night and tells what it asked of the ledger, and how many batches each worker got.
func (s *stack) nightOf() (used ledgerCalls, accounts, usage int) {
	s.t.Helper()
	before := s.ledgerCalls()
	if r := s.invoke([]byte(`{}`)); r.Error != nil {
		s.t.Fatal(r.Error)
	}
	accounts, usage = s.hand("accounts.fifo", s.account, 0), s.hand("usage.fifo", s.usage, 0)
	after := s.ledgerCalls()
	return ledgerCalls{after.reads - before.reads, after.writes - before.writes}, accounts, usage
}

// settledStack has told all that there is of a tenant of 1,500 companies, all mapped; id is that of the newest item.
func settledStack(t testing.TB) (s *stack, id int64) {
	t.Helper()
	s = deploy(t, map[string]string{"SYNTHESIZE_RATE": "100000", "LOG_LEVEL": "ERROR"})
	s.sim.Switch(func(w *synthesizetest.Switches) { w.RateLimit = -1 })
	id = 100_000
	for c := int64(6); c <= settledCompanies; c++ {
		s.tenant.SetCompany(autotasktest.Company{ID: c, Name: fmt.Sprint("Company ", c)})
		for _, typ := range []int64{1, 1, 3} {
			id++
			s.tenant.AddItem(autotasktest.Item{ID: id, Company: c, Type: typ})
		}
	}
	s.run()
	s.sim.MapAll()
	s.run()
	s.truth()
	return s, id
}

// BenchmarkUnchanged tells what a night in which nothing changed asks of Synthesize, the queues and the ledger. The test
// below fails where it is too much.
//
//	go test ./functions -run '^$' -bench Unchanged -benchtime 1x
func BenchmarkUnchanged(b *testing.B) {
	s, _ := settledStack(b)
	b.ResetTimer()
	for range b.N {
		posted := s.sim.Writes()
		quiet, looks, told := s.nightOf()
		b.ReportMetric(settledCompanies, "accounts")
		b.ReportMetric(float64(s.sim.Writes()-posted), "posts")
		b.ReportMetric(float64(told), "usage-batches")
		b.ReportMetric(float64(looks), "looks")
		b.ReportMetric(float64(quiet.reads), "ledger-reads")
		b.ReportMetric(float64(quiet.writes), "ledger-writes")
	}
}

// A night in which nothing changed costs the read in Autotask and one look at Synthesize; beyond it, costs grow with what
// changed and not with the fleet.
func TestUnchangedNight_TellsNobody_AndHardlyTouchesTheLedger(t *testing.T) {
	t.Parallel()
	s, id := settledStack(t)
	posted := s.sim.Writes()
	quiet, looks, told := s.nightOf()
	t.Logf("%d companies, nothing changed: %d reads and %d writes of the ledger", settledCompanies, quiet.reads, quiet.writes)
	if n := s.sim.Writes() - posted; n > 0 {
		t.Errorf("%d writing requests to Synthesize", n)
	}
	if looks != 1 || told != 0 {
		t.Errorf("sync-accounts ran %d times and sync-usage %d times, want 1 and 0", looks, told)
	}
	if most := settledCompanies / 25; quiet.reads > most {
		t.Errorf("%d reads of the ledger, want at most %d", quiet.reads, most)
	}
	if quiet.writes > 20 {
		t.Errorf("%d writes to the ledger, and nothing had changed", quiet.writes)
	}

	for _, changed := range []int{1, 10} {
		for c := range int64(changed) {
			id++
			s.tenant.AddItem(autotasktest.Item{ID: id, Company: 10*c + 7, Type: 3})
		}
		posted := s.sim.Writes()
		got, _, told := s.nightOf()
		t.Logf("%d changed: %d reads and %d writes, %d batches told", changed, got.reads, got.writes, told)
		if n := s.sim.Writes() - posted; n != changed {
			t.Errorf("%d companies changed, and %d counts were posted", changed, n)
		}
		// An intent, its mark and its answer; and what each batch notes.
		if more := got.writes - quiet.writes; more > 4*changed+5 {
			t.Errorf("%d companies changed: %d writes more than in a quiet night", changed, more)
		}
		if told != (changed+9)/10 {
			t.Errorf("%d batches for %d companies", told, changed)
		}
	}
	s.truth()
}
