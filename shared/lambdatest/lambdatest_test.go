package lambdatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const sample = "./testdata/handler"

type sampleAnswer struct {
	Environment           []string
	Deadline              time.Time
	RequestID, ARN, Trace string
}

func invoke(t *testing.T, f *Function, event string, o Options) Response {
	t.Helper()
	r, err := f.Invoke(t.Context(), []byte(event), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func answerOf(t *testing.T, r Response) sampleAnswer {
	t.Helper()
	if r.Error != nil {
		t.Fatalf("invocation failed: %v\n%s", r.Error, r.Log)
	}
	var a sampleAnswer
	if err := json.Unmarshal(r.Payload, &a); err != nil {
		t.Fatalf("answer %q: %v", r.Payload, err)
	}
	return a
}

func TestBuild_IsAsShipped_AndDoneOnce(t *testing.T) {
	path := Build(t, sample)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(Build(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	if !before.ModTime().Equal(after.ModTime()) || !os.SameFile(before, after) {
		t.Error("the second Build built again")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte(wd)) {
		t.Error("the executable knows the folder it was built in: no -trimpath")
	}
	if bytes.Contains(b, []byte("net/rpc.(*Server)")) {
		t.Error("the executable has the old RPC server: no lambda.norpc")
	}
}

func TestInvoke_HandsOverDeadlineNameAndTrace(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	deadline := time.Now().Add(time.Minute).Truncate(time.Millisecond)
	a := answerOf(t, invoke(t, f, `{}`, Options{Deadline: deadline}))
	if !a.Deadline.Equal(deadline) {
		t.Errorf("deadline %v, want %v", a.Deadline, deadline)
	}
	if a.ARN != functionARN || len(a.RequestID) != 36 || !strings.HasPrefix(a.Trace, "Root=1-") {
		t.Errorf("got ARN %q, request id %q, trace %q", a.ARN, a.RequestID, a.Trace)
	}
	if b := answerOf(t, invoke(t, f, `{}`, Options{})); b.RequestID == a.RequestID {
		t.Error("two invocations have one request id")
	}
	if f.Starts() != 1 {
		t.Errorf("%d processes for two invocations, want 1", f.Starts())
	}
}

func TestStart_NothingOfTheTestsEnvironmentIsThere(t *testing.T) {
	t.Setenv("LEDGER_TABLE", "from the test")
	t.Setenv("HTTPS_PROXY", "http://from.the.test")
	f := Start(t, Build(t, sample), map[string]string{"MODE": "observe", "AWS_REGION": "eu-west-1"})
	a := answerOf(t, invoke(t, f, `{}`, Options{}))
	for _, v := range a.Environment {
		if strings.Contains(v, "from") {
			t.Errorf("the function sees %q", v)
		}
	}
	for _, want := range []string{"MODE=observe", "AWS_REGION=eu-west-1", "_HANDLER=bootstrap"} {
		if !slices.Contains(a.Environment, want) {
			t.Errorf("the function does not see %q", want)
		}
	}
}

func TestStartUp_IsMeasured(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	if d := f.StartUp(); d <= 0 || d > InitTimeout {
		t.Errorf("start-up of %v", d)
	}
}

func TestInvoke_ErrorOfTheHandler_ProcessGoesOn(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	r := invoke(t, f, `{"do":"fail"}`, Options{})
	if r.Error == nil || r.Error.Message != "the vendor is down" || r.Error.Type != "errorString" || r.Payload != nil {
		t.Fatalf("got %v, payload %q", r.Error, r.Payload)
	}
	answerOf(t, invoke(t, f, `{}`, Options{}))
	if f.Starts() != 1 {
		t.Error("an error of the handler ended the process")
	}
}

func TestInvoke_Panic_IsReportedWithItsStack_AndTheNextOneStartsAnew(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	r := invoke(t, f, `{"do":"panic"}`, Options{})
	if r.Error == nil || r.Error.Message != "a bug" || len(r.Error.Stack) == 0 {
		t.Fatalf("got %+v", r.Error)
	}
	if next := invoke(t, f, `{}`, Options{}); next.Error != nil || !strings.HasPrefix(next.Log, "started\n") {
		t.Errorf("after the panic: %v, log %q", next.Error, next.Log)
	}
	if f.Starts() != 2 {
		t.Errorf("%d processes, want 2", f.Starts())
	}
}

func TestInvoke_Exit_IsSeenAtOnce(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	r := invoke(t, f, `{"do":"exit"}`, Options{Deadline: time.Now().Add(time.Hour)})
	if r.Error == nil || r.Error.Type != ExitError || !strings.Contains(r.Error.Message, "exit status 3") {
		t.Fatalf("got %v", r.Error)
	}
}

func TestInvoke_PastItsDeadline_IsKilled(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	r := invoke(t, f, `{"do":"hang"}`, Options{Deadline: time.Now().Add(50 * time.Millisecond)})
	if r.Error == nil || r.Error.Type != TimedOut || !strings.Contains(r.Error.Message, "Task timed out after 0.05 seconds") {
		t.Fatalf("got %v", r.Error)
	}
	if !strings.Contains(r.Log, "doing hang") {
		t.Errorf("log %q", r.Log)
	}
	answerOf(t, invoke(t, f, `{}`, Options{}))
}

func TestInvoke_ContextOver_EndsTheProcess(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`{"do":"hang"}`), Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	answerOf(t, invoke(t, f, `{}`, Options{}))
}

func TestInvoke_LogIsThatOfTheInvocation(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	if r := invoke(t, f, `{"do":"one"}`, Options{}); r.Log != "started\ndoing one\n" {
		t.Errorf("first log %q", r.Log)
	}
	if r := invoke(t, f, `{"do":"two"}`, Options{}); r.Log != "doing two\n" {
		t.Errorf("second log %q", r.Log)
	}
	if f.Log() != "started\ndoing one\ndoing two\n" {
		t.Errorf("whole log %q", f.Log())
	}
}

func TestInvoke_AMegabyteOfLog_BlocksNobody(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	if r := invoke(t, f, `{"do":"talk","bytes":1000000}`, Options{}); r.Error != nil || len(r.Log) < 1_000_000 {
		t.Errorf("%v, %d bytes of log", r.Error, len(r.Log))
	}
}

func TestInvoke_AnswerAboveTheLimit_IsAnError(t *testing.T) {
	f := Start(t, Build(t, sample), nil)
	if r := invoke(t, f, `{"bytes":6291456}`, Options{}); r.Error == nil || r.Error.Type != TooLarge {
		t.Errorf("got %v and %d bytes", r.Error, len(r.Payload))
	}
	if _, err := f.Invoke(t.Context(), make([]byte, MaxPayload+1), Options{}); err == nil {
		t.Error("an event above the limit was taken")
	}
}

func TestStart_ProcessThatExits_IsAnInitError(t *testing.T) {
	f := Start(t, Build(t, sample), map[string]string{"AT_START": "exit"})
	if e := f.InitError(); e == nil || e.Type != ExitError || !strings.Contains(e.Message, "exit status 7") {
		t.Fatalf("got %v", e)
	}
	r := invoke(t, f, `{}`, Options{})
	if r.Error == nil || r.Error.Type != ExitError || r.Log != "no settings\n" || f.Starts() != 2 {
		t.Errorf("invocation: %v, log %q, %d starts", r.Error, r.Log, f.Starts())
	}
	if f.StartUp() != 0 {
		t.Errorf("start-up %v of a process that never was up", f.StartUp())
	}
}

func TestStart_ReportedInitError_IsSurfaced(t *testing.T) {
	f := Start(t, Build(t, sample), map[string]string{"AT_START": "report"})
	if e := f.InitError(); e == nil || e.Type != "Settings" || e.Message != "LEDGER_TABLE is missing" {
		t.Fatalf("got %v", e)
	}
}

func TestStart_NoBootstrap_IsAnInvalidEntryPoint(t *testing.T) {
	f := Start(t, filepath.Join(t.TempDir(), "bootstrap"), nil)
	if e := f.InitError(); e == nil || e.Type != BadEntryFile {
		t.Fatalf("got %v", e)
	}
}

func BenchmarkInvoke(b *testing.B) {
	f := Start(b, Build(b, sample), nil)
	for b.Loop() {
		if _, err := f.Invoke(b.Context(), []byte(`{}`), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
