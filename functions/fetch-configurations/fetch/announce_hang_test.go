package fetch_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/ledger/memory"
	"github.com/synthsync/synthsync/shared/notify"
)

// line is a wire on which the webhook or the dead man's switch hangs, redirects or breaks.
type line struct {
	bad  string // the path that does
	how  string
	seen []string
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err // as the real one does
	}
	l.seen = append(l.seen, r.URL.Path)
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}
	switch {
	case !strings.HasPrefix(r.URL.Path, l.bad):
	case l.how == "hangs":
		<-r.Context().Done()
		return nil, r.Context().Err()
	case l.how == "redirects":
		answer.StatusCode = http.StatusTemporaryRedirect
		answer.Header.Set("Location", "https://elsewhere.example/hush")
	default:
		answer.StatusCode = http.StatusInternalServerError
		answer.Body = io.NopCloser(strings.NewReader("hush"))
	}
	return answer, nil
}

// A function that has little time left must not be cut off for an address that hangs: it would say nothing at all.
func TestAnnounce_LittleTimeIsLeft_ItEndsBeforeThat_AndWhatIsNewIsNoted(t *testing.T) {
	for _, bad := range []string{"/hook", "/beat"} {
		synctest.Test(t, func(t *testing.T) {
			const left = 3 * time.Second
			sender, err := notify.New(notify.Settings{URL: "https://example.com/hook", HeartbeatURL: "https://example.com/beat"}, &http.Client{Transport: &line{bad: bad, how: "hangs"}})
			if err != nil {
				t.Fatal(err)
			}
			book := ledger.New(memory.New(), time.Now)
			a := fetch.Announcer{Ledger: book, Sender: sender, Place: "--stack prod", Now: time.Now}
			r := fetch.Result{RunID: "r1", State: fetch.StateDone, Attention: []fetch.Attention{{Kind: fetch.KindUncovered, Text: "3 items of type \"Printer\""}}}
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			out, news := a.Announce(ctx, r, false)
			if took := time.Since(began); took >= left {
				t.Errorf("%s: it takes %s of %s", bad, took, left)
			}
			if news != 1 || (out.Waiting == 0) != (bad != "/hook") || (out.Sent == 1) != (bad != "/hook") {
				t.Errorf("%s: %d new, %+v", bad, news, out)
			}
			known, err := book.Incidents(t.Context())
			if err != nil || len(known.Open) != 1 || known.Trouble == "" || known.Sending.After(time.Now()) {
				t.Errorf("%s: the ledger knows %+v, %v", bad, known, err)
			}
		})
	}
}

// Whatever becomes of one of the two addresses, the other one is told, within the time that a person waits, and it is said
// which of them is wrong and how, without its address.
func TestAnnounce_OneAddressHangsRedirectsOrBreaks_TheOtherIsToldAndTheRunIsWhatItWas(t *testing.T) {
	for how, says := range map[string]string{"hangs": "no answer in time", "redirects": "status 307: it redirects, which is not followed", "breaks": "status 500"} {
		for bad, setting := range map[string]string{"/hook": "NOTIFY_URL", "/beat": "HEARTBEAT_URL"} {
			t.Run(setting+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := &line{bad: bad, how: how}
					sender, err := notify.New(notify.Settings{URL: "https://example.com/hook/hush", HeartbeatURL: "https://example.com/beat/hush"}, &http.Client{Transport: l})
					if err != nil {
						t.Fatal(err)
					}
					a := fetch.Announcer{Ledger: ledger.New(memory.New(), time.Now), Sender: sender, Place: "--stack prod", Now: time.Now}
					r := fetch.Result{RunID: "r1", State: fetch.StateDone, Attention: []fetch.Attention{{Kind: fetch.KindUncovered, Text: "3 items of type \"Printer\""}}}
					began := time.Now()
					out, _ := a.Announce(context.Background(), r, false)
					if took := time.Since(began); took > 10*time.Second {
						t.Errorf("a person waits for %s", took)
					}
					hook, beat := bad != "/hook", bad != "/beat"
					if (out.Sent == 1) != hook || (out.Waiting == 0) != hook || out.Beat != beat {
						t.Errorf("%+v", out)
					}
					if !strings.Contains(out.Error, setting) || !strings.Contains(out.Error, says) || strings.Contains(out.Error, "hush") || strings.Contains(out.Error, "\n") {
						t.Errorf("it says %q", out.Error)
					}
					for _, path := range l.seen {
						if path == "/hush" {
							t.Error("a redirect was followed")
						}
					}
					tried := a.Test(context.Background())
					if (tried.Sent == 1) != hook || tried.Beat != beat || !strings.Contains(tried.Error, says) {
						t.Errorf("tried: %+v", tried)
					}
				})
			})
		}
	}
}
