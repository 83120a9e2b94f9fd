package simulation

import (
	"cmp"

	"github.com/synthsync/synthsync/shared/ledger"
)

// written holds what the ledger has come to say against what Synthesize was told.
func (s *sim) written(t *task, before []ledger.Document, writes []ledger.Write) {
	s.effects++
	at := 0
	for _, w := range writes {
		if w.Check {
			continue
		}
		old := before[at]
		at++
		if w.Kind == "state" && w.ID == "head" {
			s.issued(t, w.Body)
		}
		if w.Kind == "state" && w.ID == "refusal-"+ledger.Synthesize && !w.Delete {
			s.notes(t, w.Body)
		}
		if w.Kind != "account" || w.Delete {
			continue
		}
		was, _ := s.known.account(old.Body)
		is, err := s.known.account(w.Body)
		if err != nil {
			s.fail("ledger", "%s writes an account %s that cannot be read: %v", t.name, w.ID, err)
		}
		for key, p := range is.Pairs {
			q := was.Pairs[key]
			if q.State != p.State || q.NoMap != p.NoMap {
				s.count(pairState(q)+" > "+pairState(p), Pairs)
			}
			for token, attempt := range p.Open {
				if _, open := q.Open[token]; open {
					continue
				}
				t.marks[w.ID] = s.effects
				t.tells[p.ServiceID+"|"+w.ID] = attempt.ObservedAt
				if was.Intent != nil && attempt.ObservedAt.Before(was.Intent.ObservedAt) {
					s.fail("never older over newer", "%s is about to tell account %s what was read at %s, and %s means to tell it what was read at %s",
						t.name, w.ID, attempt.ObservedAt, was.Intent.RunID, was.Intent.ObservedAt)
				}
			}
			if p.State != ledger.Told || q.State == ledger.Told && q.Units == p.Units && q.ServiceID == p.ServiceID {
				continue
			}
			landed, ok := s.landed[p.ServiceID+"|"+w.ID]
			if !ok && s.restored {
				continue
			}
			if !ok || landed.units != p.Units {
				s.fail("the ledger knows what it does not know", "%s writes that account %s was told %d %s; Synthesize was told %d (%v)", t.name, w.ID, p.Units, key, landed.units, ok)
			}
		}
	}
}

// Pairs is the column of the coverage that says from which state to which the ledger's pairs went.
const Pairs = "pairs"

func pairState(p ledger.Pair) string {
	state := cmp.Or(string(p.State), "never")
	if p.NoMap {
		state += ", no map"
	}
	return state
}
