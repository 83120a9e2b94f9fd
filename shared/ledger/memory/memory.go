// Package memory keeps a ledger in the memory of the process: for tests, and as the layer that a dry run writes to.
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

// Store is a ledger.Store that is gone with the process.
type Store struct {
	// Now is the clock that documents expire by; nil means time.Now. Set it before the first use.
	Now func() time.Time

	mu   sync.RWMutex
	docs map[ledger.Kind]map[string]ledger.Document
}

var _ ledger.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store {
	return &Store{docs: map[ledger.Kind]map[string]ledger.Document{}}
}

// Get returns copies of the documents as they stand.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read %d documents from memory: %w", len(keys), err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	docs := make([]ledger.Document, len(keys))
	for i, key := range keys {
		docs[i] = s.present(key)
	}
	return docs, nil
}

// List yields the documents whose ids were there when it began, each as it stands when its turn comes.
func (s *Store) List(ctx context.Context, kind ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) {
		for _, id := range s.ids(kind) {
			docs, err := s.Get(ctx, ledger.Key{Kind: kind, ID: id})
			if err != nil {
				yield(ledger.Document{}, fmt.Errorf("list %s documents: %w", kind, err))
				return
			}
			if docs[0].Version > 0 && !yield(docs[0], nil) {
				return
			}
		}
	}
}

// Write applies all the writes or none.
func (s *Store) Write(ctx context.Context, writes ...ledger.Write) error {
	if err := ledger.CheckWrites(writes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write %d documents to memory: %w", len(writes), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var changed []ledger.Key
	for _, w := range writes {
		if s.present(w.Key).Version != w.IfVersion {
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
			delete(s.docs[w.Kind], w.ID)
		default:
			s.put(after(w))
		}
	}
	return nil
}

// Close does nothing: the documents stay until nobody refers to the store.
func (s *Store) Close() error { return nil }

// present is the document as a reader sees it: without a version when it is missing or has expired.
func (s *Store) present(key ledger.Key) ledger.Document {
	doc, ok := s.docs[key.Kind][key.ID]
	if !ok || expired(doc, s.now()) {
		return ledger.Document{Key: key}
	}
	doc.Body = bytes.Clone(doc.Body)
	return doc
}

func (s *Store) put(doc ledger.Document) {
	if s.docs[doc.Kind] == nil {
		s.docs[doc.Kind] = map[string]ledger.Document{}
	}
	s.docs[doc.Kind][doc.ID] = doc
}

func (s *Store) ids(kind ledger.Kind) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := make([]string, 0, len(s.docs[kind]))
	for id := range s.docs[kind] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// after is the document that a write leaves behind.
func after(w ledger.Write) ledger.Document {
	return ledger.Document{
		Key: w.Key, Version: w.IfVersion + 1, Body: bytes.Clone(w.Body), Expires: wholeSecond(w.Expires),
	}
}

// wholeSecond rounds an expiry up as DynamoDB needs it, so that a ledger behaves alike wherever it lives.
func wholeSecond(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.Unix(t.Add(time.Second-1).Unix(), 0).UTC()
}

func expired(doc ledger.Document, now time.Time) bool {
	return !doc.Expires.IsZero() && !now.Before(doc.Expires)
}
