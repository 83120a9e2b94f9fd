// Package ledger is the memory of what Synthesize has been told. Synthesize cannot be asked which counts it holds, so
// whatever this package does not know stays unknown until it has been told again.
//
// The rules are written once, as changes of small documents; a Store (DynamoDB, one file, memory) compares the version
// of each document before it writes. Every change is written so that repeating it changes nothing more, since the
// answer to a write can be lost.
package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Format is the version of the documents' meaning. A ledger of a newer format is refused, an older one is read.
const Format = 1

// maxTries bounds how often a change is decided anew because another writer was quicker. Writers of one document are
// few (a worker of one company, one run), so reaching it means that something is wrong.
const maxTries = 24

// Kinds of documents.
const (
	kindState   Kind = "state"   // single documents: head, tenant, services, baseline, rebuild, refusals
	kindAccount Kind = "account" // one per account, by account id
	kindRun     Kind = "run"     // one per run, by observedAt
)

// Ledger applies the rules to a Store. It is safe for use by many goroutines.
type Ledger struct {
	// AttemptLives is how long an attempt that never reported back may still reach Synthesize. Set it before first use.
	AttemptLives time.Duration
	// Locked is since when nobody else can be at work, where the ledger is locked for the life of a process: what others had
	// sent before may arrive for AttemptLives from then, however long ago they marked it. Zero: it is not locked. Set it
	// before first use.
	Locked time.Time

	store Store
	now   func() time.Time
}

// New makes a ledger of a store. now is the clock of this machine, which may be wrong: nothing that decides which of
// two counts is newer relies on it.
func New(store Store, now func() time.Time) *Ledger {
	return &Ledger{AttemptLives: DefaultAttemptLives, store: store, now: now}
}

// Close gives the store back.
func (l *Ledger) Close() error { return l.store.Close() }

// Store is the store beneath, for an overlay (a dry run) or an export.
func (l *Ledger) Store() Store { return l.store }

// load reads one document. A missing one leaves v as it is and has version 0.
func (l *Ledger) load(ctx context.Context, key Key, v any) (version int64, err error) {
	docs, err := l.store.Get(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("read %s from the ledger: %w", key, err)
	}
	return docs[0].Version, decode(docs[0], v)
}

func decode(doc Document, v any) error {
	if doc.Version == 0 {
		return nil
	}
	if err := json.Unmarshal(doc.Body, v); err != nil {
		return fmt.Errorf("read %s from the ledger: not a document of this program: %w", doc.Key, err)
	}
	return nil
}

// update reads a document, lets change decide, and writes it if it has not changed meanwhile; else it decides anew.
// A change that alters nothing writes nothing. An error of change ends it and is returned as it is.
func update[T any](ctx context.Context, l *Ledger, key Key, change func(*T) error) (T, error) {
	var doc T
	err := l.rewrite(ctx, key, func() any { doc = *new(T); return &doc }, func() error { return change(&doc) })
	return doc, err
}

// rewrite is update for all types. It is compiled once, and what is generic of it is small: a bootstrap has to be small to start
// at once. empty is what the document is read into.
func (l *Ledger) rewrite(ctx context.Context, key Key, empty func() any, change func() error) error {
	for try := 0; ; try++ {
		into := empty()
		docs, err := l.store.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("read %s from the ledger: %w", key, err)
		}
		if err := decode(docs[0], into); err != nil {
			return err
		}
		if err := change(); err != nil {
			return err
		}
		body, err := json.Marshal(into)
		if err != nil {
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if docs[0].Version > 0 && bytes.Equal(body, docs[0].Body) {
			return nil
		}
		err = l.store.Write(ctx, Write{Key: key, IfVersion: docs[0].Version, Body: body, Expires: docs[0].Expires})
		switch {
		case err == nil:
			return nil
		case !isConflict(err) || try >= maxTries:
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
		if err := yield(ctx, try); err != nil {
			return fmt.Errorf("write %s to the ledger: %w", key, err)
		}
	}
}

// yield waits a little, more with each try, so that writers of one document do not go on colliding.
func yield(ctx context.Context, try int) error {
	limit := min(5*time.Millisecond<<min(try, 6), 200*time.Millisecond)
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(limit)) + 1)) //nolint:gosec // spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func isConflict(err error) bool {
	var conflict *Conflict
	return errors.As(err, &conflict)
}
