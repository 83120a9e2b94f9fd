package simulation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

func TestRestore_WhatHasExpiredSinceTheBackup_StaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s := newSim(1, nil)
		old, lasting := ledger.Key{Kind: "run", ID: "old"}, ledger.Key{Kind: "account", ID: "175"}
		for v := range int64(2) {
			if err := s.table.Write(ctx, ledger.Write{Key: old, IfVersion: v, Body: []byte(`{}`), Expires: time.Now().Add(time.Hour)},
				ledger.Write{Key: lasting, IfVersion: v, Body: []byte(`{}`)}); err != nil {
				t.Fatal(err)
			}
		}
		s.backedUp("")
		time.Sleep(2 * time.Hour)
		s.restore()
		docs, err := s.table.Get(ctx, old, lasting)
		if err != nil || docs[0].Version != 0 || docs[1].Version != 2 {
			t.Errorf("restored %+v, %v", docs, err)
		}
	})
}
