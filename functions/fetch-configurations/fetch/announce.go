package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
)

// Messenger tells a person, and a dead man's switch.
type Messenger interface {
	Notifies() bool
	Beats() bool
	Send(ctx context.Context, m notify.Message) error
	Heartbeat(ctx context.Context) error
}

// Announcer tells a person what a run found: each incident once, and once when it is over. What cannot be delivered is kept
// in the ledger, and the next run tries again.
type Announcer struct {
	Ledger *ledger.Ledger
	Sender Messenger
	Place  string // as a command names it: "--stack NAME"
	Now    func() time.Time
	Fault  error // the addresses are set up wrong, so that nobody can be told; it is reported like a failure to tell
}

// Notified is what became of telling a person.
type Notified struct {
	Sent    int    `json:"sent"`
	Waiting int    `json:"waiting,omitempty"` // could not be delivered; the next run tries again
	Beat    bool   `json:"beat,omitempty"`    // the dead man's switch was told
	Error   string `json:"error,omitempty"`
}

const (
	// announceTime is how long all of it may take: a person waits for the command, and a function's time is bought.
	announceTime = 10 * time.Second
	// beatTime is the part of it that the dead man's switch may take. It is asked first: runs that end well would look like
	// none at all if a webhook that hangs had used up the time.
	beatTime = 3 * time.Second
	// sendingTime is for how long one process has the outbox to itself.
	sendingTime = time.Minute
	// maxOutbox is how many messages wait at most; the oldest go first.
	maxOutbox = 20
	// maxLines is how many lines of its subjects a message has.
	maxLines = 6
	// maxLine is how many characters a line has.
	maxLine = 500
)

// Announce tells what is new. It fails no run: what went wrong is in the answer, which is nil where nobody is to be told.
// news is how many things are new that need a hand, whoever is told of them.
func (a Announcer) Announce(ctx context.Context, r Result, onlyLost bool) (told *Notified, news int) {
	if r.DryRun || r.State == "" {
		return nil, 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime)
	defer cancel()
	out := &Notified{}
	var failed troubles
	failed.add(a.Fault)
	if r.good() {
		failed.add(a.beat(ctx, out))
	}
	known, news, err := a.tell(ctx, r, onlyLost, out)
	failed.add(err)
	out.Error = failed.String()
	if err := a.remember(ctx, known, out.Error); err != nil && out.Error == "" {
		out.Error = err.Error()
	}
	if out.Error == "" && !a.Sender.Notifies() && !a.Sender.Beats() {
		return nil, news
	}
	return out, news
}

// good tells whether nothing keeps a bill from being right that somebody has been told to see to before.
func (r Result) good() bool {
	lost := func(a Attention) bool { return a.Kind == KindMappingLost }
	return r.State == StateDone && len(r.Holds) == 0 && !slices.ContainsFunc(r.Attention, lost)
}

// remember keeps in the ledger, where a report finds it, that a person was not told, and why; or that he is again.
func (a Announcer) remember(ctx context.Context, known ledger.Incidents, trouble string) error {
	if known.Trouble == trouble {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime/2)
	defer cancel()
	_, err := a.Ledger.UpdateIncidents(ctx, func(now *ledger.Incidents) error {
		if now.Trouble == "" {
			now.TroubleSince = a.Now().UTC()
		}
		if now.Trouble = trouble; trouble == "" {
			now.TroubleSince = time.Time{}
		}
		return nil
	})
	return err
}

// beat tells the dead man's switch, if there is one.
func (a Announcer) beat(ctx context.Context, out *Notified) error {
	if !a.Sender.Beats() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	err := a.Sender.Heartbeat(ctx)
	out.Beat = err == nil
	return err
}

// troubles are errors as one line.
type troubles []string

