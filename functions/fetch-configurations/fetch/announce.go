package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// sendingTime is for how long one process has the outbox to itself.
	sendingTime = time.Minute
	// maxOutbox is how many messages wait at most; the oldest go first.
	maxOutbox = 20
	// maxLines is how many lines of its subjects a message has.
	maxLines = 6
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
	var errs []error
	news, err := a.tell(ctx, r, onlyLost, out)
	errs = append(errs, err)
	if r.State == StateDone && len(r.Holds) == 0 && a.Sender.Beats() {
		err := a.Sender.Heartbeat(ctx)
		out.Beat = err == nil
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		out.Error = err.Error()
	} else if !a.Sender.Notifies() && !a.Sender.Beats() {
		return nil, news
	}
	return out, news
}

// tell notes the news in the ledger, and sends what waits there, unless another process does.
func (a Announcer) tell(ctx context.Context, r Result, onlyLost bool, out *Notified) (news int, err error) {
	now := a.Now().UTC()
	var mine []ledger.Notice
	_, err = a.Ledger.UpdateIncidents(ctx, func(known *ledger.Incidents) error {
		mine = nil
		var err error
		if news, err = a.note(known, r, onlyLost, now); err != nil {
			return err
		}
		if busy := known.Sending.Sub(now); len(known.Outbox) > 0 && (busy <= 0 || busy > sendingTime) {
			known.Sending = now.Add(sendingTime)
			mine = slices.Clone(known.Outbox)
		}
		return nil
	})
	if err != nil || len(mine) == 0 {
		return news, err
	}
	return news, a.deliver(ctx, mine, out)
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

// note brings what is known in line with what a run found. A failed run has not seen everything, so what it does not see
// is not over.
func (a Announcer) note(known *ledger.Incidents, r Result, onlyLost bool, now time.Time) (handNews int, err error) {
	open := map[string]ledger.Incident{}
	maps.Copy(open, known.Open)
	var messages []notify.Message
	found := map[string]bool{}
	for _, i := range incidentsOf(r, a.Place, onlyLost) {
		found[i.kind] = true
		before, was := open[i.kind]
		news := i.news(before, was)
		if i.kind == IncidentHand {
			handNews = len(news)
		}
		if len(news) > 0 {
			messages = append(messages, a.message(i, news, was, r, now))
		}
		if !was {
			before = ledger.Incident{Since: now, RunID: r.RunID}
		}
		before.Subjects = i.hashes()
		open[i.kind] = before
	}
	for _, kind := range slices.Sorted(maps.Keys(open)) {
		if !found[kind] && (r.State != StateFailed || onlyLost && kind == IncidentFailed) {
			messages = append(messages, a.over(kind, open[kind], r, now))
			delete(open, kind)
		}
	}
	known.Open = open
	if !a.Sender.Notifies() {
		messages = nil // who sets a webhook up later is not told of years
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

func (a Announcer) message(i incident, news []subject, was bool, r Result, now time.Time) notify.Message {
	m := notify.Message{Incident: i.kind, Title: "synthsync: " + i.title, Command: i.command, Where: a.Place, RunID: r.RunID, At: now}
	if was {
		m.Title += fmt.Sprintf(" (new: %d)", len(news))
	}
	for _, s := range news[:min(len(news), maxLines)] {
		m.Lines = append(m.Lines, s.text)
	}
	if more := len(news) - maxLines; more > 0 {
		m.Lines = append(m.Lines, fmt.Sprintf("… and %d more", more))
	}
	return m
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
	err := a.Sender.Send(ctx, notify.Message{
		Incident: "test", Title: "synthsync: a test", Where: a.Place, At: a.Now().UTC(),
		Lines: []string{"Somebody tries whether you are told. Nothing is wrong."}, Command: "synthsync report " + a.Place,
	})
	if err == nil && a.Sender.Notifies() {
		out.Sent = 1
	}
	beat := a.Sender.Heartbeat(ctx)
	out.Beat = beat == nil && a.Sender.Beats()
	if err := errors.Join(err, beat); err != nil {
		out.Error = err.Error()
	}
	return out
}
