package fetch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
)

const (
	// maxLines is how many lines of its subjects a message has.
	maxLines = 6
	// maxLine is how many characters a line has.
	maxLine = 500
)

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
