package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestExplain_SaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		cause error
		says  string
	}{
		{&os.PathError{Op: "write", Path: "/data/ledger", Err: syscall.ENOSPC}, "the disk is full"},
		{&os.PathError{Op: "open", Path: "/data/ledger", Err: syscall.EROFS}, "can only be read"},
		{&os.PathError{Op: "open", Path: "/data/ledger", Err: syscall.EACCES}, "no permission"},
		{&os.PathError{Op: "open", Path: "/data/ledger", Err: fs.ErrPermission}, "readable and writable"},
		{&os.PathError{Op: "sync", Path: "/data/ledger", Err: syscall.EIO}, "the disk fails"},
		{errors.New("something new"), "the file system failed (something new)"},
	} {
		err := explain("write", "/data/ledger", fmt.Errorf("commit: %w", c.cause))
		if !strings.HasPrefix(err.Error(), "write ledger /data/ledger: ") || !strings.Contains(strings.ReplaceAll(err.Error(), "commit: ", ""), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
		if !errors.Is(err, c.cause) {
			t.Errorf("%v hides its cause", err)
		}
	}
}
