package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// makeServices makes the services that are missing. One that cannot be made does not keep the others from it, nor the
// counts of them from being told: unmade says of each why, and whether asking again is of use. Any other error ends it: the
// message comes again then, and the look is not done before.
func (s *Stage) makeServices(ctx context.Context, look *Look, observedAt time.Time, missing []message.Service) (unmade, err error) {
	for _, service := range missing {
		err := s.makeService(ctx, look, observedAt, service)
		if err != nil && !ofOne(err) {
			return nil, errors.Join(unmade, err)
		}
		unmade = errors.Join(unmade, err)
	}
	return unmade, nil
}

// ofOne tells whether an error is about one service alone. makeService says of such a one what is to become of its message;
// a ledger, a login, a list or a time that fails would fail for the next service as well.
func ofOne(err error) bool {
	f := queue.Fail(queue.Received{}, err)
	return f.Dead || f.RetryAfter > 0
}

// final marks the vendor's own no to a request: asked again it would be answered the same. A connection that was refused
// for its certificate has no answer of the vendor, and heals.
func final(err error) error {
	var e *vendorapi.Error
	if refused(err) && errors.As(err, &e) && e.Status >= 400 && e.Status < 500 {
		return queue.Dead(err)
	}
	return err
}
