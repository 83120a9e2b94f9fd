package ledgertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

var listing = []promise{
	{"List_IsOrderedByTheBytesOfTheID", func(_ *testing.T, s store) {
		ids := []string{"10", "9", "1", "a", "B", "é", "z", "~", "100", "🙂", "\uffee", " "}
		for _, id := range ids {
			s.write(put(id, 0, `1`))
		}
		slices.Sort(ids) // Go compares strings by their bytes
		s.listed(ids...)
	}},
	{"List_YieldsThousandsOfDocumentsWhole", func(t *testing.T, s store) {
		const n = 3000
		var writes []ledger.Write
		for i := range n {
			writes = append(writes, put(fmt.Sprintf("%05d", i), 0, fmt.Sprintf(`{"n":%d}`, i)))
		}
		for batch := range slices.Chunk(writes, ledger.MaxWrites) {
			s.write(batch...)
		}
		docs := s.list(kind)
		if len(docs) != n {
			t.Fatalf("%d documents, want %d", len(docs), n)
		}
		for i, doc := range docs {
			if doc.Key != writes[i].Key || doc.Version != 1 || string(doc.Body) != string(writes[i].Body) {
				t.Fatalf("document %d is %s version %d %s, want %s version 1 %s", i, doc.Key, doc.Version, doc.Body, writes[i].Key, writes[i].Body)
			}
		}
	}},
	{"List_OfAnUnknownKindYieldsNothing", func(t *testing.T, s store) {
		s.write(put("a", 0, `1`))
		if docs := s.list("nothing"); len(docs) != 0 {
			t.Errorf("List yields %v", docs)
		}
	}},
	{"List_MayBeLeftEarly", func(t *testing.T, s store) {
		s.write(put("a", 0, `1`), put("b", 0, `2`))
		for doc, err := range s.List(t.Context(), kind) {
			if err != nil || doc.ID != "a" {
				t.Fatalf("first is %v, %v", doc, err)
			}
			break
		}
		s.write(put("c", 0, `3`)) // whoever left it early holds nothing that a write waits for
		s.listed("a", "b", "c")
	}},
	{"List_DocumentsMayBeWrittenMeanwhile", func(t *testing.T, s store) {
		const n = 1200
		var want []string
		var writes []ledger.Write
		for i := range n {
			id := fmt.Sprintf("%05d", i)
			want = append(want, id)
			writes = append(writes, put(id, 0, `1`))
		}
		for batch := range slices.Chunk(writes, ledger.MaxWrites) {
			s.write(batch...)
		}
		var got []string
		for doc, err := range s.List(t.Context(), kind) {
			if err != nil {
				t.Fatal(err)
			}
			if len(got)%100 == 0 {
				s.write(ledger.Write{Key: doc.Key, IfVersion: doc.Version, Body: []byte(`"rewritten while listing"`)})
			}
			got = append(got, doc.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d ids, want %d, each once and in order", len(got), len(want))
		}
	}},
}
