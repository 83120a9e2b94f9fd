package awstest

import (
	"fmt"
	"strconv"
	"time"
)

// box is a FIFO queue whose messages are received over the API: the dead letters.
type box struct {
	next    int
	letters []*boxed
	recent  map[string]recent // by deduplication id
}

type recent struct {
	id string
	at time.Time
}

type boxed struct {
	Letter
	id          string
	sentAt      time.Time
	receives    int
	hiddenUntil time.Time
	receipt     string
}

func (b *box) send(l Letter, deduplication string, now time.Time) string {
	if before, known := b.recent[deduplication]; known && deduplication != "" && now.Sub(before.at) < 5*time.Minute {
		return before.id
	}
	b.next++
	// As long as those of SQS: others are made of them.
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", b.next)
	b.letters = append(b.letters, &boxed{Letter: l, id: id, sentAt: now})
	if b.recent == nil {
		b.recent = map[string]recent{}
	}
	b.recent[deduplication] = recent{id, now}
	return id
}

// receive hands out messages in order; a group of which one is hidden is passed over.
func (b *box) receive(most int, hide time.Duration, now time.Time) []*boxed {
	blocked := map[string]bool{}
	for _, l := range b.letters {
		if now.Before(l.hiddenUntil) {
			blocked[l.Group] = true
		}
	}
	var out []*boxed
	for _, l := range b.letters {
		if len(out) == most {
			break
		}
		if l.Group != "" && blocked[l.Group] || now.Before(l.hiddenUntil) {
			continue
		}
		l.receives++
		l.hiddenUntil = now.Add(hide)
		l.receipt = l.id + "#" + strconv.Itoa(l.receives)
		out = append(out, l)
	}
	return out
}

func (b *box) byReceipt(receipt string) (at int, ok bool) {
	for i, l := range b.letters {
		if l.receipt == receipt && receipt != "" {
			return i, true
		}
	}
	return 0, false
}

func (b *box) remove(receipt string) {
	if i, ok := b.byReceipt(receipt); ok {
		b.letters = append(b.letters[:i:i], b.letters[i+1:]...)
	}
}

// hide sets how long a message stays hidden from now.
func (b *box) hide(receipt string, wait time.Duration, now time.Time) bool {
	i, ok := b.byReceipt(receipt)
	if ok {
		b.letters[i].hiddenUntil = now.Add(wait)
	}
	return ok
}

func (b *box) hidden(now time.Time) int {
	n := 0
	for _, l := range b.letters {
		if now.Before(l.hiddenUntil) {
			n++
		}
	}
	return n
}
