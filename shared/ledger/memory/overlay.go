package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// Layer is a ledger.Store on top of another one, which it reads and never writes.
type Layer struct {
	// Now is the clock that the layer's own documents expire by; nil means time.Now. Set it before the first use.
	Now func() time.Time

	base ledger.Store
	mu   sync.RWMutex
	own  map[ledger.Key]ledger.Document // what was written here; a deleted one has version 0 and hides the base's
}

var _ ledger.Store = (*Layer)(nil)

// Overlay makes a layer over base for a dry run: whatever is written stays in the layer, with the versions it would
// have had, and base never changes. What the layer has not written is read from base each time. Closing the layer
// leaves base open; it belongs to whoever opened it.
func Overlay(base ledger.Store) *Layer {
	return &Layer{base: base, own: map[ledger.Key]ledger.Document{}}
}

// Get returns what was written here, and the base's documents otherwise.
func (l *Layer) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read %d documents from the dry run's layer: %w", len(keys), err)
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.get(ctx, keys)
}

// get needs the lock.
func (l *Layer) get(ctx context.Context, keys []ledger.Key) ([]ledger.Document, error) {
	docs := make([]ledger.Document, len(keys))
	var below []ledger.Key
	var places []int
	for i, key := range keys {
		if doc, ok := l.written(key); ok {
			docs[i] = doc
			continue
		}
		below, places = append(below, key), append(places, i)
	}
	if len(below) == 0 {
		return docs, nil
	}
	base, err := l.base.Get(ctx, below...)
	if err != nil {
		return nil, err
	}
	for i, doc := range base {
		docs[places[i]] = doc
	}
	return docs, nil
}

// Write keeps the writes in the layer. The conditions hold against what Get returns.
func (l *Layer) Write(ctx context.Context, writes ...ledger.Write) error {
	if err := ledger.CheckWrites(writes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write %d documents to the dry run's layer: %w", len(writes), err)
	}
	keys := make([]ledger.Key, len(writes))
	for i, w := range writes {
		keys[i] = w.Key
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	docs, err := l.get(ctx, keys)
	if err != nil {
		return err
	}
	var changed []ledger.Key
	for i, w := range writes {
		if docs[i].Version != w.IfVersion {
			changed = append(changed, w.Key)
		}
	}
	if changed != nil {
		return &ledger.Conflict{Keys: changed}
	}
	for _, w := range writes {
		switch {
		case w.Check:
		case w.Delete:
			l.own[w.Key] = ledger.Document{Key: w.Key}
		default:
			l.own[w.Key] = after(w)
		}
	}
	return nil
}

// List merges the layer's documents into the base's by id.
func (l *Layer) List(ctx context.Context, kind ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(ledger.Document{}, fmt.Errorf("list %s documents of the dry run's layer: %w", kind, err))
			return
		}
		ids := l.ids(kind)
		// upTo yields the layer's own documents before an id.
		upTo := func(id string, all bool) bool {
			for len(ids) > 0 && (all || ids[0] < id) {
				doc, _ := l.find(ledger.Key{Kind: kind, ID: ids[0]})
				ids = ids[1:]
				if doc.Version > 0 && !yield(doc, nil) {
					return false
				}
			}
			return true
		}
		for doc, err := range l.base.List(ctx, kind) {
			if err != nil {
				yield(ledger.Document{}, err)
				return
			}
			if !upTo(doc.ID, false) {
				return
			}
			if len(ids) > 0 && ids[0] == doc.ID {
				ids = ids[1:]
			}
			if own, ok := l.find(doc.Key); ok {
				doc = own
			}
			if doc.Version > 0 && !yield(doc, nil) {
				return
			}
		}
		upTo("", true)
	}
}

// Close drops nothing and leaves the base open.
func (l *Layer) Close() error { return nil }

func (l *Layer) find(key ledger.Key) (ledger.Document, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.written(key)
}

// written tells what the layer holds under a key; a deleted or expired document is held as one that is not there.
func (l *Layer) written(key ledger.Key) (ledger.Document, bool) {
	doc, ok := l.own[key]
	if !ok {
		return ledger.Document{}, false
	}
	now := time.Now
	if l.Now != nil {
		now = l.Now
	}
	if expired(doc, now()) {
		return ledger.Document{Key: key}, true
	}
	doc.Body = bytes.Clone(doc.Body)
	return doc, true
}

func (l *Layer) ids(kind ledger.Kind) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var ids []string
	for key := range l.own {
		if key.Kind == kind {
			ids = append(ids, key.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
