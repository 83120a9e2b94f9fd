package fetch

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Kinds of incident: what a person is told of, once, and once when it is over.
const (
	IncidentHeld        = "held"
	IncidentFailed      = "failed"
	IncidentMappingLost = "mapping lost"
	IncidentHand        = "needs a hand"
)

// incident is trouble as one run sees it.
type incident struct {
	kind     string
	title    string
	subjects []subject
	command  string
}

// subject is one thing that an incident is about. A new one is news, although the incident is not.
type subject struct {
	text  string
	marks []string // what tells it from others: it is news if one of them is
}

func hash(mark string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(mark))
	return fmt.Sprintf("%08x", h.Sum32())
}

// needHand are the kinds of attention that want somebody to do something. The others are for the record.
var needHand = []string{
	KindUnmapped, KindUncovered, KindUntyped, KindOrphans, KindNoAccount, KindInvisible, KindStranger, KindMerged, KindSlowFall, KindRights, KindClock, KindTenant,
}

// incidentsOf is what a run's result says is wrong. place is how a command names the ledger: "--stack NAME". onlyLost says
// that a run failed for nothing but lost mappings.
func incidentsOf(r Result, place string, onlyLost bool) []incident {
	var found []incident
	if r.State == StateFailed && !onlyLost {
		look := "synthsync report "
		if r.RunID == "" {
			look = "synthsync check " // it failed before it could leave a record
		}
		found = append(found, incident{IncidentFailed, "A run failed; what Synthesize was told before stands", []subject{{r.Reason, marks(r.Reason)}}, look + place})
	}
	if len(r.Holds) > 0 && r.Decided {
		found = append(found, heldOf(r, place, onlyLost))
	}
	var lost, hand []subject
	for _, a := range r.Attention {
		switch {
		case a.Kind == KindMappingLost:
			lost = append(lost, subjectOf(a))
		case slices.Contains(needHand, a.Kind):
			hand = append(hand, subjectOf(a))
		}
	}
	if len(lost) > 0 {
		found = append(found, incident{IncidentMappingLost, fmt.Sprintf("%d mappings were lost: these counts cannot be billed", len(lost)), lost, "synthsync report " + place})
	}
	if len(hand) > 0 {
		found = append(found, incident{IncidentHand, "Something needs a hand", hand, "synthsync report " + place})
	}
	return found
}

// heldOf is what a run holds back, and how it goes on.
func heldOf(r Result, place string, onlyLost bool) incident {
	held := incident{IncidentHeld, "A run is held; nothing was told", holdSubjects(r.Holds), approveCommand(r, place)}
	fleet, single := split(r.Holds)
	switch {
	case r.Holds[0].Key == HoldByHand:
		held.title, held.command = "Posting is on hold; nothing is told", "synthsync resume "+place
	case len(fleet) > 0:
	case r.State == StateFailed && !onlyLost:
		held.title = fmt.Sprintf("%d companies are held back", len(single))
	default:
		held.title = fmt.Sprintf("%d companies are held back; all others were told", len(single))
	}
	return held
}

func approveCommand(r Result, place string) string {
	return fmt.Sprintf("synthsync approve %s %s --reason TEXT", r.RunID, place)
}

func holdSubjects(holds []Hold) []subject {
	out := make([]subject, len(holds))
	for i, h := range holds {
		out[i] = subject{h.Text, []string{h.key()}}
		if h.unfit != "" {
			out[i].marks = append(out[i].marks, h.key()+"|approved "+h.unfit)
		}
	}
	return out
}

// figures change from run to run, and are no news.
var figures = regexp.MustCompile(`\b\d+\b`)

// subjectOf tells one thing from another by what it is about. The text serves only for what there is one of: the digits of a
// name would be taken for figures.
func subjectOf(a Attention) subject {
	if about := cmp.Or(a.Service, a.Type); a.AccountID != "" || about != "" {
		return subject{a.Text, []string{a.Kind + "|" + a.AccountID + "|" + about}}
	}
	return subject{a.Text, []string{a.Kind + "|" + figures.ReplaceAllString(a.Text, "#")}}
}

// maxSubjects bounds what the ledger keeps of one incident.
const maxSubjects = 5000

// news is what a person has to be told of an incident: its new subjects; nothing if there are none.
func (i incident) news(before ledger.Incident, open bool) []subject {
	if !open {
		return i.subjects
	}
	if len(before.Subjects) >= maxSubjects {
		return nil // of so many it is not known which are new
	}
	known := map[string]bool{}
	for _, h := range before.Subjects {
		known[h] = true
	}
	return slices.DeleteFunc(slices.Clone(i.subjects), func(s subject) bool {
		return !slices.ContainsFunc(s.marks, func(mark string) bool { return !known[hash(mark)] })
	})
}

// hashes are what the ledger keeps of the incident's subjects, beside those that are known and not over.
func (i incident) hashes(known []string) []string {
	out := slices.Clone(known)
	for _, s := range i.subjects {
		for _, mark := range s.marks {
			out = append(out, hash(mark))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxSubjects)]
}

// seen tells whether a run has seen all that an incident of a kind could be about. This is when one is over, or a subject of
// it: a run has seen all, and not found it. What becomes of the run after it has decided changes nothing of what it has seen,
// and one that failed before has seen a part: what it found is added to what is known. A failure is over when a run does not
// fail, but for lost mappings, which are told as such.
func seen(r Result, kind string, onlyLost bool) bool {
	if kind == IncidentFailed && (r.State != StateFailed || onlyLost) {
		return true
	}
	return r.Decided
}
