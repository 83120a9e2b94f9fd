package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

var golden = flag.String("upgrade-golden", "", "write the golden files of this version (docs/releasing.md), as VERSION")

// changed is what has happened since all was told: a company has no laptops any more.
func (o *operator) changed() {
	company := o.tenant.Companies()[1].ID
	o.retire(10000, func(i autotasktest.Item) bool { return i.Company == company && laptop(i) })
}

// Each release leaves a ledger file in testdata/upgrade, with messages that could not be delivered; every later one must
// read it, deliver them, and go on.
func TestUpgrade_EachEarlierVersionsLedgerFile_IsReadAndItsLettersAreDelivered(t *testing.T) {
	if *golden != "" {
		o := settled(t)
		o.changed()
		o.sim.Inject(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: -1, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
		o.mustDo("run --ledger LEDGER", 1)
		text, err := os.ReadFile(o.ledger)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(text); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", "upgrade", *golden+".ledger.gz"), packed.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return // so that the files are read by a test that has not made them
	}
	files, err := filepath.Glob("testdata/upgrade/*.ledger.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".ledger.gz"), func(t *testing.T) {
			o := settled(t) // so that Synthesize is as it was
			o.changed()
			packed, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer packed.Close()
			z, err := gzip.NewReader(packed)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(z)
			if err != nil || os.WriteFile(o.ledger, text, 0o600) != nil {
				t.Fatal(err)
			}
			justLeft(t, o.ledger)
			o.mustDo("report --ledger LEDGER", 0)
			o.mustDo("dead-letters list --ledger LEDGER", 0)
			o.says("status 400")
			o.mustDo("dead-letters replay --ledger LEDGER", 0)
			o.truth()
			o.mustDo("run --ledger LEDGER --json", 0)
			if r := o.result(); r.Accounts.Created != 0 {
				t.Errorf("%+v", r.Accounts)
			}
			o.truth()
			o.mustDo("log --ledger LEDGER", 0)
		})
	}
}

// justLeft lets nothing be expired in a ledger that was left long ago.
func justLeft(t *testing.T, path string) {
	t.Helper()
	then := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	store, err := file.Open(path, file.Options{Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, kind := range []ledger.Kind{"run", "tally", "letter"} {
		var docs []ledger.Document
		for doc, err := range store.List(t.Context(), kind) {
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, doc)
		}
		for _, doc := range docs {
			if err := store.Write(t.Context(), ledger.Write{Key: doc.Key, IfVersion: doc.Version, Body: doc.Body, Expires: time.Now().AddDate(1, 0, 0)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
