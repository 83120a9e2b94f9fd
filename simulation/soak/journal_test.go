package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/simulation/journal"
)

func TestJournal_ManySittings_AreOneSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "histories.jsonl")
	for _, s := range []sitting{
		{Began: time.Unix(1, 0), Commit: "a", From: 0, To: 10, Histories: 10, Coverage: map[string]int{"500 @ run": 1}},
		{Began: time.Unix(2, 0), Commit: "a", From: 10, To: 30, Histories: 20, Failing: []uint64{17}, Coverage: map[string]int{"500 @ run": 2}},
		{Began: time.Unix(3, 0), Commit: "b", From: 0, To: 10, Histories: 10}, // the same seeds, other source
	} {
		if err := journal.Append(path, s); err != nil {
			t.Fatal(err)
		}
	}
	all, err := journal.Read[sitting](path)
	if err != nil || len(all) != 3 || all[1].Failing[0] != 17 || all[0].Coverage["500 @ run"] != 1 {
		t.Fatalf("read back %+v, %v", all, err)
	}
	if err := sumUp(path); err != nil {
		t.Error(err)
	}
}

func TestJournal_SeedsCountedTwice_AreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "histories.jsonl")
	for _, s := range []sitting{{Commit: "a", From: 0, To: 10}, {Commit: "a", From: 9, To: 20}} {
		if err := journal.Append(path, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := sumUp(path); err == nil || !strings.Contains(err.Error(), "0:10 and 9:20") {
		t.Errorf("%v: does not name the ranges", err)
	}
}

func TestJournal_ABrokenLine_IsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "histories.jsonl")
	if err := os.WriteFile(path, []byte("{\"from\":0}\n{\"from\""), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Read[sitting](path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v: does not name the line", err)
	}
	if _, err := journal.Read[sitting](path + ".not"); err == nil {
		t.Error("a journal that is not there was read")
	}
}

func TestJournal_ThePageSaysHowLongTheSearchHasBeen(t *testing.T) {
	all, err := journal.Read[sitting](filepath.Join("..", "histories.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	histories := 0
	for _, s := range all {
		histories += s.Histories
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "wrong-bill.md"))
	if err != nil {
		t.Fatal(err)
	}
	if said := fmt.Sprintf("**%d histories**", histories); !strings.Contains(string(page), said) {
		t.Errorf("docs/wrong-bill.md does not say %s, which the journal adds up to", said)
	}
}
