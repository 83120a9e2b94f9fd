package fetch

import (
	"context"
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
	// notingTime is how long the ledger may take after that, to note what was told.
	notingTime = announceTime / 2
	// beatTime is the part of it that the dead man's switch may take. It is asked first: runs that end well would look like
	// none at all if a webhook that hangs had used up the time.
	beatTime = 3 * time.Second
)

// Announce tells what is new. It fails no run: what went wrong is in the answer, which is nil where nobody is to be told.
// news is how many things are new that need a hand, whoever is told of them. All of it ends with ctx, which is not the run's
// own: that one may be over.
func (a Announcer) Announce(ctx context.Context, r Result, onlyLost bool) (told *Notified, news int) {
	if r.DryRun || r.State == "" {
		return nil, 0
	}
	noting, cancel := context.WithTimeout(ctx, announceTime+notingTime)
	defer cancel()
	ctx, cancel = upTo(noting, announceTime)
	defer cancel()
	out := &Notified{}
	var failed troubles
	failed.add(a.Fault)
	if r.good() {
		failed.add(a.beat(ctx, out))
	}
	known, news, err := a.tell(ctx, noting, r, onlyLost, out)
	failed.add(err)
	out.Error = failed.String()
	if err := a.remember(noting, known, out.Error); err != nil && out.Error == "" {
		out.Error = err.Error()
	}
	if out.Error == "" && !a.Sender.Notifies() && !a.Sender.Beats() {
		return nil, news
	}
	return out, news
}

// upTo ends a context after so long, and once it has left only a third of what it had. Its parent has a deadline.
func upTo(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithTimeout(ctx, min(time.Until(deadline)*2/3, most))
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
	ctx, cancel := upTo(ctx, beatTime)
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
