package letters

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
)

// Outcome is what a replay would come to.
type Outcome string

// Outcomes.
const (
	Superseded Outcome = "superseded" // a newer run has spoken: it ends, and tells nothing
	Unchanged  Outcome = "unchanged"  // what it says stands already
	Posts      Outcome = "posts"      // counts would be told
	Makes      Outcome = "makes"      // something would be made or renamed at Synthesize
	Waits      Outcome = "waits"      // it would wait for another message first
	Dies       Outcome = "dies"       // it cannot be read, and would die again
	NotMoved   Outcome = "not moved"  // it is about a run: the next run does its work
)

// Verdict is what a replay of a letter would do now. Another run may change it any time.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"`
}

// Judge says what a replay would do, by the ledger as it stood when the judge was made.
type Judge struct {
	accounts map[string]ledger.Account
	services ledger.Services
	fenced   time.Time // up to when what was read is told no more
}

// NewJudge reads the ledger.
func NewJudge(ctx context.Context, book *ledger.Ledger) (*Judge, error) {
	_, fenced, err := book.Issued(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := book.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	services, err := book.Services(ctx)
	if err != nil {
		return nil, err
	}
	return &Judge{accounts, services, fenced}, nil
}

// Of judges a letter.
func (j *Judge) Of(l Letter) Verdict {
	switch {
	case l.Queue == Runs || l.Queue == Schedules:
		return Verdict{NotMoved, "the next run reads everything anew; when its cause is mended, discard it"}
	case l.fault != nil:
		return Verdict{Dies, "would die again: " + l.fault.Error()}
	case l.usage != nil && !l.usage.ObservedAt.After(j.fenced), l.accounts != nil && !l.accounts.ObservedAt.After(j.fenced):
		return Verdict{Superseded, "would be superseded: the ledger was imported since, and the next run tells all that is owed"}
	case l.usage != nil:
		return j.usage(*l.usage)
	case l.accounts != nil && l.accounts.Account != nil:
		return j.account(*l.accounts)
	case l.accounts != nil:
		return j.look(*l.accounts)
	}
	return Verdict{Dies, "would die again: it belongs to no queue of this program"}
}

func superseded(by ledger.Intent) Verdict {
	return Verdict{Superseded, fmt.Sprintf("would be superseded by run %s of %s", by.RunID, by.ObservedAt.UTC().Format("2006-01-02 15:04 MST"))}
}

func (j *Judge) usage(m message.Usage) Verdict {
	a := j.accounts[m.Account.ID]
	if a.Intent != nil && a.Intent.ObservedAt.After(m.ObservedAt) {
		return superseded(*a.Intent)
	}
	if j.services.LookedAt.Before(m.ObservedAt) {
		return Verdict{Waits, fmt.Sprintf("would wait for the services message of run %s: replay the accounts' letters too", m.RunID)}
	}
	var posts, missing []string
	for _, name := range slices.Sorted(maps.Keys(m.Counts)) {
		service, ok := j.services.Meant(name, m.ObservedAt)
		if !ok || service.ID == "" {
			missing = append(missing, name)
			continue
		}
		p := a.Pair(service)
		if p.State == ledger.Told && !p.ObservedAt.Before(m.ObservedAt) {
			continue
		}
		posts = append(posts, fmt.Sprintf("%s %s -> %d", name, told(p), m.Counts[name]))
	}
	switch {
	case len(posts) > 0:
		return Verdict{Posts, "would post " + strings.Join(posts, ", ")}
	case len(missing) > 0:
		return Verdict{Waits, "would wait: not at Synthesize yet: " + strings.Join(missing, ", ")}
	}
	return Verdict{Unchanged, "would change nothing: its counts are told already"}
}

// told is what Synthesize holds, as far as the ledger knows.
func told(p ledger.Pair) string {
	switch p.State {
	case ledger.Told:
		return fmt.Sprint(p.Units)
	case ledger.Never:
		return "-"
	}
	return "?"
}

func (j *Judge) account(m message.Accounts) Verdict {
	a := j.accounts[m.Account.ID]
	switch {
	case a.NameIntent != nil && a.NameIntent.ObservedAt.After(m.ObservedAt):
		return superseded(*a.NameIntent)
	case !a.Exists:
		return Verdict{Makes, fmt.Sprintf("would make account %s (%s)", m.Account.ID, m.Account.Name)}
	case a.Name != m.Account.Name:
		return Verdict{Makes, fmt.Sprintf("would rename account %s: %s -> %s", m.Account.ID, a.Name, m.Account.Name)}
	}
	return Verdict{Unchanged, "would change nothing: the account stands already"}
}

func (j *Judge) look(m message.Accounts) Verdict {
	var missing []string
	for _, wanted := range m.Services {
		if service, _ := j.services.ByName(wanted.Name); service.ID == "" {
			missing = append(missing, wanted.Name)
		}
	}
	switch {
	case j.services.Intent != nil && j.services.Intent.ObservedAt.After(m.ObservedAt):
		return superseded(*j.services.Intent)
	case len(missing) > 0:
		return Verdict{Makes, "would look at Synthesize, and make what is missing there: " + strings.Join(missing, ", ")}
	case !j.services.LookedAt.Before(m.ObservedAt):
		return Verdict{Unchanged, "would change nothing: its look at Synthesize is done"}
	}
	return Verdict{Makes, "would look at Synthesize; no service is missing there, as far as the ledger knows"}
}
