// Package journal keeps what long searches have done, a JSON line for each sitting, so that many of them add up.
package journal

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
)

// Append adds a line to a journal, which is made if it is not there.
func Append(path string, entry any) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // it holds no secret
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err = cmp.Or(err, f.Close()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Read reads all lines of a journal. Its error names the line that is none; that there is no journal is an fs.ErrNotExist.
func Read[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer func() { _ = f.Close() }()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var entry T
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			return nil, fmt.Errorf("journal: %s, line %d: %w", path, n, err)
		}
		all = append(all, entry)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("journal: %s: %w", path, err)
	}
	return all, nil
}
