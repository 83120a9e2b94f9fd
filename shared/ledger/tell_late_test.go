package ledger_test

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A pair that was never told: an unclear attempt may have set it, and a definite no to a later one says nothing of that. Were it
// "never told" again, no zero would ever be posted for what may stand.
func TestTelling_NeverTold_RefusalAfterAnUnclearAttempt_RestoresNothing(t *testing.T) {
	for name, answer := range map[string]ledger.Result{"refused": no, "no map": {Answer: ledger.Unmapped, Definite: true}, "not sent": {Answer: ledger.NotSent, Definite: true}} {
		b := newBook(t)
		b.finish(b.start("a", start, servers(5)), unclear)
		b.finish(b.start("b", start.Add(time.Hour), servers(5)), answer)
		if p := b.pair("Servers"); p.State != ledger.MaybeTold || !p.MayStandAboveZero() {
			t.Errorf("%s: got %+v, want maybe told: the 5 may have arrived", name, p)
		}
	}
}

// The second worker of a count that the first one has told ends with a request that is late: it may land after a newer count.
func TestTelling_SecondWorkersRequestIsLate_NextCountIsMaybeTold(t *testing.T) {
	for name, answer := range map[string]ledger.Result{
		"accepted at last": {Answer: ledger.Accepted, Definite: true, Late: true}, "unclear": {Answer: ledger.Unclear, Late: true},
	} {
		b := newBook(t)
		first, second := b.start("a", start, servers(5)), b.start("b", start, servers(5))
		b.finish(first, yes)
		b.finish(second, answer)
		b.finish(b.start("c", start.Add(time.Second), servers(7)), yes)
		if p := b.pair("Servers"); p.State != ledger.MaybeTold {
			t.Errorf("%s: got %+v, want maybe told: the second worker's 5 may land after the 7", name, p)
		}
	}
}
