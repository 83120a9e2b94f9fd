package usage

import (
	"context"
	"log/slog"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// prove makes sure that the keys in use lead to the ledger's own tenant, at the cost of one request of a batch where they are
// not those that the last look went well with. Counts of one organization are nothing to tell another.
func (w *work) prove(ctx context.Context, log *slog.Logger, m message.Usage) error {
	select {
	case w.proving <- struct{}{}:
		defer func() { <-w.proving }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	version, err := w.SecretVersion(ctx, false)
	if err != nil {
		return err
	}
	if w.Whose == nil || version == w.services.Proven || version == w.proved {
		return nil
	}
	tenant, err := w.Whose(ctx)
	switch {
	case vendorapi.IsRefused(err) || vendorapi.IsFault(err):
		w.refused(ctx, log, m, err)
		return queue.RetryAfter(err, waitForSecret)
	case err != nil:
		return err
	}
	if err := w.Ledger.BindSynthesize(ctx, tenant); err != nil {
		return queue.RetryAfter(err, waitForSecret)
	}
	if version, err = w.SecretVersion(ctx, false); err != nil { // the question may have had them looked up afresh
		return err
	}
	w.proved = version
	_, err = w.Ledger.UpdateServices(ctx, func(s *ledger.Services) error { s.Proven = version; return nil })
	return err
}
