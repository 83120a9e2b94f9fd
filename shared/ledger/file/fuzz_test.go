package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// FuzzDamaged changes bytes of a ledger file, or cuts it, and reads it: an error or documents, and never the end of the
// process. A document that is read is one that was written, or its page is damaged in its own bytes.
func FuzzDamaged(f *testing.F) {
	path := filepath.Join(f.TempDir(), "ledger")
	s, err := file.Open(path, file.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := s.Write(f.Context(), ledger.Write{Key: key(id), Body: []byte(`{"id":"` + id + `"}`)}); err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), uint32(len(whole)), []byte{0})
	f.Add(uint32(4096+16), uint32(len(whole)), []byte{1, 2, 3, 4})
	f.Add(uint32(3*4096), uint32(len(whole)), []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add(uint32(0), uint32(5000), []byte{})
	f.Fuzz(func(t *testing.T, at, size uint32, junk []byte) {
		damaged := append([]byte(nil), whole[:min(int(size), len(whole))]...)
		if int(at) < len(damaged) {
			copy(damaged[at:], junk)
		}
		path := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := file.Open(path, file.Options{ReadOnly: true, Now: func() time.Time { return time.Unix(1, 0) }})
		if err != nil {
			return
		}
		defer s.Close()
		docs, err := s.Get(t.Context(), key("a"), key("b"), key("c"))
		if err == nil && len(docs) != 3 {
			t.Fatalf("%d documents for three keys", len(docs))
		}
		n := 0
		for _, err := range s.List(t.Context(), "run") {
			if n++; err != nil || n > 10_000 {
				break
			}
		}
		if n > 10_000 {
			t.Fatal("a list without end")
		}
	})
}
