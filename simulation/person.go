package simulation

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
)

// person is who is told by a webhook that something needs him, and the dead man's switch beside it. What he is sent can be
// lost, and can come twice, as everything here.
type person struct {
	sim   *sim
	got   map[string]bool // messages, as they came; one that comes again is none
	open  map[string]bool // incidents that he was told of, by kind, and not that they are over
	ever  map[string]bool // incidents that he was ever told of
	found map[string]bool // incidents that a run found and told, or left to the next one to tell
}

func newPerson(s *sim) *person {
	return &person{sim: s, got: map[string]bool{}, open: map[string]bool{}, ever: map[string]bool{}, found: map[string]bool{}}
}

const personURL = "http://127.0.0.1:1003/"

// hears has a run tell him what it found, as the function does. Nobody hears if nobody is to be told.
func (p *person) hears(t *task, book *ledger.Ledger, result fetch.Result) {
	if p == nil || t.dead {
		return
	}
	s := p.sim
	sender, err := notify.New(notify.Settings{URL: personURL + "hook", HeartbeatURL: personURL + "beat"}, t.client(personName, p))
	if err != nil {
		s.fail("settings", "%v", err)
		return
	}
	out, _ := fetch.Announcer{Ledger: book, Sender: sender, Place: "--stack sim", Now: t.now}.Announce(context.WithoutCancel(t.ctx), result, false)
	if t.dead || out == nil || out.Error != "" {
		return
	}
	s.count("state person told", "run")
	for kind, found := range map[string]bool{fetch.IncidentHeld: len(result.Holds) > 0 && result.State != fetch.StateFailed, fetch.IncidentFailed: result.State == fetch.StateFailed} {
		if found {
			p.found[kind] = true
		}
	}
}

// ServeHTTP is his webhook.
func (p *person) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s := p.sim
	if strings.HasSuffix(r.URL.Path, "/beat") {
		return
	}
	body, _ := io.ReadAll(r.Body)
	var m notify.Message
	if err := json.Unmarshal(body, &m); err != nil {
		s.fail("a person is told once", "he is sent %s", body)
		return
	}
	if p.got[string(body)] {
		return
	}
	p.got[string(body)] = true
	s.note("a person is told: %s: %s", m.Incident, m.Title)
	if m.Over && !p.open[m.Incident] && !s.restored && !s.removed {
		s.fail("a person is told once", "he is told that %q is over, of which he was not told, or twice", m.Incident)
	}
	if !strings.HasPrefix(m.Command, "synthsync ") {
		s.fail("a person is told once", "no command ends %s", body)
	}
	p.open[m.Incident], p.ever[m.Incident] = !m.Over, true
}

// allIsOver holds, after two runs in peace, that he knows so, and that of all trouble that a run found he was told.
func (p *person) allIsOver() {
	s := p.sim
	known, err := s.desk().Incidents(context.Background())
	if err != nil {
		s.fail("ledger", "the incidents cannot be read: %v", err)
		return
	}
	if len(known.Outbox) > 0 || known.Trouble != "" {
		s.fail("a person is told once", "%d messages wait for him, and the ledger says %q", len(known.Outbox), known.Trouble)
	}
	for _, kind := range []string{fetch.IncidentHeld, fetch.IncidentFailed} {
		if _, open := known.Open[kind]; open || p.open[kind] && !s.restored && !s.removed {
			s.fail("a person is told once", "%q is over, and he does not know", kind)
		}
		if p.found[kind] && !p.ever[kind] && !s.restored && !s.removed {
			s.fail("a person is told once", "a run was %s, and he never heard of it", kind)
		}
	}
}
