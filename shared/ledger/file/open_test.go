package file_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/file"
)

// says expects an error that contains all the words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v does not say %q", err, word)
		}
	}
}

// refuses expects that a path cannot be opened, neither for writing nor for reading, and that the file stays as it is.
func refuses(t *testing.T, path string, words ...string) {
	t.Helper()
	before, _ := os.ReadFile(path)
	for _, opts := range []file.Options{{ReadOnly: true}, {}} {
		s, err := file.Open(path, opts)
		if err == nil {
			_ = s.Close()
		}
		says(t, err, append(words, path)...)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("%s was changed", path)
	}
}

func TestOpen_NewLedgerIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger")
	_ = open(t, path, file.Options{}).Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the folder holds %v, want the ledger alone", entries)
	}
}

func TestOpen_SecondWriterIsToldAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	first := open(t, path, file.Options{})
	for _, opts := range []file.Options{{}, {ReadOnly: true}, {Timeout: time.Millisecond}} {
		_, err := file.Open(path, opts)
		var inUse *file.InUseError
		if !errors.As(err, &inUse) || inUse.Path != path {
			t.Errorf("%+v: got %v, want an *InUseError", opts, err)
		}
		says(t, err, "another synthsync is already running on ledger "+path)
	}
	put(t, first, "a", time.Time{}) // the first is none the worse for it
	_ = first.Close()
	open(t, path, file.Options{})
}

func TestOpen_WriterIsToldOfAReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	_ = open(t, path, file.Options{}).Close()
	open(t, path, file.Options{ReadOnly: true})
	_, err := file.Open(path, file.Options{})
	var inUse *file.InUseError
	if !errors.As(err, &inUse) {
		t.Errorf("got %v, want an *InUseError", err)
	}
}

func TestOpen_ManyMakingOneLedgerAgreeOnOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			s, err := file.Open(path, file.Options{Timeout: time.Minute})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			docs, err := s.Get(t.Context(), key("count"))
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Write(t.Context(), ledger.Write{Key: key("count"), IfVersion: docs[0].Version, Body: []byte(`1`)}); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	if got := version(t, open(t, path, file.Options{}), "count"); got != 8 {
		t.Errorf("%d of 8 wrote into the same ledger", got)
	}
}

func TestOpen_FolderThatIsMissingIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, err := file.Open(filepath.Join(dir, "ledger"), file.Options{})
	says(t, err, "folder "+dir+" does not exist", "make it first")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestOpen_ReadOnlyMakesNoLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	_, err := file.Open(path, file.Options{ReadOnly: true})
	says(t, err, path, "no ledger yet")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
}

func TestOpen_FileThatIsNoLedgerIsLeftAsItIs(t *testing.T) {
	for name, content := range map[string]string{
		"text":  "not a database\n",
		"long":  strings.Repeat("still not a database\n", 10_000),
		"zeros": strings.Repeat("\x00", 64<<10),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			refuses(t, path, "no ledger", "name another file")
		})
	}
}

func TestOpen_EmptyFileIsNoLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, path, "the file is empty", "delete it")
}

func TestOpen_FolderIsNoLedger(t *testing.T) {
	refuses(t, t.TempDir(), "it is a folder", "name a file in it")
}

func TestOpen_PathThroughAFileIsExplained(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := file.Open(filepath.Join(plain, "ledger"), file.Options{})
	says(t, err, "no folder")
}

// database makes a bbolt file by hand.
func database(t *testing.T, fill func(tx *bbolt.Tx) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made by hand")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fill), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen_DatabaseOfAnotherProgramIsLeftAsItIs(t *testing.T) {
	refuses(t, database(t, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("its own"))
		return err
	}), "no ledger of this program")
}

func TestOpen_NewerFormatIsNotRead(t *testing.T) {
	path := database(t, func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucket([]byte("about"))
		return errors.Join(err, about.Put([]byte("program"), []byte("synthsync")), about.Put([]byte("format"), []byte("2")))
	})
	refuses(t, path, "file format 2", "knows up to 1", "use the newer synthsync")
	_, err := file.Open(path, file.Options{})
	var newer *file.FormatError
	if !errors.As(err, &newer) || newer.Format != 2 || newer.Path != path {
		t.Errorf("got %#v, want a *FormatError", err)
	}
}

// filled is a ledger of a few hundred pages.
func filled(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "ledger")
	s := open(t, path, file.Options{})
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		body := []byte(`"` + strings.Repeat(id, 200_000) + `"`)
		if err := s.Write(t.Context(), ledger.Write{Key: key(id), Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.Close()
	return path
}

func TestOpen_CutOffFileIsDamagedNotDeadly(t *testing.T) {
	for _, left := range []int64{1, 5000, 3 * 4096, 8 * 4096, 64 << 10, 500 << 10} {
		path := filled(t)
		if err := os.Truncate(path, left); err != nil {
			t.Fatal(err)
		}
		refuses(t, path, "damaged", "backup")
	}
}

func TestOpen_DamagedPagesAreAnError(t *testing.T) {
	path := filled(t)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	junk := []byte(strings.Repeat("\xa5junk", int(info.Size()-2*4096)/5)) // everything but the two pages that describe the rest
	if _, err := f.WriteAt(junk, 2*4096); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	refuses(t, path, "damaged", "backup")
}
