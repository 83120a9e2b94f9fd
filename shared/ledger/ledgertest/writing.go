package ledgertest

import (
	"context"
	"fmt"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

var writing = []promise{
	{"Write_VersionIsOneThenOneMoreEachTime", func(_ *testing.T, s store) {
		for v := range int64(5) {
			body := fmt.Sprint(v)
			s.write(put("a", v, body))
			s.stands("a", v+1, body)
		}
	}},
	{"Write_SameBodyIsStillANewVersion", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`))
		s.write(put("a", 1, `1`))
		s.stands("a", 2, `1`)
	}},
	{"Write_OfNothingIsNoError", func(_ *testing.T, s store) {
		s.write()
	}},
	{"Write_AHundredAtOnce", func(t *testing.T, s store) {
		var writes []ledger.Write
		for i := range ledger.MaxWrites {
			writes = append(writes, put(fmt.Sprintf("%03d", i), 0, fmt.Sprint(i)))
		}
		s.write(writes...)
		if got := len(s.list(kind)); got != ledger.MaxWrites {
			t.Errorf("%d documents, want %d", got, ledger.MaxWrites)
		}
	}},
	{"Write_DeleteRemovesAndTheNextWriteIsTheFirst", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`))
		s.write(put("a", 1, `2`))
		s.write(ledger.Write{Key: key("a"), IfVersion: 2, Delete: true})
		s.missing("a")
		s.listed()
		s.write(put("a", 0, `3`))
		s.stands("a", 1, `3`)
	}},
	{"Write_DeleteOfWhatIsNotThereIsNoError", func(_ *testing.T, s store) {
		s.write(ledger.Write{Key: key("a"), Delete: true})
		s.missing("a")
	}},
	{"Write_CheckAloneComparesAndWritesNothing", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`))
		s.write(ledger.Write{Key: key("a"), IfVersion: 1, Check: true})
		s.write(ledger.Write{Key: key("b"), Check: true})
		s.stands("a", 1, `1`)
		s.missing("b")
	}},
	{"Write_PutCheckAndDeleteTogether", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`), put("b", 0, `2`), put("c", 0, `3`))
		s.write(
			put("a", 1, `10`),
			ledger.Write{Key: key("b"), IfVersion: 1, Check: true},
			ledger.Write{Key: key("c"), IfVersion: 1, Delete: true},
			ledger.Write{Key: key("d"), Check: true},
			put("e", 0, `5`),
		)
		s.stands("a", 2, `10`)
		s.stands("b", 1, `2`)
		s.missing("c", "d")
		s.stands("e", 1, `5`)
	}},
}

var refusing = []promise{
	{"Write_OfAStaleVersionIsAConflict", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`))
		s.write(put("a", 1, `2`))
		for _, stale := range []int64{0, 1, 3} {
			s.conflict([]string{"a"}, put("a", stale, `99`))
			s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: stale, Check: true})
			s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: stale, Delete: true})
		}
		s.stands("a", 2, `2`)
	}},
	{"Write_OfAVersionThatIsNotThereIsAConflict", func(_ *testing.T, s store) {
		s.conflict([]string{"a"}, put("a", 1, `1`))
		s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: 1, Check: true})
		s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: 1, Delete: true})
		s.missing("a")
	}},
	{"Write_OneConflictAmongManyWritesNothing", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`), put("b", 0, `2`), put("c", 0, `3`))
		s.conflict([]string{"b"}, put("a", 1, `10`), put("b", 0, `20`), put("d", 0, `4`),
			ledger.Write{Key: key("c"), IfVersion: 1, Delete: true})
		s.stands("a", 1, `1`)
		s.stands("b", 1, `2`)
		s.stands("c", 1, `3`)
		s.missing("d")
	}},
	{"Write_FailedCheckAmongManyWritesNothing", func(_ *testing.T, s store) {
		s.write(put("lease", 0, `1`))
		s.write(put("lease", 1, `2`))
		s.conflict([]string{"lease"}, put("a", 0, `1`), ledger.Write{Key: key("lease"), IfVersion: 1, Check: true})
		s.missing("a")
	}},
	{"Write_ConflictNamesEveryKeyThatChangedAndNoOther", func(_ *testing.T, s store) {
		s.write(put("a", 0, `1`), put("b", 0, `2`), put("c", 0, `3`))
		s.conflict([]string{"a", "c", "d"}, put("a", 7, `0`), put("b", 1, `0`),
			ledger.Write{Key: key("c"), Check: true}, ledger.Write{Key: key("d"), IfVersion: 1, Delete: true}, put("e", 0, `0`))
		s.missing("e")
	}},
	{"Write_NoKeyTwice", func(t *testing.T, s store) {
		s.refused(t.Context(), put("a", 0, `1`), put("a", 1, `2`))
		s.refused(t.Context(), put("a", 0, `1`), ledger.Write{Key: key("a"), Check: true})
		s.missing("a")
	}},
	{"Write_NoMoreThanAHundred", func(t *testing.T, s store) {
		var writes []ledger.Write
		for i := range ledger.MaxWrites + 1 {
			writes = append(writes, put(fmt.Sprintf("%03d", i), 0, `1`))
		}
		s.refused(t.Context(), writes...)
		s.listed()
	}},
	{"Write_NoKeyWithoutKindOrID", func(t *testing.T, s store) {
		s.refused(t.Context(), ledger.Write{Key: ledger.Key{Kind: kind}, Body: []byte(`1`)})
		s.refused(t.Context(), ledger.Write{Key: ledger.Key{ID: "a"}, Body: []byte(`1`)})
	}},
	{"Write_NoBodyThatIsNotJSONInUTF8", func(t *testing.T, s store) {
		for _, body := range []string{"", "{", "text", "\"\xff\""} {
			s.refused(t.Context(), put("b", 0, `1`), put("a", 0, body))
		}
		s.missing("a", "b")
	}},
	{"CancelledContext_EndsEveryCallAndWritesNothing", func(t *testing.T, s store) {
		s.write(put("a", 0, `1`))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.refused(ctx, put("b", 0, `1`))
		s.refused(ctx, put("b", 0, `1`), put("c", 0, `1`))
		if docs, err := s.Get(ctx, key("a")); err == nil {
			t.Errorf("Get returned %v, want an error", docs)
		}
		for doc, err := range s.List(ctx, kind) {
			if err == nil {
				t.Fatalf("List yielded %v, want an error", doc)
			}
		}
		s.listed("a")
	}},
}
