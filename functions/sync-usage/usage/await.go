package usage

import (
	"context"
	"time"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

const (
	// awaitPoll is how often the ledger is asked while a batch waits.
	awaitPoll = time.Second
	// awaitReceives is up to which receive a message is waited for. What keeps it longer is no matter of seconds: the vendor is
	// out of reach, or the services message lies with the dead letters.
	awaitReceives = 2
)

// await waits, for a part of the invocation's time, until no message of the batch waits for its run's services message. Both
// queues are worked at once, so counts mostly arrive some seconds before the look that they need.
func (w *work) await(ctx context.Context, batch []queue.Received) (waited bool) {
	limit := w.Awaits
	if deadline, set := ctx.Deadline(); set {
		limit = min(limit, (time.Until(deadline)-w.Margin)/4) // most of it is for the posts
	}
	for end := time.Now().Add(limit); time.Until(end) >= awaitPoll && w.early(ctx, batch); waited = true {
		timer := time.NewTimer(awaitPoll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return waited
		}
		services, err := w.Ledger.Services(ctx)
		if err != nil {
			return true // whoever works the messages meets it again
		}
		w.services = services
	}
	return waited
}

// early tells whether some message of the batch has come before its run's look, and a look may come: the vendor has not
// refused the login. It asks the ledger for the early ones alone.
func (w *work) early(ctx context.Context, batch []queue.Received) bool {
	for _, r := range batch {
		if r.Receives > awaitReceives {
			continue
		}
		m, err := message.DecodeUsage(r.Body)
		if err == nil && w.services.LookedAt.Before(m.ObservedAt) && queue.Waits(w.ready(ctx, m)) {
			return true
		}
	}
	return false
}
