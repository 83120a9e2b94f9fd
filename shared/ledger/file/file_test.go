package file_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/ledger/ledgertest"
)

func open(t *testing.T, path string, opts file.Options) *file.Store {
	t.Helper()
	s, err := file.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledger.Store {
		return open(t, filepath.Join(t.TempDir(), "ledger"), file.Options{})
	})
}

func put(t *testing.T, s ledger.Store, id string, expires time.Time) {
	t.Helper()
	if err := s.Write(t.Context(), ledger.Write{Key: key(id), Body: []byte(`"` + id + `"`), Expires: expires}); err != nil {
		t.Fatal(err)
	}
}

func key(id string) ledger.Key { return ledger.Key{Kind: "run", ID: id} }

func version(t *testing.T, s ledger.Store, id string) int64 {
	t.Helper()
	docs, err := s.Get(t.Context(), key(id))
	if err != nil {
		t.Fatal(err)
	}
	return docs[0].Version
}

func TestStore_WhatWasWrittenIsThereWhenOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	first := open(t, path, file.Options{})
	put(t, first, "a", time.Time{})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := version(t, open(t, path, file.Options{}), "a"); got != 1 {
		t.Errorf("version %d, want 1", got)
	}
}

func TestStore_ClosedOneSaysSo(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger"), file.Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), key("a"))
	says(t, err, "closed before")
	says(t, s.Write(t.Context(), ledger.Write{Key: key("a"), Body: []byte(`1`)}), "closed before")
	for _, err := range s.List(t.Context(), "run") {
		says(t, err, "closed before")
	}
}

func TestOpen_ReadOnlyReadsAndRefusesToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	writer := open(t, path, file.Options{})
	put(t, writer, "a", time.Time{})
	_ = writer.Close()

	one, two := open(t, path, file.Options{ReadOnly: true}), open(t, path, file.Options{ReadOnly: true})
	if version(t, one, "a") != 1 || version(t, two, "a") != 1 {
		t.Error("not readable by two at once")
	}
	says(t, one.Write(t.Context(), ledger.Write{Key: key("b"), Body: []byte(`1`)}), path, "reading only")
}

func TestOpen_ExpiredDocumentsAreSweptOnceADay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// at opens the ledger at a time, and tells which of the documents are still in the file, expired or not.
	at := func(after time.Duration) (left int) {
		s := open(t, path, file.Options{Now: func() time.Time { return start.Add(after) }})
		if after == 0 {
			put(t, s, "kept", time.Time{})
			put(t, s, "hour", start.Add(time.Hour))
			put(t, s, "25 hours", start.Add(25*time.Hour))
			put(t, s, "year", start.Add(365*24*time.Hour))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		// A clock before them all shows what the file holds.
		raw := open(t, path, file.Options{ReadOnly: true, Now: func() time.Time { return time.Time{} }})
		for _, err := range raw.List(t.Context(), "run") {
			if err != nil {
				t.Fatal(err)
			}
			left++
		}
		_ = raw.Close()
		return left
	}
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{0, 4}, {2 * time.Hour, 4}, {24 * time.Hour, 3}, {26 * time.Hour, 3}, {48 * time.Hour, 2}, {-time.Hour, 2}} {
		if got := at(step.after); got != step.left {
			t.Errorf("after %v the file holds %d documents, want %d", step.after, got, step.left)
		}
	}
}
