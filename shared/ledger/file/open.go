package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Format is the version of the file's layout that this program writes, and the newest that it reads.
const Format = 1

const program = "synthsync"

var (
	marker    = []byte("about")     // says whose file this is
	documents = []byte("documents") // a bucket for each kind of document in it

	programField = []byte("program")
	formatField  = []byte("format")
	sweptField   = []byte("swept")
)

// batchDelay is how long a write waits for others to share its transaction with. A disk needs about as long to
// confirm one.
const batchDelay = 2 * time.Millisecond

// Options change how a ledger is opened. The zero value opens it for writing, and makes it when it is not there.
type Options struct {
	// ReadOnly opens an existing ledger that may only be read. It goes together with other readers, not with a writer.
	ReadOnly bool

	// Timeout is how long to wait for another process that holds the lock; 0 means to end at once.
	Timeout time.Duration

	// Now is the clock that documents expire by; nil means time.Now.
	Now func() time.Time
}

// Open opens a ledger file. Its folder must exist; a new file can be read by its owner only.
//
// The error is an *InUseError when another process has the ledger open, an *Error in most other cases. It answers to
// fs.ErrNotExist when there is no such file (ReadOnly) or no such folder.
func Open(path string, opts Options) (*Store, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if opts.ReadOnly {
			return nil, &Error{"open", path, "there is no such file, and so no ledger yet: synthsync run makes it", err}
		}
		if err := create(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, explain("open", path, err)
	default:
		if err := lookAt(path, info); err != nil {
			return nil, err
		}
	}

	db, err := openDB(path, opts)
	if err != nil {
		return nil, explain("open", path, err)
	}
	s := &Store{db: db, path: path, now: opts.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.prepare(); err != nil {
		_ = db.Close() // the first error says what is wrong
		return nil, explain("open", path, err)
	}
	return s, nil
}

func (s *Store) prepare() error {
	if err := guarded(func() error { return s.db.View(ours) }); err != nil {
		return err
	}
	if s.db.IsReadOnly() {
		return nil
	}
	return guarded(s.sweep)
}

// lookAt refuses what cannot be a ledger before bbolt touches it: bbolt makes a database of an empty file.
func lookAt(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return &Error{Op: "open", Path: path, Reason: "it is a folder; name a file in it"}
	case !info.Mode().IsRegular():
		return &Error{Op: "open", Path: path, Reason: "it is no regular file; name another one"}
	case info.Size() == 0:
		return &Error{Op: "open", Path: path, Reason: "the file is empty, so no ledger; delete it and a new ledger is made, " +
			"but if there was one, restore it from a backup instead"}
	}
	return nil
}

// openDB opens the database. When bbolt stumbles over a damaged file that it opens for writing, it keeps the lock until
// this process ends; nothing can be done with the file before that anyway.
func openDB(path string, opts Options) (db *bbolt.DB, err error) {
	var opened *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a page behind the end of a cut off file
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	wait := opts.Timeout
	if wait <= 0 {
		wait = 1 // bbolt takes 0 for "wait for ever"; it tries once whatever the time
	}
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		ReadOnly: opts.ReadOnly,
		Timeout:  wait,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			// Without O_CREATE: a file that has gone since it was looked at must not come back as an empty database.
			opened, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
			return opened, err
		},
	})
	if err != nil {
		var system syscall.Errno
		if errors.As(err, &system) || errors.Is(err, bolterrors.ErrTimeout) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errForeign, err) // bbolt has words, but no values, for some of what it may find
	}
	db.MaxBatchDelay = batchDelay
	if err := whole(db, opened); err != nil {
		_ = db.Close() // the first error says what is wrong
		return nil, err
	}
	return db, nil
}

// whole makes sure that no page in use lies behind the end of the file, where reading would end the process.
func whole(db *bbolt.DB, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %d bytes of %d are left", errDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}

// ours makes sure that the database is a ledger which this program can read.
func ours(tx *bbolt.Tx) error {
	about := tx.Bucket(marker)
	if about == nil || string(about.Get(programField)) != program {
		return errForeign
	}
	format, err := strconv.Atoi(string(about.Get(formatField)))
	if err != nil || format < 1 || format <= Format && tx.Bucket(documents) == nil {
		return errDamaged
	}
	if format > Format {
		return &FormatError{Format: format}
	}
	return nil
}

var errForeign = errors.New("not recognised")
