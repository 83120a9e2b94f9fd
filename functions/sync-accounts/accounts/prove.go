package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// waitForSecret is how long a message rests that only a person who mends the keys can help.
const waitForSecret = 15 * time.Minute

// rests has a message rest whose keys were refused to its run, as the ledger says; a ledger that cannot be read heals sooner.
func rests(err error) error {
	var refusal *ledger.Refusal
	if errors.As(err, &refusal) {
		return queue.RetryAfter(err, waitForSecret)
	}
	return err
}

// bind asks Synthesize whose keys these are. A first answer binds the ledger; another tenant's is a *ledger.TenantError.
func (s *Stage) bind(ctx context.Context) (synthesize.Organization, error) {
	o, err := s.Synthesize.Organization(ctx)
	if err != nil {
		return o, err
	}
	return o, s.Ledger.BindSynthesize(ctx, ledger.SynthesizeTenant{OrganizationID: o.OrganizationID, VendorID: o.VendorID, Name: o.Name})
}

// prove makes sure that the keys in use lead to the ledger's own tenant, at the cost of one request where they are not those
// that the last look went well with: a message may have waited while somebody put other keys into the secret. A company of
// one organization is nobody to another.
func (s *Stage) prove(ctx context.Context, m message.Accounts) error {
	services, err := s.Ledger.Services(ctx)
	if err != nil {
		return err
	}
	version, err := s.SecretVersion(ctx, false)
	if err != nil || version == services.Proven {
		return err
	}
	// The copy in this process may be older than the keys that were proven: trying it would be a refusal more. Keys that a
	// client has taken stay in use, whatever the secret holds by now.
	if _, err = s.SecretVersion(ctx, true); err != nil {
		return err
	}
	if version, err = s.SecretVersion(ctx, false); err != nil {
		return err
	}
	if err := s.Ledger.Refused(ctx, ledger.Synthesize, m.RunID, m.ObservedAt, version); err != nil {
		return rests(err)
	}
	if version == services.Proven {
		return nil
	}
	_, err = s.bind(ctx)
	var other *ledger.TenantError
	if errors.As(err, &other) {
		return queue.RetryAfter(err, waitForSecret)
	}
	if err != nil {
		return err
	}
	if version, err = s.SecretVersion(ctx, false); err != nil { // the question may have had them looked up afresh
		return err
	}
	_, err = s.Ledger.UpdateServices(ctx, func(s *ledger.Services) error { s.Proven = version; return nil })
	return err
}
