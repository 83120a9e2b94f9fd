package usage_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
	"github.com/synthsync/synthsync/shared/wiring"
)

// shut is a Synthesize that takes no keys any more.
type shut struct {
	*desk
	url   string
	wrong atomic.Int64 // requests with keys that were never right
}

// newShut begins after a look with keys "v0", which went well.
func newShut(t *testing.T) *shut {
	t.Helper()
	s := &shut{desk: newDesk(t)}
	expired := base64.StdEncoding.EncodeToString([]byte("a:v0"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Gradient-Token") != expired {
			s.wrong.Add(1)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	s.must(s.book.BindSynthesize(context.Background(), ledger.SynthesizeTenant{OrganizationID: "ours", VendorID: "v"}))
	_, err := s.book.UpdateServices(context.Background(), func(s *ledger.Services) error { s.Proven = "v0"; return nil })
	s.must(err)
	return s
}

// works has so many invocations work a message each, as the function's handler makes them.
func (s *shut) works(invocations int, version func(fresh bool) string) {
	for n := range invocations {
		config := synthesize.Config{BaseURL: s.url, Patience: briefly}
		keys := wiring.NewKeyring(s.book, config, func(_ context.Context, fresh bool) (synthesize.Keys, error) {
			v := version(fresh)
			return synthesize.Keys{VendorAPIKey: "a", PartnerAPIKey: v, Version: v}, nil
		})
		config.Keys = keys.Keys
		client, err := synthesize.New(config)
		s.must(err)
		stage := *s.stage
		stage.Synthesize, stage.SecretVersion = client, keys.Version
		stage.Whose = func(ctx context.Context) (ledger.SynthesizeTenant, error) { return wiring.Whose(ctx, client) }
		stage.Handle(context.Background(), []queue.Received{s.message(fmt.Sprint(n+1), observed, servers(3))})
	}
	if tried := s.wrong.Load(); tried < 1 || tried > 2 {
		s.t.Errorf("%d requests with a wrong secret in one run; want 1 or 2", tried)
	}
}

func TestUsage_WrongSecret_IsTriedTwiceARun(t *testing.T) {
	newShut(t).works(10, func(bool) string { return "v2" })
}

// A newer run was refused with an earlier version of the secret. What stands there now is wrong too. Older messages (dead
// letters that are replayed, or what has waited) must not try it more than twice.
func TestUsage_WrongSecretOfOlderMessages_ANewerRunWasRefusedAnother_IsTriedTwice(t *testing.T) {
	s := newShut(t)
	s.must(s.book.NoteRefusal(context.Background(), ledger.Refusal{
		Vendor: ledger.Synthesize, RunID: "next night", ObservedAt: observed.Add(24 * time.Hour), SecretVersion: "v1", Text: "401",
	}))
	s.works(10, func(bool) string { return "v2" })
	if err := s.book.Refused(context.Background(), ledger.Synthesize, "next night", observed.Add(24*time.Hour), "v1"); err == nil {
		t.Error("the newer run's refusal is forgotten")
	}
}

// The proven keys expire while counts go out, and what stands in the secret by then is wrong.
func TestUsage_KeysExpireAndTheirSuccessorIsWrong_ItIsTriedTwiceARun(t *testing.T) {
	kept := "v0" // the process's copy of the secret
	newShut(t).works(5, func(fresh bool) string {
		if fresh {
			kept = "v1"
		}
		return kept
	})
}

// The same, in processes that have the expired keys in their copies of the secret.
func TestUsage_KeysExpireInManyProcesses_TheirSuccessorIsTriedTwiceARun(t *testing.T) {
	newShut(t).works(5, func(fresh bool) string {
		if fresh {
			return "v1"
		}
		return "v0"
	})
}

// The proven keys expire while counts go out, and what stands in the secret by then was refused to this run. Processes that have
// the expired ones find that out from the ledger, not from Synthesize.
func TestUsage_AnOlderCopyIsRefused_WhatStandsInTheSecretWasRefusedToThisRun_IsNotAskedWith(t *testing.T) {
	s := newShut(t)
	s.must(s.book.NoteRefusal(context.Background(), ledger.Refusal{Vendor: ledger.Synthesize, RunID: "run020000", ObservedAt: observed, SecretVersion: "v1", Text: "401"}))
	s.wrong.Add(1) // that one
	s.works(3, func(fresh bool) string {
		if fresh {
			return "v1"
		}
		return "v0"
	})
	if s.wrong.Load() != 1 {
		t.Errorf("%d requests with what was refused", s.wrong.Load()-1)
	}
}
