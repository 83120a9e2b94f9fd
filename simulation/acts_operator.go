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
	"github.com/synthsync/synthsync/shared/ledger"
)

// The operator decides by the very calls that his commands make. What the ledger refuses him has not happened.

var because = ledger.Act{Actor: "operator", Reason: "because"}

func (s *sim) observes(name string) string {
	if s.choose.of(name+" really", 3) != 0 {
		return "" // half of the history would be silence
	}
	_, err := s.desk().SetMode(context.Background(), fetch.ModeObserve, because)
	s.listen()
	return ended("the operator says observe", err)
}

func (s *sim) posts(string) string {
	_, err := s.desk().SetMode(context.Background(), fetch.ModePost, because)
	s.listen()
	return ended("the operator says post", err)
}

func (s *sim) putsOnHold(name string) string {
	if s.choose.of(name+" really", 3) != 0 {
		return ""
	}
	_, err := s.desk().SetHold(context.Background(), true, because)
	s.listen()
	return ended("posting is on hold", err)
}

func (s *sim) resumes(string) string {
	_, err := s.desk().SetHold(context.Background(), false, because)
	s.listen()
	return ended("posting goes on", err)
}

func (s *sim) approves(name string) string {
	if len(s.runIDs) == 0 {
		return ""
	}
	// Mostly the newest run, and now and then one that is superseded.
	id := s.runIDs[len(s.runIDs)-1-s.choose.one(name+" which", 300, min(len(s.runIDs), 4)-1)]
	_, _, err := s.desk().Approve(context.Background(), id, because)
	return ended("run "+id+" is approved", err)
}

func (s *sim) releasesCompany(name string) string {
	c := s.company(name)
	_, err := s.desk().Release(context.Background(), strconv.FormatInt(c.ID, 10), c.Name, because)
	if err == nil {
		s.everReleased(c.ID)
	}
	return ended(fmt.Sprintf("company %d is released", c.ID), err)
}

func (s *sim) undoesRelease(name string) string {
	ids := slices.Sorted(maps.Keys(s.releases(context.Background())))
	if len(ids) == 0 {
		return ""
	}
	id := ids[s.choose.of(name, len(ids))]
	_, err := s.desk().UndoRelease(context.Background(), id, because)
	return ended("the release of company "+id+" is taken back", err)
}

func (s *sim) exports(string) string {
	var text bytes.Buffer
	if _, err := s.desk().Export(context.Background(), &text, "here", "test"); err != nil {
		return ""
	}
	s.exported = text.Bytes()
	return "the ledger is exported"
}

func (s *sim) imports(string) string {
	did := s.importLedger(context.Background(), because)
	s.listen()
	return did
}

func (s *sim) changesRights(name string) string {
	if !s.narrowed && s.choose.of(name+" really", 3) != 0 {
		return ""
	}
	s.narrow(!s.narrowed)
	return fmt.Sprintf("the rights of Autotask's user are narrowed: %v", s.narrowed)
}

// changesSettings is a deployment, or rules that are stored: what begins from then on works with other ones.
func (s *sim) changesSettings(string) string {
	s.settings = settings{rules: s.sets[s.choose.of("rules", len(s.sets))], mode: fetch.ModePost, includeOwn: s.choose.one("own company", 200, 1) == 1}
	if s.choose.one("company guard", 250, 1) == 1 {
		s.settings.companyDrop = 40
	}
	if s.choose.one("company types", 250, 1) == 1 {
		s.settings.companyTypes = []string{"Customer"}
	}
	s.settings.inactiveZero = s.choose.one("inactive companies as 0", 200, 1) == 1
	if s.choose.one("observe", 150, 1) == 1 {
		s.settings.mode = fetch.ModeObserve
	}
	s.listen()
	return fmt.Sprintf("settings: %s, mode %s, own company %v, company guard %d %%, company types %v, inactive as 0 %v",
		s.settings.rules.name, s.settings.mode, s.settings.includeOwn, s.settings.companyDrop, s.settings.companyTypes, s.settings.inactiveZero)
}

// desk is the ledger as a command of the operator opens it.
func (s *sim) desk() *ledger.Ledger { return ledger.New(s.table, time.Now) }

func (s *sim) importLedger(ctx context.Context, act ledger.Act) string {
	if s.exported == nil || !s.importExport(ctx, s.exported, act) {
		return ""
	}
	stopped := s.choose.one("workers go on after the import", 500, 1) == 0
	for _, t := range slices.Clone(s.tasks) {
		// The command refuses an import while messages are on their way. But SQS says only about how many they are, and a
		// person takes his time to answer the question that comes after.
		if !t.dead && !t.ended && (stopped || t.stage == "run") {
			s.kill(t, "was stopped for the import")
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

// importExport imports; false if a run is under way.
func (s *sim) importExport(ctx context.Context, export []byte, act ledger.Act) bool {
	transfer, err := ledger.ReadTransfer(bytes.NewReader(export))
	if err != nil {
		s.fail("the ledger can move", "its own export is refused: %v", err)
		return false
	}
	said := s.hand()
	if _, err := s.desk().Import(ctx, transfer, true, act); err != nil {
		return false
	}
	s.refusals = nil
	s.wordStays(said)
	return true
}

// importIntoItself is what the operator does after a restore.
func (s *sim) importIntoItself() bool {
	var text bytes.Buffer
	if _, err := s.desk().Export(context.Background(), &text, "here", "test"); err != nil {
		return false // a run is under way, as the backup has it
	}
	return s.importExport(context.Background(), text.Bytes(), because)
}

// wordStays holds a ledger after an import against what a person has said here before it.
func (s *sim) wordStays(said ledger.Hand) {
	now := s.hand()
	if said.Mode.Mode != now.Mode.Mode || said.Hold.On && !now.Hold.On {
		s.fail("nobody is told against a person's word", "an import has taken back what a person said here: %+v became %+v", said, now)
	}
}

func (s *sim) hand() ledger.Hand {
	hand, err := s.desk().Hand(context.Background())
	if err != nil {
		s.fail("ledger", "the operator's word cannot be read: %v", err)
	}
	return hand
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
	switch quiet := s.hand().Silent(s.settings.mode) != ""; {
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
