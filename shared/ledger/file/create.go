package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

// create makes the file whole or not at all: under another name first, so that nobody ever opens half a ledger. When
// another process was quicker, its file stands.
func create(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return &Error{"make", path, fmt.Sprintf("the folder %s does not exist; make it first", dir), err}
		}
		return explain("make", path, err)
	} else if !info.IsDir() {
		return &Error{Op: "make", Path: path, Reason: fmt.Sprintf("%s is no folder; name another place", dir)}
	}
	temp, err := os.CreateTemp(dir, filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return explain("make", path, err)
	}
	name := temp.Name()
	defer os.Remove(name) //nolint:errcheck // what is left behind is in nobody's way
	if err := temp.Close(); err != nil {
		return explain("make", path, err)
	}
	if err := guarded(func() error { return initialise(name) }); err != nil {
		return explain("make", path, err)
	}
	// A link, not a rename: it never replaces a file that another process has just made.
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return createInPlace(path, err)
	}
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // makes the new name last through a power cut where the system can do that; Windows cannot
		_ = d.Close()
	}
	return nil
}

// createInPlace makes the file where the file system has no links (FAT, some network shares).
func createInPlace(path string, linkErr error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return explain("make", path, errors.Join(err, linkErr))
	}
	if err := f.Close(); err != nil {
		return explain("make", path, err)
	}
	if err := guarded(func() error { return initialise(path) }); err != nil {
		_ = os.Remove(path) // made a moment ago, and it holds nothing
		return explain("make", path, err)
	}
	return nil
}

func initialise(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 1})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucket(marker)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucket(documents)
		return errors.Join(err, about.Put(programField, []byte(program)), about.Put(formatField, []byte(strconv.Itoa(Format))))
	})
	return errors.Join(err, db.Close())
}
