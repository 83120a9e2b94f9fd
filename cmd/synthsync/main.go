// Command synthsync counts the configuration items of an Autotask tenant and tells Gradient MSP Synthesize, on one
// machine: the same three stages that run as Lambdas in the cloud, with queues in memory and the ledger in one file.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong" // commands and flags as a struct, with help that lists both; small and well kept
	"golang.org/x/term"
)

// Exit codes, which schedulers and scripts hold on to.
const (
	exitDone        = 0 // done; accounts never mapped included
	exitUndelivered = 1 // something was not delivered, a lost mapping included
	exitSettings    = 2 // usage, settings, rules
	exitHeld        = 3 // held by the guard or a person: the run, or a company of it
)

// version is the program's version; a release sets it.
var version = "development"

type cli struct {
	Demo   demoCommand   `cmd:"" help:"Show the whole story against two local vendors: no settings, no network."`
	Check  checkCommand  `cmd:"" help:"Log in to both vendors and say what needs a hand. Changes nothing."`
	Plan   planCommand   `cmd:"" help:"Show what a run would tell: old -> new, with the reason. Sends nothing, changes nothing."`
	Run    runCommand    `cmd:"" help:"Read Autotask, compare with the ledger, tell Synthesize."`
	Report reportCommand `cmd:"" help:"Show the last run from the ledger: totals, what changed, what needs a hand."`

	DeadLetters deadLettersCommand `cmd:"" help:"What was not delivered: look, deliver again, delete."`

	Mode    modeCommand    `cmd:"" help:"Observe (tell nobody) or post: show it, or set it. Going to post shows first what becomes 0 and what is not mapped, and asks."`
	Approve approveCommand `cmd:"" help:"Let pass what a run held back, and only that."`
	Hold    holdCommand    `cmd:"" help:"Stop posting until resume: a review at month end."`
	Resume  resumeCommand  `cmd:"" help:"Let posting go on after hold."`
	Release releaseCommand `cmd:"" help:"End a company: what was told for it becomes 0, once."`
	Log     logCommand     `cmd:"" help:"Who did what: runs, approvals, releases, modes, rules."`

	Move  ledgerCommand `cmd:"" name:"ledger" help:"The ledger: export it, import it."`
	Rules rulesCommand  `cmd:"" help:"Service rules: check a file, store it for a stack."`

	Version kong.VersionFlag `help:"Print the version."`
}

// process is what a command gets from the machine it runs on.
type process struct {
	lookup func(string) (string, bool)
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
	stdin  io.Reader     // a person who can answer; nil if there is nobody
	actor  func() string // who runs this, for the record
}

// console is one stream that several goroutines write to: the log, the progress, the command itself.
type console struct {
	mu sync.Mutex
	w  io.Writer
}

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.w.Write(b)
}

// isTerminal tells whether a person may be looking.
func isTerminal(w io.Writer) bool {
	if c, ok := w.(*console); ok {
		w = c.w
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// exitError carries an exit code with its message.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// processors is how many of the machine's the program uses: one, unless GOMAXPROCS, Go's own, says otherwise (0: as that
// says). The vendors' answers are what it waits for: waking a second one for each of them costs processor time and memory,
// and brings no page sooner.
func processors(lookup func(string) (string, bool)) int {
	if _, set := lookup("GOMAXPROCS"); set {
		return 0
	}
	return 1
}

func main() {
	runtime.GOMAXPROCS(processors(os.LookupEnv))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], process{
		lookup: os.LookupEnv, stdout: os.Stdout, stderr: os.Stderr, now: time.Now, stdin: os.Stdin, actor: osActor,
	}))
}

// run is the program without the process around it, so that tests can call it as an operator does.
func run(ctx context.Context, args []string, p process) int {
	p.stdout, p.stderr = &console{w: p.stdout}, &console{w: p.stderr}
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("synthsync"),
		kong.Description("Counts Autotask's configuration items and tells Gradient MSP Synthesize."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.Vars{"version": version},
	)
	if err != nil {
		fmt.Fprintln(p.stderr, "synthsync:", err)
		return exitSettings
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "synthsync: %v\nTry \"synthsync --help\".\n", err)
		return exitSettings
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&p)
	var exit *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		complain(p.stderr, err)
		return exit.code
	case ctx.Err() != nil:
		fmt.Fprintln(p.stderr, "synthsync: ended by a signal; whatever was told before is recorded, and the next run tells the rest")
		return exitUndelivered
	}
	complain(p.stderr, err)
	return exitUndelivered
}

// complain prints an error: of several at once each has a line.
func complain(w io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(w, "synthsync:", clean(strings.TrimRight(line, "\r\n")))
	}
}
