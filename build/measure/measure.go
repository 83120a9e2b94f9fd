// Package measure runs a program and tells what it needed: time, processor, memory. A process that is started by a large
// one begins with that one's memory on its account; so this program starts itself first, which is small, and that starts
// the other.
package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Cost is what a process needed.
type Cost struct {
	Wall   time.Duration
	CPU    time.Duration // user and system
	PeakMB float64       // the most memory that was resident at once, in 10^6 bytes
}

// flag is what this program starts itself with.
const flag = "-measure"

// Intercept ends this process if Run has started it, after the program that is to be measured. It comes first in main, or in
// TestMain.
func Intercept() {
	if len(os.Args) > 2 && os.Args[1] == flag {
		os.Exit(between(os.Args[2:]))
	}
}

// between runs a program and prints what it needed as the last line of standard error.
func between(args []string) int {
	command := exec.Command(args[0], args[1:]...) //nolint:gosec // this program's own arguments
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	begun := time.Now()
	err := command.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	state := command.ProcessState
	body, err := json.Marshal(Cost{time.Since(begun), state.UserTime() + state.SystemTime(), peakMB(state)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "\n%s\n", body)
	return max(state.ExitCode(), 0)
}

// Run runs a program with more environment, and returns what it printed. The error says how it failed; what it needed is
// told all the same.
func Run(ctx context.Context, env []string, args ...string) (out []byte, c Cost, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, c, err
	}
	command := exec.CommandContext(ctx, self, append([]string{flag}, args...)...) //nolint:gosec // this program
	command.Env = append(os.Environ(), env...)
	command.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	failed := command.Run()
	said := strings.TrimSpace(stderr.String())
	at := strings.LastIndexByte(said, '\n') + 1
	if err := json.Unmarshal([]byte(said[at:]), &c); err != nil {
		return nil, c, fmt.Errorf("%s could not be measured: %w: %s", args[0], errors.Join(err, failed), said)
	}
	if failed != nil {
		return nil, c, fmt.Errorf("%w: %s", failed, LastLine(said[:at]))
	}
	return stdout.Bytes(), c, nil
}

// LastLine is the last line of what a program said.
func LastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
