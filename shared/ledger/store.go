package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// Store keeps small documents under keys and compares before it writes. It is all that the three places a ledger can
// live in (DynamoDB, one file, memory) have to provide; what the documents mean is decided once, in this package.
//
// Every document has a version: 1 when first written, one more with each write, 0 for a document that is not there.
// A Store is safe for use by many goroutines, and its conditions hold between processes.
type Store interface {
	// Get returns one document per key, in the order of the keys, as it stands now (never a stale read). A missing
	// document comes back with Version 0 and no Body.
	Get(ctx context.Context, keys ...Key) ([]Document, error)

	// List yields every document of a kind, ordered by id (bytewise), reading in batches. It is no snapshot. After an
	// error it yields nothing more.
	List(ctx context.Context, kind Kind) iter.Seq2[Document, error]

	// Write applies all the writes or none, at most MaxWrites of them and no key twice. If the version of any document
	// is not the write's IfVersion, nothing is written and the error is a *Conflict.
	Write(ctx context.Context, writes ...Write) error

	// Close gives the store back (the lock of a file, say).
	Close() error
}

// Bounded is a store in which a document may be too large.
type Bounded interface {
	// MaxDocument is how many bytes a document's body may have.
	MaxDocument() int
}

// MaxWrites is how many documents one Write may name; DynamoDB's transactions set the figure.
const MaxWrites = 100

// maxBatch is how many bytes of documents go into a write of many: well below the 4 MiB that a transaction of DynamoDB may
// have (documented).
const maxBatch = 1 << 20

// Kind is a family of documents.
type Kind string

// Key names a document.
type Key struct {
	Kind Kind
	ID   string
}

func (k Key) String() string { return string(k.Kind) + "/" + k.ID }

// Document is what stands under a key.
type Document struct {
	Key
	Version int64
	Body    []byte // JSON
	Expires time.Time
}

// Write is a conditional change of one document. It replaces the body, unless Check or Delete is set.
type Write struct {
	Key
	IfVersion int64  // the version that the document must have now; 0: it must not exist
	Body      []byte // JSON
	Expires   time.Time
	Check     bool // compare only, write nothing
	Delete    bool // remove the document
}

// Conflict says that documents had changed since they were read; read them again and decide anew.
type Conflict struct{ Keys []Key }

func (c *Conflict) Error() string {
	names := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		names[i] = k.String()
	}
	return fmt.Sprintf("changed by another since they were read: %s", strings.Join(names, ", "))
}

// CheckWrites refuses what no Store can write; every Store asks it first. Its errors are faults of the caller, never
// conflicts.
func CheckWrites(writes []Write) error {
	if len(writes) > MaxWrites {
		return fmt.Errorf("write %d documents: at most %d go into one write", len(writes), MaxWrites)
	}
	seen := make(map[Key]bool, len(writes))
	for _, w := range writes {
		if w.Kind == "" || w.ID == "" {
			return fmt.Errorf("write %q: a document needs a kind and an id", w.Key)
		}
		if seen[w.Key] {
			return fmt.Errorf("write %s: named twice in one write", w.Key)
		}
		seen[w.Key] = true
		if !w.Check && !w.Delete && !(json.Valid(w.Body) && utf8.Valid(w.Body)) {
			return fmt.Errorf("write %s: its body is no JSON in UTF-8", w.Key)
		}
	}
	return nil
}
