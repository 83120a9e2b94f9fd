package ledger_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// A worker's count is under way while an older export is imported. Whatever is answered, it is not known what stands: the
// import has forgotten who else was under way, and the next run tells it again.
func TestImport_AnAnswerComesAfterIt_ThePairStaysUnknown(t *testing.T) {
	for name, answer := range map[string]ledger.Result{"accepted": yes, "refused": no, "no map": {Answer: ledger.Unmapped, Definite: true}, "unclear": unclear} {
		b := newBook(t)
		lease, err := b.Begin(t.Context(), "run", time.Minute)
		b.must(err)
		b.must(b.End(t.Context(), lease))
		var export bytes.Buffer
		_, err = b.Export(t.Context(), &export, "here", "1")
		b.must(err)
		transfer, err := ledger.ReadTransfer(&export)
		b.must(err)
		telling := b.start("a", start.Add(time.Hour), servers(5))
		_, err = b.Import(t.Context(), transfer, true, ledger.Act{Actor: "a person"})
		b.must(err)
		before := b.pair("Servers")
		b.finish(telling, answer)
		if p := b.pair("Servers"); p.State == ledger.Told || p.NoMap || p.State != before.State {
			t.Errorf("%s: %+v became %+v", name, before, p)
		}
	}
}
