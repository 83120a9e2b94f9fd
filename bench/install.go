package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/synthsync/synthsync/build/measure"
)

// peersFolder is where the peers are installed: once for each state of their pins and each Python, outside the repository.
func peersFolder(pythonVersion string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, pythonVersion) // never fails
	for _, name := range []string{"package-lock.json", "requirements.txt"} {
		text, err := peers.ReadFile("peers/" + name)
		if err != nil {
			return "", err
		}
		_, _ = sum.Write(text) // never fails
	}
	return filepath.Join(cache, "synthsync-bench", hex.EncodeToString(sum.Sum(nil)[:6])), nil
}

// unpack writes the adapters and the pins.
func unpack(home string) error {
	if err := os.MkdirAll(home, 0o750); err != nil {
		return err
	}
	return fs.WalkDir(peers, "peers", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := peers.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(home, filepath.Base(path)), text, 0o600)
	})
}

// once runs a command in a folder unless what it makes was made before, whole.
func once(makes, dir, name string, args ...string) error {
	done := makes + ".complete"
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "installing %s\n", filepath.Base(makes))
	if err := os.RemoveAll(makes); err != nil {
		return err
	}
	command := exec.Command(name, args...) //nolint:gosec // the arguments are this program's own
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, measure.LastLine(string(out)))
	}
	return os.WriteFile(done, nil, 0o600)
}

// findPython is the newest Python on the path, or the one that was named, and its version. autotask-client needs 3.12.
func findPython(named string) (path, version string) {
	names := []string{"python3.14", "python3.13", "python3.12", "python3"}
	if named != "" {
		names = []string{named}
	}
	for _, name := range names {
		// A name on the path may be a wrapper that knows no such version.
		out, err := exec.Command(name, "-c", "import platform; print(platform.python_version())").Output() //nolint:gosec // the user's own
		if err == nil {
			return name, strings.TrimSpace(string(out))
		}
	}
	return names[len(names)-1], ""
}
