// Package file keeps a ledger in one file, for one machine. The file is locked while it is open.
//
// The file is a bbolt database: one file with transactions that survive a crash, in pure Go, so it builds everywhere.
package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/synthsync/synthsync/shared/ledger"
)

// listBatch is how many documents List reads in one transaction. A transaction must not stay open while the caller
// works on what it got: a write that has to grow the file would wait for it for ever.
const listBatch = 500

// Store is a ledger.Store in a file.
type Store struct {
	db   *bbolt.DB
	path string
	now  func() time.Time
}

var _ ledger.Store = (*Store)(nil)

// Get returns the documents as they stand, all of one moment.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read ledger %s: %w", s.path, err)
	}
	docs := make([]ledger.Document, len(keys))
	err := guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) (err error) {
			for i, key := range keys {
				if docs[i], err = s.present(tx, key); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, explain("read", s.path, err)
	}
	return docs, nil
}

// List yields the documents of a kind in batches, each of one moment.
func (s *Store) List(ctx context.Context, kind ledger.Kind) iter.Seq2[ledger.Document, error] {
	return func(yield func(ledger.Document, error) bool) {
		var last []byte
		for {
			docs, next, err := s.batch(ctx, kind, last)
			if err != nil {
				yield(ledger.Document{}, err)
				return
			}
			for _, doc := range docs {
				if !yield(doc, nil) {
					return
				}
			}
			if last = next; last == nil {
				return
			}
		}
	}
}

// batch reads the documents after an id, and tells after which one to go on; nil when there are no more.
func (s *Store) batch(ctx context.Context, kind ledger.Kind, after []byte) (docs []ledger.Document, next []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("list %s documents of ledger %s: %w", kind, s.path, err)
	}
	err = guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			bucket := tx.Bucket(documents).Bucket([]byte(kind))
			if bucket == nil {
				return nil
			}
			cursor, now := bucket.Cursor(), s.now()
			id, value := cursor.Seek(after)
			if after != nil && bytes.Equal(id, after) {
				id, value = cursor.Next()
			}
			for ; id != nil; id, value = cursor.Next() {
				doc, err := decode(ledger.Key{Kind: kind, ID: string(id)}, value)
				if err != nil {
					return err
				}
				if !expired(doc, now) {
					docs = append(docs, doc)
				}
				if len(docs) == listBatch {
					next = bytes.Clone(id)
					return nil
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, nil, explain("read", s.path, err)
	}
	return docs, next, nil
}

// Write applies all the writes or none, and returns when they are on the disk. Writes of several goroutines share one
// transaction, and so one wait for the disk.
func (s *Store) Write(ctx context.Context, writes ...ledger.Write) error {
	if err := ledger.CheckWrites(writes); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write ledger %s: %w", s.path, err)
	}
	if s.db.IsReadOnly() {
		return fmt.Errorf("write ledger %s: it is opened for reading only", s.path)
	}
	if len(writes) == 0 {
		return nil
	}
	var changed []ledger.Key
	err := guarded(func() error {
		return s.db.Batch(func(tx *bbolt.Tx) (err error) {
			// Run once more, alone, when it fails. So a conflict is no failure here: the others in this transaction
			// have nothing to do with it.
			changed, err = s.apply(tx, writes)
			return err
		})
	})
	if err != nil {
		return explain("write", s.path, err)
	}
	if changed != nil {
		return &ledger.Conflict{Keys: changed}
	}
	return nil
}

// apply writes everything, or nothing when some documents have changed.
func (s *Store) apply(tx *bbolt.Tx, writes []ledger.Write) (changed []ledger.Key, err error) {
	for _, w := range writes {
		doc, err := s.present(tx, w.Key)
		if err != nil {
			return nil, err
		}
		if doc.Version != w.IfVersion {
			changed = append(changed, w.Key)
		}
	}
	if changed != nil {
		return changed, nil
	}
	for _, w := range writes {
		if w.Check {
			continue
		}
		bucket, err := tx.Bucket(documents).CreateBucketIfNotExists([]byte(w.Kind))
		if err != nil {
			return nil, err
		}
		if w.Delete {
			err = bucket.Delete([]byte(w.ID))
		} else {
			err = bucket.Put([]byte(w.ID), encode(w))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Key, err)
		}
	}
	return nil, nil
}

// Close waits for the running calls and gives the lock back.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return explain("close", s.path, err)
	}
	return nil
}

// present is the document as a reader sees it: without a version when it is missing or has expired.
func (s *Store) present(tx *bbolt.Tx, key ledger.Key) (ledger.Document, error) {
	bucket := tx.Bucket(documents).Bucket([]byte(key.Kind))
	if bucket == nil || key.ID == "" {
		return ledger.Document{Key: key}, nil
	}
	value := bucket.Get([]byte(key.ID))
	if value == nil {
		return ledger.Document{Key: key}, nil
	}
	doc, err := decode(key, value)
	if err != nil || expired(doc, s.now()) {
		return ledger.Document{Key: key}, err
	}
	return doc, nil
}

// guarded turns the panics that bbolt meets a damaged page with into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	return f()
}

var errDamaged = errors.New("the file is damaged; restore it from a backup, or move it away to begin a new ledger")