func (t *troubles) add(err error) {
	if err != nil {
		*t = append(*t, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

func (t *troubles) String() string { return strings.Join(*t, "; ") }

// tell notes the news in the ledger, and sends what waits there, unless another process does.
func (a Announcer) tell(ctx context.Context, r Result, onlyLost bool, out *Notified) (known ledger.Incidents, news int, err error) {
	now := a.Now().UTC()
	var mine []ledger.Notice
	known, err = a.Ledger.UpdateIncidents(ctx, func(known *ledger.Incidents) error {
		mine = nil
		var err error
		if news, err = a.note(known, r, onlyLost, now); err != nil {
			return err
		}
		if busy := known.Sending.Sub(now); a.Sender.Notifies() && len(known.Outbox) > 0 && (busy <= 0 || busy > sendingTime) {
			known.Sending = now.Add(sendingTime)
			mine = slices.Clone(known.Outbox)
		}
		return nil
	})
	if err != nil || len(mine) == 0 {
		if err == nil && a.Fault != nil {
			out.Waiting = len(known.Outbox)
		}
		return known, news, err
	}
	return known, news, a.deliver(ctx, mine, out)
}

// deliver sends what waits, and takes what was sent out of the ledger.
func (a Announcer) deliver(ctx context.Context, mine []ledger.Notice, out *Notified) error {
	var failed error
	for _, notice := range mine {
		var m notify.Message
		if err := json.Unmarshal(notice.Message, &m); err != nil {
			return fmt.Errorf("read back a notification: %w", err)
		}
		if failed = a.Sender.Send(ctx, m); failed != nil {
			break
		}
		out.Sent++
	}
	out.Waiting = len(mine) - out.Sent
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), announceTime/2)
	defer cancel()
	_, err := a.Ledger.UpdateIncidents(end, func(known *ledger.Incidents) error {
		known.Sending = time.Time{}
		known.Outbox = slices.DeleteFunc(known.Outbox, func(n ledger.Notice) bool {
			return slices.ContainsFunc(mine[:out.Sent], func(sent ledger.Notice) bool {
				return n.At.Equal(sent.At) && string(n.Message) == string(sent.Message)
			})
		})
		return nil
	})
	return errors.Join(failed, err)
}

// note brings what is known in line with what a run found.
func (a Announcer) note(known *ledger.Incidents, r Result, onlyLost bool, now time.Time) (handNews int, err error) {
	open := map[string]ledger.Incident{}
	maps.Copy(open, known.Open)
	keeps := a.Sender.Notifies() || a.Fault != nil // whose address cannot be read now is told when it can
	if !keeps {
		untold(known.Outbox, open)
		known.Outbox = nil
	}
	var messages []notify.Message
	found := map[string]bool{}
	for _, i := range incidentsOf(r, a.Place, onlyLost) {
		found[i.kind] = true
		before, was := open[i.kind]
		news := i.news(before, was)
		if i.kind == IncidentHand {
			handNews = len(news)
		}
		told := was && !before.Untold
		if !told {
			news = i.subjects
		}
		if len(news) > 0 {
			messages = append(messages, a.message(i, news, told, r, now))
		}
		if !was {
			before = ledger.Incident{Since: now, RunID: r.RunID}
		}
		before.Untold = !told && !keeps
		if seen(r, i.kind, onlyLost) || !told && keeps { // of what nobody was told, this run tells what it has found
			before.Subjects = nil
		}
		before.Subjects = i.hashes(before.Subjects)
		open[i.kind] = before
	}
	for _, kind := range slices.Sorted(maps.Keys(open)) {
		if !found[kind] && seen(r, kind, onlyLost) {
			if !open[kind].Untold {
				messages = append(messages, a.over(kind, open[kind], r, now))
			}
			delete(open, kind)
		}
	}
	known.Open = open
	if !keeps {
		messages = nil // who sets a webhook up later is told what is open then, not of years
	}
	for _, m := range messages {
		body, err := json.Marshal(m)
		if err != nil {
			return 0, fmt.Errorf("write a notification: %w", err)
		}
		known.Outbox = append(known.Outbox, ledger.Notice{At: now, Message: body})
	}
	known.Outbox = known.Outbox[max(0, len(known.Outbox)-maxOutbox):]
	return handNews, nil
}

// untold takes back that a person was told of what still waits: there is no address any more that it could go to.
func untold(waiting []ledger.Notice, open map[string]ledger.Incident) {
	for _, notice := range waiting {
		var m notify.Message
		if json.Unmarshal(notice.Message, &m) != nil || m.Over {
			continue
		}
		if i, is := open[m.Incident]; is {
			i.Untold = true
			open[m.Incident] = i
		}
	}
}

func (a Announcer) message(i incident, news []subject, was bool, r Result, now time.Time) notify.Message {
	m := notify.Message{Incident: i.kind, Title: "synthsync: " + i.title, Command: i.command, Where: a.Place, RunID: r.RunID, At: now}
	if was {
		m.Title += fmt.Sprintf(" (new: %d)", len(news))
	}
	for _, s := range news[:min(len(news), maxLines)] {
		m.Lines = append(m.Lines, clip(s.text))
	}
	if more := len(news) - maxLines; more > 0 {
		m.Lines = append(m.Lines, fmt.Sprintf("… and %d more", more))
	}
	return m
}

// clip keeps a line readable, and a message within what its receivers take (Teams: 28 KB): one that is refused for its
// length would be refused for ever, and all later ones wait behind it.
func clip(line string) string { return brief(line, maxLine) }

// brief is a text of so many characters at most.
func brief(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

func (a Announcer) over(kind string, was ledger.Incident, r Result, now time.Time) notify.Message {
	title := map[string]string{
		IncidentHeld:        "no run is held any more",
		IncidentFailed:      "runs end well again",
		IncidentMappingLost: "no mapping is lost any more",
		IncidentHand:        "nothing needs a hand any more",
	}[kind]
	return notify.Message{
		Incident: kind, Over: true, Title: "synthsync: over: " + title, Where: a.Place, RunID: r.RunID, At: now,
		Lines: []string{"since " + was.Since.Format("2006-01-02 15:04 MST") + ", run " + was.RunID}, Command: "synthsync report " + a.Place,
	}
}

// Test is the message of a person who tries whether he is told.
func (a Announcer) Test(ctx context.Context) *Notified {
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	out := &Notified{}
	var failed troubles
	failed.add(a.beat(ctx, out))
	err := a.Sender.Send(ctx, notify.Message{
		Incident: "test", Title: "synthsync: a test", Where: a.Place, At: a.Now().UTC(),
		Lines: []string{"Somebody tries whether you are told. Nothing is wrong."}, Command: "synthsync report " + a.Place,
	})
	failed.add(err)
	if err == nil && a.Sender.Notifies() {
		out.Sent = 1
	}
	out.Error = failed.String()
	return out
}
