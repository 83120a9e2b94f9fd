package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

func TestRun_PrintsItsURLAndServesUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error)
	go func() { done <- run(ctx, []string{"-vendor-key", "v", "-partner-key", "p", "-map"}, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", strings.TrimSpace(line)+"/api/vendor-api/organization", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Gradient-Token", synthesizetest.Token("v", "p"))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("got %s", resp.Status)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRun_RefusesAnAddressThatCannotBe(t *testing.T) {
	if err := run(t.Context(), []string{"-address", "nowhere"}, io.Discard); err == nil {
		t.Error("no error")
	}
}
