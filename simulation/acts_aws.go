package simulation

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/autotask"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// What the platform does, and people by its console.

func (s *sim) secretsPutRight(_ string) string {
	s.versions++
	s.keys.put(s.rightKeys(fmt.Sprint("v", s.versions)))
	s.credentials.put(s.rightCredentials(fmt.Sprint("v", s.versions)))
	return "the secrets are put right"
}

func (s *sim) rightKeys(version string) synthesize.Keys {
	return synthesize.Keys{VendorAPIKey: synthesizetest.DefaultVendorKey, PartnerAPIKey: s.keysRight, Version: version}
}

func (s *sim) rightCredentials(version string) autotask.Credentials {
	c := autotasktest.DefaultCredentials
	return autotask.Credentials{Username: c.Username, Secret: s.secretRight, IntegrationCode: c.IntegrationCode, Version: version}
}

func (s *sim) visibilityEnds(name string) string {
	var which string
	q := []*fifo{s.accounts, s.usage}[s.choose.of(name, 2)]
	for _, e := range q.entries {
		if time.Now().Before(e.hidden) && s.choose.of(name+" message", 2) == 0 {
			e.hidden = time.Time{}
			which += " " + e.id
		}
	}
	if which == "" {
		return ""
	}
	return "the visibility time-out of" + which + " is over early"
}

// replay brings a dead letter back, now and then leaving it where it was, so that it comes twice.
func (s *sim) letterReplayed(name string) string {
	q := []*fifo{s.accounts, s.usage}[s.choose.of(name, 2)]
	if len(q.dead) == 0 {
		return ""
	}
	at := s.choose.of(name+" letter", len(q.dead))
	l := q.dead[at]
	s.replays++
	id := q.put(l.group, fmt.Sprintf("%s-%d", l.id, s.replays), l.body)
	if s.choose.of(name+" twice", 3) != 2 {
		q.dead = slices.Delete(q.dead, at, at+1)
	}
	return fmt.Sprintf("dead letter %s is replayed as %s", l.id, id)
}

func (s *sim) anotherRun(_ string) string {
	if s.runsLeft > 0 {
		s.runsLeft--
		s.startRun()
		return "one more run is started"
	}
	return ""
}

func (s *sim) backedUp(_ string) string {
	s.backup = s.copyTable()
	return "the ledger is backed up"
}

func (s *sim) restoredFromBackup(name string) string {
	if s.backup != nil && s.choose.of(name, 3) == 0 {
		landed := s.landed
		s.restore()
		if s.choose.one("restored by the book", 500, 1) == 1 && s.importIntoItself() {
			s.landed = landed // after which nothing older may replace anything newer
			return "the ledger is restored from the backup, exported, and imported into itself"
		}
		return "the ledger is restored from the backup"
	}
	return ""
}

// copyTable is a backup of the ledger.
func (s *sim) copyTable() []ledger.Document {
	var docs []ledger.Document
	for _, kind := range []ledger.Kind{"state", "account", "run", "tally", "release", "act"} {
		for doc, err := range s.table.List(context.Background(), kind) {
			if err != nil {
				panic(err)
			}
			doc.Body = bytes.Clone(doc.Body)
			docs = append(docs, doc)
		}
	}
	return docs
}

// restore puts the ledger back, as the operator does: into a table that is empty else, with no function at work.
func (s *sim) restore() {
	table := memory.New()
	for _, doc := range s.backup {
		if !doc.Expires.IsZero() && !time.Now().Before(doc.Expires) {
			continue // as good as gone in a table, too
		}
		for v := range doc.Version {
			if err := table.Write(context.Background(), ledger.Write{Key: doc.Key, IfVersion: v, Body: doc.Body, Expires: doc.Expires}); err != nil {
				panic(err)
			}
		}
	}
	for _, t := range slices.Clone(s.tasks) {
		if !t.dead && !t.ended {
			s.kill(t, "was stopped for the restore")
		}
	}
	s.table.Store = table
	s.restored = true
	if bound := s.bound(); bound.Synthesize == (ledger.SynthesizeTenant{}) || bound.Autotask == (ledger.AutotaskTenant{}) {
		s.secretsPutRight("") // else it would be theirs from now on
		s.keys.before, s.credentials.before = s.keys.now, s.credentials.now
	}
	s.landed = map[string]landing{}
	s.refusals = nil
	s.effects++
	s.listen()
}
