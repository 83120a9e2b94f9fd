//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildCommand builds the command that operators have.
func buildCommand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "synthsync")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../cmd/synthsync").CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, output)
	}
	return path
}

// operate has an operator work on the stack: the command's exit code must be as expected, and its one JSON object is read
// into what.
func (s *story) operate(t *testing.T, code int, what any, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, s.command, append(args, "--stack", s.name, "--region", region, "--json")...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run() // the exit code says it all
	if got := command.ProcessState.ExitCode(); got != code {
		t.Fatalf("synthsync %s: exit %d, want %d\n%s\n%s", strings.Join(args, " "), got, code, stdout.String(), stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), what); err != nil {
		t.Fatalf("synthsync %s: %v in %s", strings.Join(args, " "), err, stdout.String())
	}
}
