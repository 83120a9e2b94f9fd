package simulation

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/autotask/autotasktest"
	"github.com/synthsync/synthsync/shared/ledger"
)

// What the operator does, by the very calls that his commands make.
const (
	handObserve = deskActs + iota + 1
	handPost
	handHold
	handResume
	handApprove
	handRelease
	handUndo
	handExport
	handImport
	rightsChange
	acts = rightsChange
)

// desk is the ledger as a command of the operator opens it.
func (s *sim) desk() *ledger.Ledger { return ledger.New(s.table, time.Now) }

// operate lets the operator decide something. What the ledger refuses him has not happened.
func (s *sim) operate(what int, name string) string {
	ctx, act := context.Background(), ledger.Act{Actor: "operator", Reason: "because"}
	defer s.listen()
	switch what {
	case handObserve, handHold:
		if s.choose.of(name+" really", 3) != 0 {
			return "" // half of the history would be silence
		}
		if what == handHold {
			_, err := s.desk().SetHold(ctx, true, act)
			return ended("posting is on hold", err)
		}
		_, err := s.desk().SetMode(ctx, fetch.ModeObserve, act)
		return ended("the operator says observe", err)
	case handPost:
		_, err := s.desk().SetMode(ctx, fetch.ModePost, act)
		return ended("the operator says post", err)
	case handResume:
		_, err := s.desk().SetHold(ctx, false, act)
		return ended("posting goes on", err)
	case handApprove:
		if len(s.runIDs) == 0 {
			return ""
		}
		// Mostly the newest run, and now and then one that is superseded.
		id := s.runIDs[len(s.runIDs)-1-s.choose.one(name+" which", 300, min(len(s.runIDs), 4)-1)]
		_, _, err := s.desk().Approve(ctx, id, act)
		return ended("run "+id+" is approved", err)
	case handRelease:
		c := s.company(name)
		_, err := s.desk().Release(ctx, strconv.FormatInt(c.ID, 10), c.Name, act)
		if err == nil {
			s.everReleased(c.ID)
		}
		return ended(fmt.Sprintf("company %d is released", c.ID), err)
	case handUndo:
		releases, err := s.desk().Releases(ctx)
		ids := make([]string, 0, len(releases))
		for id := range releases {
			ids = append(ids, id)
		}
		if err != nil || len(ids) == 0 {
			return ""
		}
		slices.Sort(ids)
		id := ids[s.choose.of(name, len(ids))]
		_, err = s.desk().UndoRelease(ctx, id, act)
		return ended("the release of company "+id+" is taken back", err)
	case handExport:
		var text bytes.Buffer
		if _, err := s.desk().Export(ctx, &text, "here", "test"); err != nil {
			return ""
		}
		s.exported = text.Bytes()
		return "the ledger is exported"
	case handImport:
		return s.importLedger(ctx, act)
	case rightsChange:
		if !s.narrowed && s.choose.of(name+" really", 3) != 0 {
			return ""
		}
		s.narrow(!s.narrowed)
		return fmt.Sprintf("the rights of Autotask's user are narrowed: %v", s.narrowed)
	}
	return ""
}

func (s *sim) importLedger(ctx context.Context, act ledger.Act) string {
	if s.exported == nil {
		return ""
	}
	transfer, err := ledger.ReadTransfer(bytes.NewReader(s.exported))
	if err != nil {
		s.fail("the ledger can move", "its own export is refused: %v", err)
		return ""
	}
	if _, err := s.desk().Import(ctx, transfer, true, act); err != nil {
		return "" // a run is under way
	}
	for _, t := range slices.Clone(s.tasks) {
		if !t.dead && !t.ended {
			s.kill(t, "was stopped for the import") // the command refuses one while messages are on their way
		}
	}
	s.removed = true // a service made since may have been renamed: the export does not know its id
	s.effects++
	for id := range s.releases(ctx) {
		company, _ := strconv.ParseInt(id, 10, 64)
		s.everReleased(company)
	}
	return "the ledger is imported from an export"
}

func ended(what string, err error) string {
	if err != nil {
		return ""
	}
	return what
}

func (s *sim) releases(ctx context.Context) map[string]ledger.Release {
	releases, err := s.desk().Releases(ctx)
	if err != nil {
		s.fail("ledger", "the releases cannot be read: %v", err)
	}
	return releases
}

// everReleased notes for every run under way that a company was released while it ran.
func (s *sim) everReleased(company int64) {
	for _, t := range s.tasks {
		if t.read != nil {
			t.read.released[company] = true
		}
	}
}

// listen notes since when nobody may be told.
func (s *sim) listen() {
	hand, err := s.desk().Hand(context.Background())
	if err != nil {
		s.fail("ledger", "the operator's word cannot be read: %v", err)
		return
	}
	switch quiet := hand.Silent(s.settings.mode) != ""; {
	case quiet && s.quietFrom == 0:
		s.quietFrom = s.steps + 1
	case !quiet:
		s.quietFrom = 0
	}
}

// silent holds what a function tells, or has others tell, against a person's word: one that was said before the function
// began, and still holds.
func (s *sim) silent(t *task, what string) {
	if s.quietFrom > 0 && t.born >= s.quietFrom {
		s.fail("nobody is told against a person's word", "%s %s, although nobody is to be told, and that was said before it began", t.name, what)
	}
}

// narrow takes companies with odd ids, and their devices, out of the user's sight, or gives them back. The record says of what
// he cannot see that it is not there: of nothing else may a number come.
func (s *sim) narrow(on bool) {
	s.narrowed = on
	s.tenant.Switch(func(w *autotasktest.Switches) { w.Restricted = on })
	for _, c := range s.tenant.Companies() {
		if c.ID%2 != 0 {
			s.changes = append(s.changes, change{id: c.ID, company: true, there: !on && !c.Hidden, closed: c.Inactive})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.items)) {
		if i := s.items[id]; i.Company%2 != 0 {
			s.changes = append(s.changes, change{id: id, item: i, there: !on && !i.Inactive})
		}
	}
}

// hides tells whether the user's rights hide a company.
func (s *sim) hides(company int64) bool { return s.narrowed && company%2 != 0 }

// speakAgain takes back all that the operator has said.
func (s *sim) speakAgain() {
	ctx, act := context.Background(), ledger.Act{Actor: "operator", Reason: "all is well"}
	_, errHold := s.desk().SetHold(ctx, false, act)
	_, errMode := s.desk().SetMode(ctx, fetch.ModePost, act)
	if errHold != nil || errMode != nil {
		s.fail("ledger", "the operator cannot say that posting goes on: %v, %v", errHold, errMode)
	}
	for id := range s.releases(ctx) {
		if _, err := s.desk().UndoRelease(ctx, id, act); err != nil {
			s.fail("ledger", "the release of %s cannot be taken back: %v", id, err)
		}
	}
	s.listen()
}
