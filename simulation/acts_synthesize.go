package simulation

import (
	"bytes"
	"context"
	"fmt"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What people do at Synthesize.

func (s *sim) everythingMapped(_ string) string {
	s.vendor.MapAll()
	return "everything that stands at Synthesize is mapped"
}

func (s *sim) accountUnmapped(name string) string {
	if all := s.vendor.Accounts(); len(all) > 0 {
		a := all[s.choose.of(name, len(all))]
		_ = s.vendor.UnmapAccount(a.ID)
		return "account " + a.ID + " is unmapped"
	}
	return ""
}

func (s *sim) serviceChanged(name string) string {
	if all := s.vendor.Services(); len(all) > 0 {
		v := all[s.choose.of(name, len(all))]
		if s.choose.of(name+" how", 2) == 0 {
			_ = s.vendor.UnmapService(v.ID)
			return "service " + v.Name + " is unmapped"
		} else {
			if !s.knows(v.ID) {
				s.removed = true // made, but nobody of ours has seen its id: after a rename nobody can recognise it
			}
			_ = s.vendor.RenameService(v.ID, fmt.Sprintf("%s (renamed %d)", v.Name, len(s.story)))
			return "service " + v.Name + " is renamed at Synthesize"
		}
	}
	return ""
}

// knows tells whether the ledger knows a service of an id.
func (s *sim) knows(serviceID string) bool {
	docs, err := s.table.Get(context.Background(), ledger.Key{Kind: "state", ID: "services"})
	return err == nil && bytes.Contains(docs[0].Body, []byte(`"`+serviceID+`"`))
}

// hasSeenAll tells whether the ledger knows each account and each service that stands at Synthesize.
func (s *sim) hasSeenAll() bool {
	for _, v := range s.vendor.Services() {
		if !s.knows(v.ID) {
			return false
		}
	}
	for _, stands := range s.vendor.Accounts() {
		if a, err := s.desk().Account(context.Background(), stands.ID); err != nil || !a.Exists {
			return false
		}
	}
	return true
}

func (s *sim) disconnected(name string) string {
	// Counts of an earlier integration that come back after a disconnect which no look of ours preceded cannot be known of.
	defer s.noteMade()
	s.vendor.Disconnect(synthesizetest.Disconnecting{KeepCounts: s.choose.of(name, 2) == 1 && (!s.earlier || s.hasSeenAll())})
	return "the integration is disconnected and connected again"
}

func (s *sim) integrationMadeAnew(name string) string {
	defer s.noteMade()
	s.vendor.RemakeIntegration(synthesizetest.Remaking{NoServices: s.choose.of(name, 2) == 1})
	return "the integration is made anew"
}

func (s *sim) keyRotated(_ string) string {
	s.expires(synthesizeName)
	s.keysRight = s.vendor.RotatePartnerKey(fmt.Sprintf("rotated-%d", s.steps))
	return "the partner key of Synthesize is rotated"
}
