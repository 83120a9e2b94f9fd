package ledgertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/ledger"
)

var reading = []promise{
	{"Get_ReturnsDocumentsInTheOrderOfTheKeys", func(t *testing.T, s store) {
		s.write(put("a", 0, `1`), put("b", 0, `2`), put("c", 0, `3`))
		for i, doc := range s.get(key("c"), key("nobody"), key("a"), key("c")) {
			want := []string{"3", "", "1", "3"}[i]
			if string(doc.Body) != want {
				t.Errorf("document %d has body %q, want %q", i, doc.Body, want)
			}
		}
	}},
	{"Get_MissingDocumentHasVersionZeroAndNoBody", func(_ *testing.T, s store) {
		s.missing("a")
	}},
	{"Get_OfNothingReturnsNothing", func(_ *testing.T, s store) {
		s.get()
	}},
	{"Get_ManyKeysAtOnce", func(t *testing.T, s store) {
		const n = 250
		var keys []ledger.Key
		var writes []ledger.Write
		for i := range n {
			id := fmt.Sprintf("%03d", n-i)
			keys = append(keys, key(id), key("absent"+id))
			writes = append(writes, put(id, 0, `"`+id+`"`))
		}
		for batch := range slices.Chunk(writes, ledger.MaxWrites) {
			s.write(batch...)
		}
		for i, doc := range s.get(keys...) {
			there := i%2 == 0
			if doc.Key != keys[i] || (doc.Version == 1) != there || (doc.Body != nil) != there {
				t.Fatalf("document %d is %s version %d, want %s, there: %t", i, doc.Key, doc.Version, keys[i], there)
			}
		}
	}},
	{"Get_KindsAreApart", func(_ *testing.T, s store) {
		s.write(ledger.Write{Key: ledger.Key{Kind: "run", ID: "a"}, Body: []byte(`1`)})
		s.missing("a")
		s.listed()
	}},
	{"Get_WhatIsDoneToABodyAfterwardsChangesNothing", func(_ *testing.T, s store) {
		body := []byte(`"as written"`)
		s.write(ledger.Write{Key: key("a"), Body: body})
		body[1] = 'X'
		s.get(key("a"))[0].Body[1] = 'Y'
		s.stands("a", 1, `"as written"`)
	}},
	{"Get_BodiesComeBackByteForByte", func(_ *testing.T, s store) {
		for i, body := range []string{
			`{}`, `null`, `0`, `""`, `[]`, `{"z":1,"a":{"b":[1,2.50,-3e+9,true,null]}}`, "{ \"spaced\" :\n\t1 }",
			`"Müller & Söhne <GmbH> \u0026 \u2028 \"quoted\" \\ / \/"`, `"日本語 🙂 \ud83d\ude42 é é"`,
			"\"line separator \u2028, NUL \\u0000, delete \x7f\"", `{"":"empty key","":"twice"}`, `12345678901234567890.123456789`,
			`"` + strings.Repeat("long ", 20_000) + `"`,
		} {
			id := fmt.Sprint(i)
			s.write(put(id, 0, body))
			s.stands(id, 1, body)
		}
	}},
	{"Get_IDsMayBeAnyText", func(_ *testing.T, s store) {
		for _, id := range []string{"0", "a b", "a/b", "Ünï", "🙂", `"quoted"`, "#x", ":v", "%2F", strings.Repeat("x", 500)} {
			s.write(put(id, 0, `1`))
			s.stands(id, 1, `1`)
		}
	}},
}
