package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

const kindLetter Kind = "letter" // one per message that a run on one machine left undelivered

// letterLives is how long a letter is kept: as long as SQS keeps a dead letter at most.
const letterLives = 14 * 24 * time.Hour

// Letter is a message that a run on one machine left undelivered, where there is no queue that would keep it.
type Letter struct {
	ID       string          `json:"-"`
	Queue    string          `json:"queue"`
	Group    string          `json:"group"`
	Body     json.RawMessage `json:"body"`
	SentAt   time.Time       `json:"sentAt"`
	DiedAt   time.Time       `json:"diedAt"`
	Receives int             `json:"receives"`
	Reason   string          `json:"reason"`
}

// KeepLetter keeps a letter, or what is newly known of one that is kept already.
func (l *Ledger) KeepLetter(ctx context.Context, letter Letter) error {
	key := Key{kindLetter, letter.ID}
	body, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("keep letter %s in the ledger: %w", letter.ID, err)
	}
	docs, err := l.store.Get(ctx, key)
	if err == nil {
		err = l.store.Write(ctx, Write{Key: key, IfVersion: docs[0].Version, Body: body, Expires: l.now().Add(letterLives)})
	}
	if err != nil {
		return fmt.Errorf("keep letter %s in the ledger: %w", letter.ID, err)
	}
	return nil
}

// DropLetter forgets a letter; one that is not there is forgotten already.
func (l *Ledger) DropLetter(ctx context.Context, id string) error {
	key := Key{kindLetter, id}
	docs, err := l.store.Get(ctx, key)
	if err == nil && docs[0].Version > 0 {
		err = l.store.Write(ctx, Write{Key: key, IfVersion: docs[0].Version, Delete: true})
	}
	if err != nil {
		return fmt.Errorf("drop letter %s from the ledger: %w", id, err)
	}
	return nil
}

// Letters reads all letters, by id.
func (l *Ledger) Letters(ctx context.Context) ([]Letter, error) {
	var letters []Letter
	for doc, err := range l.store.List(ctx, kindLetter) {
		if err != nil {
			return nil, fmt.Errorf("read the letters from the ledger: %w", err)
		}
		letter := Letter{ID: doc.ID}
		if err := decode(doc, &letter); err != nil {
			return nil, err
		}
		letters = append(letters, letter)
	}
	return letters, nil
}
