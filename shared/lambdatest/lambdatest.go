// Package lambdatest runs a built bootstrap in tests as Lambda runs it: a process with nothing but its own settings in
// the environment, which asks a local Lambda Runtime API for one event after the other.
//
//	f := lambdatest.Start(t, lambdatest.Build(t, "."), map[string]string{"LEDGER_TABLE": "ledger"})
//	r, err := f.Invoke(ctx, event, lambdatest.Options{})
//
// It shows what a call of the handler's function cannot: settings read at start, what is really written as an answer,
// a panic or exit that takes the process along, a deadline. It does not freeze the process between two invocations,
// and knows no extensions, layers or response streaming.
package lambdatest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Limits of Lambda that a function meets here too.
const (
	// InitTimeout is how long a process may take until it asks for its first event.
	InitTimeout = 10 * time.Second
	// MaxPayload is the most bytes of an event and of an answer.
	MaxPayload = 6 << 20
)

// DefaultTimeout is how long an invocation may take when its Options say nothing.
const DefaultTimeout = 30 * time.Second

// Function is one execution environment: one process at a time, which works on one event at a time. When the process
// has ended (a panic, an exit, a deadline), the next invocation starts a new one, as in Lambda.
type Function struct {
	bootstrap string
	dir       string // for the output of its processes
	env       map[string]string

	mu      sync.Mutex // one invocation at a time
	process *process
	starts  int
	startUp time.Duration
	initErr *Error
}

// Options of one invocation.
type Options struct {
	Deadline time.Time // when the invocation ends at the latest; default DefaultTimeout from now
}

// Response is how an invocation ended: with a Payload, or with an Error.
type Response struct {
	Payload []byte // as the function wrote it; nil beside an Error
	Error   *Error
	Log     string // what the process printed meanwhile; while starting too, if this invocation started it
}

// Error is a failed invocation, as Lambda reports it to the caller.
type Error struct {
	Type    string       `json:"errorType"`
	Message string       `json:"errorMessage"`
	Stack   []StackFrame `json:"stackTrace,omitempty"`
}

// StackFrame is where a panic came by.
type StackFrame struct {
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Label string `json:"label"`
}

// Types of the errors that come from Lambda, not from the function. (A panic has the type of its value.)
const (
	ExitError    = "Runtime.ExitError"             // the process ended by itself
	TimedOut     = "Sandbox.Timedout"              // the deadline, or InitTimeout, passed
	TooLarge     = "Function.ResponseSizeTooLarge" // the answer is above MaxPayload
	BadEntryFile = "Runtime.InvalidEntrypoint"     // the bootstrap cannot be started
)

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Start starts the bootstrap with nothing in its environment but env and what Lambda sets, and waits until it asks for
// its first event. A start that fails is no failure of the test: InitError says so, and so does each invocation, which
// tries again. The process ends with the test.
func Start(t testing.TB, bootstrap string, env map[string]string) *Function {
	t.Helper()
	f := &Function{bootstrap: bootstrap, dir: t.TempDir(), env: maps.Clone(env)}
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop()
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.start(context.Background()); err != nil {
		t.Fatalf("start %s: %v", bootstrap, err)
	}
	return f
}

// StartUp is the time from the start of the newest process until it asked for its first event; 0 if it never did.
func (f *Function) StartUp() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.startUp
}

// Used is what the newest process has used so far.
type Used struct {
	PeakBytes int64         // the most memory that was resident
	CPU       time.Duration // of all processors together, in steps of 10 ms
}

// Used asks the system, which only Linux answers; elsewhere it is empty.
func (f *Function) Used() Used {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == nil || f.process.hasExited() {
		return Used{}
	}
	return usedBy(f.process.cmd.Process.Pid)
}

// Starts counts the processes so far.
func (f *Function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// InitError is why the newest process never asked for an event; nil if it did.
func (f *Function) InitError() *Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.initErr
}

// Log is all that the newest process has printed.
func (f *Function) Log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == nil {
		return ""
	}
	return f.process.log(0)
}

// Invoke hands the event to the function and waits until the function asks for the next one, ends, or is out of time.
// The error is about the test itself: the context is over, or the event is too large.
func (f *Function) Invoke(ctx context.Context, event []byte, o Options) (Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(event) > MaxPayload {
		return Response{}, fmt.Errorf("invoke: an event of %d bytes, Lambda takes %d", len(event), MaxPayload)
	}
	var logFrom int64
	if f.initErr != nil || f.process == nil || f.process.hasExited() {
		if err := f.start(ctx); err != nil {
			return Response{}, fmt.Errorf("invoke: %w", err)
		}
		if f.initErr != nil {
			return Response{Error: f.initErr, Log: f.process.log(0)}, nil
		}
	} else if f.process.invoked {
		logFrom = f.process.logEnd()
	}
	if o.Deadline.IsZero() {
		o.Deadline = time.Now().Add(DefaultTimeout)
	}
	a, err := f.process.invoke(ctx, event, o.Deadline)
	if err != nil {
		f.process.kill()
		return Response{}, fmt.Errorf("invoke: %w", err)
	}
	return Response{Payload: a.payload, Error: a.err, Log: f.process.log(logFrom)}, nil
}

// start replaces the process and waits for its first request.
func (f *Function) start(ctx context.Context) error {
	f.drop()
	f.starts, f.startUp, f.initErr = f.starts+1, 0, nil
	p, err := startProcess(f.bootstrap, filepath.Join(f.dir, strconv.Itoa(f.starts)), f.env)
	if err != nil {
		return err
	}
	f.process = p
	f.startUp, f.initErr, err = p.awaitFirst(ctx)
	return err
}

func (f *Function) drop() {
	if f.process != nil {
		f.process.close()
		f.process = nil
	}
}

// decodeError reads the body of an error that the function reported.
func decodeError(body []byte) *Error {
	var e Error
	if err := json.Unmarshal(body, &e); err != nil {
		return &Error{Type: "Unhandled", Message: string(body)}
	}
	return &e
}
