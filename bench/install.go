package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/synthsync/synthsync/build/measure"
)

// peersFolder is where the peers are installed: once for each state of their pins, outside the repository.
func peersFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
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
