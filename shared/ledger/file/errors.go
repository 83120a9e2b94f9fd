package file

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"
)

// InUseError says that another process has the ledger open.
type InUseError struct{ Path string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("another synthsync is already running on ledger %s; wait until it has ended", e.Path)
}

// FormatError says that a newer program has written the ledger.
type FormatError struct {
	Path   string
	Format int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("ledger %s has file format %d and this program knows up to %d; use the newer synthsync that wrote it", e.Path, e.Format, Format)
}

// Error says why a ledger file could not be used, and what to do about it.
type Error struct {
	Op     string // open, make, read, write or close
	Path   string
	Reason string
	Err    error // the cause, if another one is known
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s ledger %s: %s", e.Op, e.Path, e.Reason)
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// explain says what an error of the disk or of bbolt means for the ledger.
func explain(op, path string, err error) error {
	var newer *FormatError
	reason := "the file system failed"
	switch {
	case errors.As(err, &newer):
		newer.Path = path
		return newer
	case errors.Is(err, bolterrors.ErrTimeout):
		return &InUseError{path}
	case errors.Is(err, errDamaged):
		return &Error{Op: op, Path: path, Reason: err.Error()}
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		reason = "it was closed before"
	case errors.Is(err, errForeign):
		reason = "the file is no ledger of this program, or it is damaged, and was left as it is; name another file, or restore the ledger from a backup"
	case diskFull(err):
		reason = "the disk is full, or the space allowed is used up; make room and run again"
	case errors.Is(err, syscall.EROFS):
		reason = "the disk can only be read; put the ledger on another one"
	case errors.Is(err, fs.ErrPermission):
		reason = fmt.Sprintf("no permission; the file and its folder %s must be readable and writable for the user who runs this", filepath.Dir(path))
	case errors.Is(err, syscall.EIO):
		reason = "the disk fails; save what is on it before anything else"
	case errors.Is(err, syscall.ENOTDIR):
		reason = "a part of the path is no folder; name another place"
	}
	return &Error{op, path, reason, err}
}
