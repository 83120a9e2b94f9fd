package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/notify"
)

const (
	// sendingTime is for how long one process has the outbox to itself.
	sendingTime = time.Minute
	// maxOutbox is how many messages wait at most; the oldest go first.
	maxOutbox = 20
)

// tell notes the news in the ledger, and sends what waits there, unless another process does.
func (a Announcer) tell(ctx, noting context.Context, r Result, onlyLost bool, out *Notified) (known ledger.Incidents, news int, err error) {
	now := a.Now().UTC()
	var mine []ledger.Notice
	known, err = a.Ledger.UpdateIncidents(noting, func(known *ledger.Incidents) error {
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
	return known, news, a.deliver(ctx, noting, mine, out)
}

// deliver sends what waits, and takes what was sent out of the ledger.
func (a Announcer) deliver(ctx, noting context.Context, mine []ledger.Notice, out *Notified) error {
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
	_, err := a.Ledger.UpdateIncidents(noting, func(known *ledger.Incidents) error {
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
