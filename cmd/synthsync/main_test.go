package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// The log and the progress come from goroutines that know nothing of each other; under -race this fails where a stream
// is not shared well.
func TestConsole_LogAndProgressKeepTheirLines(t *testing.T) {
	var stream bytes.Buffer
	shared := &console{w: &stream}
	log, progress := newLog(shared, slog.LevelInfo), newProgress(shared)
	var writing sync.WaitGroup
	for range 50 {
		writing.Go(func() { log.ErrorContext(context.Background(), "refused", "err", errors.New("no")) })
		writing.Go(func() { progress.Waiting("Autotask", "busy", time.Minute) })
	}
	writing.Wait()
	for _, line := range strings.Split(strings.TrimSpace(stream.String()), "\n") {
		if line != "waiting 1m0s for Autotask: busy" && !strings.HasSuffix(line, `msg=refused err=no`) {
			t.Fatalf("a torn line: %q", line)
		}
	}
}
