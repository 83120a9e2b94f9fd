package ledgertest

import (
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// until is a write of a document that expires.
func until(expires time.Time, id string, ifVersion int64, body string) ledger.Write {
	w := put(id, ifVersion, body)
	w.Expires = expires
	return w
}

var expiring = []promise{
	{"Expires_IsKeptToTheSecondRoundedUp", func(t *testing.T, s store) {
		at := time.Date(2999, 12, 31, 23, 58, 59, 1, time.UTC)
		s.write(until(at, "a", 0, `1`), until(at.Truncate(time.Second), "b", 0, `2`), put("c", 0, `3`))
		s.write(until(at, "single", 0, `4`))
		want := []time.Time{at.Truncate(time.Second).Add(time.Second), at.Truncate(time.Second), {}, at.Truncate(time.Second).Add(time.Second)}
		for i, doc := range s.get(key("a"), key("b"), key("c"), key("single")) {
			if !doc.Expires.Equal(want[i]) {
				t.Errorf("%s expires %v, want %v", doc.ID, doc.Expires, want[i])
			}
		}
		for i, doc := range s.list(kind) {
			if !doc.Expires.Equal(want[i]) {
				t.Errorf("%s is listed to expire %v, want %v", doc.ID, doc.Expires, want[i])
			}
		}
	}},
	{"Expires_AnExpiredDocumentIsNotThere", func(_ *testing.T, s store) {
		s.write(until(past(), "a", 0, `1`), until(future(), "b", 0, `2`))
		s.missing("a")
		s.stands("b", 1, `2`)
		s.listed("b")
		s.write(ledger.Write{Key: key("a"), Check: true})
	}},
	{"Expires_AnExpiredDocumentIsWrittenAnewAsTheFirst", func(_ *testing.T, s store) {
		s.write(until(future(), "a", 0, `1`))
		s.write(until(past(), "a", 1, `2`)) // stands as version 2 wherever expiry is lazy
		s.write(put("a", 0, `3`))
		s.stands("a", 1, `3`)
		s.conflict([]string{"a"}, put("a", 0, `4`))
	}},
	{"Expires_AnExpiredDocumentsOldVersionIsAConflict", func(_ *testing.T, s store) {
		s.write(until(past(), "a", 0, `1`))
		s.conflict([]string{"a"}, put("a", 1, `2`))
		s.conflict([]string{"a"}, put("a", 1, `2`), put("b", 0, `1`))
		s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: 1, Check: true})
		s.conflict([]string{"a"}, ledger.Write{Key: key("a"), IfVersion: 1, Delete: true})
		s.missing("a", "b")
	}},
	{"Expires_ManyExpiredDocumentsAreWrittenAnewAtOnce", func(_ *testing.T, s store) {
		s.write(until(past(), "a", 0, `1`), until(past(), "b", 0, `1`), until(past(), "c", 0, `1`))
		s.write(put("a", 0, `2`), until(future(), "b", 0, `2`), ledger.Write{Key: key("c"), Delete: true})
		s.stands("a", 1, `2`)
		s.stands("b", 1, `2`)
		s.missing("c")
	}},
	{"Expires_AWriteWithoutExpiryKeepsTheDocumentForGood", func(t *testing.T, s store) {
		s.write(until(future(), "a", 0, `1`))
		s.write(put("a", 1, `2`))
		if doc := s.get(key("a"))[0]; !doc.Expires.IsZero() {
			t.Errorf("expires %v, want never", doc.Expires)
		}
	}},
}
