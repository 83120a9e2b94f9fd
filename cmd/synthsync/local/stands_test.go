package local_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What stands at Synthesize although nobody is to be billed for it, and how it comes to 0.

// The count of a client that is released while its account is unmapped stands on, and is billed again once the account is mapped.
func TestStands_ClientReleasedWhileUnmapped_ComesToZeroOnceItIsMapped(t *testing.T) {
	inWorld(t, 0, func(w *world) {
		w.settle()
		p := pair("7", servers)
		told := w.sim.Counts()[p].String()
		if told == "" || told == "0" {
			t.Fatalf("company 7 was told %q", told)
		}
		if err := w.sim.UnmapAccount("7"); err != nil {
			t.Fatal(err)
		}
		book := ledger.New(w.store, time.Now)
		if _, err := book.Release(t.Context(), "7", "Seven", ledger.Act{Actor: "anna", Reason: "contract ended"}); err != nil {
			t.Fatal(err)
		}
		for night := range 2 {
			time.Sleep(24 * time.Hour)
			r, err := w.machine.Run(context.Background(), fetch.Event{})
			if err != nil || r.Usage.Lost != 0 {
				t.Errorf("night %d: %v, %d mappings lost: a person has said that the client has left", night, err, r.Usage.Lost)
			}
			if said := ofPair(r, "7", servers); len(said) != 1 || said[0].Kind != fetch.KindReleased || !strings.Contains(said[0].Text, "no map") {
				t.Errorf("night %d: said are %+v", night, said)
			}
			w.holds(p, told)
		}
		if err := w.sim.MapAccount("7"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		r, err := w.machine.Run(context.Background(), fetch.Event{})
		if said := ofPair(r, "7", servers); err != nil || len(said) != 0 {
			t.Errorf("%v, said are %+v", err, said)
		}
		w.holds(p, "0")
	})
}

// ofPair is what a run says of one count.
func ofPair(r fetch.Result, account, service string) []fetch.Attention {
	var said []fetch.Attention
	for _, a := range r.Attention {
		if a.AccountID == account && a.Service == service {
			said = append(said, a)
		}
	}
	return said
}

// Counts of an earlier integration that a run has seen come back with the integration after a disconnect: they are what they
// were before it, unknown.
func TestStands_EarlierCountsBackAfterADisconnect_AreStillUnknown(t *testing.T) {
	back := synthesizetest.Disconnecting{KeepCounts: true, KeepServiceMaps: true}
	mapped := func(s *synthesizetest.Switches) { s.MapOnCreate = true }
	t.Run("their service is retired", func(t *testing.T) {
		inWorld(t, 0, func(w *world) {
			w.earlier()
			w.sim.Switch(mapped)
			w.must()
			w.sim.Disconnect(back)
			time.Sleep(24 * time.Hour)
			w.must()
			w.holds(pair("1", "Network Devices"), "99")
			w.retired = []string{"Network Devices"}
			w.rules(retiredRules)
			time.Sleep(24 * time.Hour)
			w.must()
			w.holds(pair("1", "Network Devices"), "0")
		})
	})
	t.Run("only observed before it", func(t *testing.T) {
		inWorld(t, 0, func(w *world) {
			w.earlier()
			w.retire(3, serverType, 9)
			w.machine.Mode = fetch.ModeObserve
			if _, err := w.machine.Run(context.Background(), fetch.Event{}); err != nil {
				t.Fatal(err)
			}
			w.sim.Disconnect(back)
			w.machine.Mode = fetch.ModePost
			w.sim.Switch(mapped)
			time.Sleep(24 * time.Hour)
			w.must()
			w.holds(pair("3", servers), "0")
		})
	})
}
