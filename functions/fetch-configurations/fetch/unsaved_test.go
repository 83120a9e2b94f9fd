package fetch_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// The messages are queued, and the run's record cannot be written: who looks finds no run that ended.
func TestAnnounce_TheRecordCannotBeWritten_IsAFailure_AndNoHeartbeat(t *testing.T) {
	o, p := newOffice(t), &pager{}
	o.night()
	o.stage.Ledger = ledger.New(&refusing{o.store, func(w ledger.Write) bool {
		return w.Kind == "run" && bytes.Contains(w.Body, []byte(`"state":"done"`))
	}}, o.stage.Now)
	r, err := o.run(fetch.Event{})
	if err == nil || r.State != fetch.StateFailed || !strings.Contains(r.Reason, "the disk is full") {
		t.Errorf("%v, %s: %q", err, r.State, r.Reason)
	}
	if got, _ := o.after(p, r, false); p.beats != 0 || len(got) != 1 || !strings.HasPrefix(got[0], "failed: A run failed") {
		t.Errorf("%d heartbeats, told %q", p.beats, got)
	}
}
