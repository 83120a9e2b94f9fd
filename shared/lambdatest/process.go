package lambdatest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// process is one run of the bootstrap with a Runtime API of its own.
type process struct {
	cmd     *exec.Cmd
	api     *httptest.Server
	output  *os.File // a file, not a pipe: complete as soon as the process has written, and never full
	started time.Time

	asked   chan time.Time // the process asks for the next event
	work    chan invocation
	answers chan answer
	initErr chan *Error
	exited  chan struct{} // closed when the process is gone, after exit was set
	exit    error
	invoked bool
}

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
}

// answer is what the process posted for an invocation.
type answer struct {
	payload []byte
	err     *Error
}

func startProcess(bootstrap, outputFile string, env map[string]string) (*process, error) {
	output, err := os.OpenFile(outputFile, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{
		output:  output,
		asked:   make(chan time.Time, 1),
		work:    make(chan invocation),
		answers: make(chan answer, 1),
		initErr: make(chan *Error, 1),
		exited:  make(chan struct{}),
	}
	p.api = httptest.NewServer(p.handler())
	p.cmd = exec.Command(bootstrap)
	p.cmd.Dir = filepath.Dir(bootstrap)
	p.cmd.Env = environment(p.api.Listener.Addr().String(), p.cmd.Dir, env)
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		p.exit = err
		close(p.exited)
		p.initErr <- &Error{Type: BadEntryFile, Message: err.Error()}
		return p, nil
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// awaitFirst waits until the process asks for its first event.
func (p *process) awaitFirst(ctx context.Context) (time.Duration, *Error, error) {
	limit := time.NewTimer(InitTimeout)
	defer limit.Stop()
	select {
	case at := <-p.asked:
		return at.Sub(p.started), nil, nil
	case e := <-p.initErr: // its process ends by itself; whatever it does until then changes nothing
		return 0, e, nil
	case <-p.exited:
		select { // what it reported before it ended says more
		case e := <-p.initErr:
			return 0, e, nil
		default:
			return 0, p.exitError(""), nil
		}
	case <-limit.C:
		p.kill()
		return 0, &Error{Type: TimedOut, Message: fmt.Sprintf("INIT phase timed out after %v", InitTimeout)}, nil
	case <-ctx.Done():
		p.kill()
		return 0, nil, context.Cause(ctx)
	}
}

// invoke works off one event. It returns when the process has asked for the next one or is gone.
func (p *process) invoke(ctx context.Context, event []byte, deadline time.Time) (answer, error) {
	p.invoked = true
	inv := invocation{id: newID(), event: event, deadline: deadline}
	began := time.Now()
	limit := time.NewTimer(time.Until(deadline))
	defer limit.Stop()
	timedOut := func() answer {
		p.kill()
		took := deadline.Sub(began).Seconds()
		return answer{err: &Error{Type: TimedOut, Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, took)}}
	}

	select {
	case p.work <- inv:
	case <-p.exited:
		return answer{err: p.exitError(inv.id)}, nil
	case <-limit.C:
		return timedOut(), nil
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}

	var a answer
	answers := p.answers
	for {
		select {
		case a = <-answers:
			answers = nil // a second one stays in the handler and is refused there
		case <-p.asked:
			if answers != nil {
				// The answer was posted before the request for the next event, so it is there.
				select {
				case a = <-answers:
				default:
					a.err = &Error{Type: ExitError, Message: "RequestId: " + inv.id + " Error: asked for the next event without an answer to this one"}
				}
			}
			return a, nil
		case <-p.exited:
			if answers != nil {
				select {
				case a = <-answers:
				default:
					a.err = p.exitError(inv.id)
				}
			}
			return a, nil
		case <-limit.C:
			return timedOut(), nil
		case <-ctx.Done():
			return answer{}, context.Cause(ctx)
		}
	}
}

func (p *process) exitError(id string) *Error {
	reason := "Runtime exited without providing a reason"
	var exit *exec.ExitError
	if errors.As(p.exit, &exit) {
		reason = "Runtime exited with error: " + exit.String()
	}
	return &Error{Type: ExitError, Message: strings.TrimSpace("RequestId: "+id) + " Error: " + reason}
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

func (p *process) kill() {
	if p.cmd.Process != nil {
		_ = p.cmd.Process.Kill() // already gone is as good
	}
	<-p.exited
}

func (p *process) close() {
	p.kill()
	p.api.Close()
	p.output.Close()
}

// logEnd is where the output ends now.
func (p *process) logEnd() int64 {
	info, err := p.output.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func (p *process) log(from int64) string {
	b, err := io.ReadAll(io.NewSectionReader(p.output, from, p.logEnd()-from))
	if err != nil {
		return "(the output cannot be read: " + err.Error() + ")"
	}
	return string(b)
}
