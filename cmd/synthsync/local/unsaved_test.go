package local_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/synthsync/synthsync/cmd/synthsync/local"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/synthesize/synthesizetest"
)

// full is a store that takes no run any more once one has told everything.
type full struct {
	ledger.Store
	told bool
}

func (f *full) Write(ctx context.Context, writes ...ledger.Write) error {
	for _, w := range writes {
		if w.Kind != "run" {
			continue
		}
		if f.told {
			return errors.New("the disk is full")
		}
		f.told = bytes.Contains(w.Body, []byte(`"state":"done"`)) // the stage's own record, before anything is delivered
	}
	return f.Store.Write(ctx, writes...)
}

// What was delivered stands; the run that cannot say so has failed, and says of what it did not deliver as well.
func TestRun_ItsRecordCannotBeCorrected_HasFailed(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"all is told": false, "a company is refused": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 0, func(w *world) {
				w.settle()
				w.change()
				if refused {
					w.synthesize(synthesizetest.Fault{Kind: synthesizetest.BadRequest, Times: forever, Where: synthesizetest.Where{Operation: synthesizetest.PostCount}})
				}
				w.machine.Store = &full{Store: w.store}
				r, err := w.machine.Run(context.Background(), fetch.Event{Full: true})
				var undelivered *local.UndeliveredError
				if err == nil || errors.As(err, &undelivered) || r.State != fetch.StateFailed || !strings.Contains(r.Reason, "the disk is full") {
					t.Errorf("%v, %s: %q", err, r.State, r.Reason)
				}
				if strings.Contains(r.Reason, "not told: company") != refused {
					t.Errorf("refused %v: %q", refused, r.Reason)
				}
			})
		})
	}
}
