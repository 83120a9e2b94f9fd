package letters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Desk is the dead letters of a deployed stack.
type Desk struct {
	Boxes []Box // accounts before usage: a count may wait for its account
	Book  *ledger.Ledger
	Now   func() time.Time
	NewID func() string // names a replay
	Say   func(format string, args ...any)
}

// Listing is what a look found.
type Listing struct {
	Letters []Letter `json:"letters"`
	Unseen  int      `json:"unseen"` // more that cannot be seen until those before them in their group are gone
}

// List looks at all boxes and judges each letter. All are given back.
func (d *Desk) List(ctx context.Context, choose Select) (Listing, error) {
	judge, err := NewJudge(ctx, d.Book)
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Letters: []Letter{}}
	for i := range d.Boxes {
		b := &d.Boxes[i]
		letters, err := b.list(ctx)
		if err != nil {
			return listing, err
		}
		depth, err := b.depth(ctx, b.URL)
		if err != nil {
			return listing, err
		}
		listing.Unseen += max(depth-len(letters), 0)
		for _, l := range letters {
			l.Verdict = judge.Of(l)
			if choose.Takes(l) {
				listing.Letters = append(listing.Letters, l)
			}
		}
	}
	return listing, nil
}

// Replay brings letters back to their queues, at most perSecond a second. What the letters say is told only where no
// newer run has spoken. A letter that cannot be read is left.
func (d *Desk) Replay(ctx context.Context, choose Select, perSecond int) (Moved, error) {
	var total Moved
	id := d.NewID()
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.Source == "" {
			continue
		}
		moved, err := d.replay(ctx, b, choose, perSecond, id)
		total = total.add(moved)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (d *Desk) replay(ctx context.Context, b *Box, choose Select, perSecond int, id string) (Moved, error) {
	all, err := b.list(ctx)
	if err != nil {
		return Moved{}, err
	}
	if len(all) == 0 {
		return Moved{}, nil
	}
	depth, err := b.depth(ctx, b.URL)
	if err != nil {
		return Moved{}, err
	}
	why := taskFits(all, choose, d.Now())
	if why == "" && depth > len(all) {
		why = "not all letters can be seen now"
	}
	if why == "" {
		n, err := b.runTask(ctx, perSecond, func(n int64) { d.Say("%s: %d moved", b.Queue, n) })
		if !errors.Is(err, errNoTask) {
			return Moved{Sent: n, ByTask: n}, err
		}
		why = errNoTask.Error()
	}
	d.Say("%s: moved one by one, since %s", b.Queue, why)
	limiter := rate.NewLimiter(rate.Limit(perSecond), 1)
	var total Moved
	for {
		m := &mover{Box: b, id: id, choose: choose, rate: limiter}
		m.sent = func() {
			if total.Sent++; total.Sent%100 == 0 {
				d.Say("%s: %d sent back", b.Queue, total.Sent)
			}
		}
		moved, err := m.move(ctx)
		total.Unsure += moved.Unsure
		total.Left, total.Skipped = moved.Left, moved.Skipped
		if err != nil {
			return total, err
		}
		if moved.Sent == moved.Unsure { // nothing left its place: another round would meet the same
			break
		}
	}
	if depth, err = b.depth(ctx, b.URL); err != nil {
		return total, err
	}
	total.Behind = max(depth-total.Left-total.Unsure, 0)
	return total, nil
}

// Discard deletes letters for good. What a letter was to tell, the next run tells, since the ledger still means it.
func (d *Desk) Discard(ctx context.Context, choose Select) (int, error) {
	if choose.All() {
		return 0, errors.New("discard letters: name the letters, or a company")
	}
	discarded := 0
	for i := range d.Boxes {
		b := &d.Boxes[i]
		var back []held
		err := b.each(ctx, func(batch []held) (bool, error) {
			for i, h := range batch {
				if !choose.Takes(h.Letter) {
					back = append(back, h)
					continue
				}
				if _, err := b.API.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &b.URL, ReceiptHandle: &batch[i].receipt}); err != nil {
					back = append(back, batch[i:]...)
					return false, fmt.Errorf("discard letter %s: %w", h.ID, err)
				}
				discarded++
			}
			return true, nil
		})
		if err = errors.Join(err, b.giveBack(ctx, back)); err != nil {
			return discarded, err
		}
	}
	return discarded, nil
}

// Depth is how many messages a queue holds, and how many died on it. SQS counts approximately.
type Depth struct {
	Queue   Queue `json:"queue"`
	Waiting int   `json:"waiting"` // on their way, those being worked included
	Dead    int   `json:"dead"`
}

// Depths asks each queue for its length.
func (d *Desk) Depths(ctx context.Context) ([]Depth, error) {
	var depths []Depth
	for i := range d.Boxes {
		b := &d.Boxes[i]
		depth := Depth{Queue: b.Queue}
		var err error
		if depth.Dead, err = b.depth(ctx, b.URL); err != nil {
			return nil, err
		}
		if b.Source != "" {
			if depth.Waiting, err = b.depth(ctx, b.Source); err != nil {
				return nil, err
			}
		}
		depths = append(depths, depth)
	}
	return depths, nil
}
