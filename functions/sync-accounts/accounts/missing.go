package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/vendorapi"
)

// makeServices makes the services that are missing. One that can never be made does not keep the others from it, nor the
// counts of them from being told: refusals says of each why. Any other error ends it: the message comes again then, and
// the look is not done before.
func (s *Stage) makeServices(ctx context.Context, look *Look, observedAt time.Time, missing []message.Service) (refusals, err error) {
	for _, service := range missing {
		err := s.makeService(ctx, look, observedAt, service)
		if err != nil && !queue.Fail(queue.Received{}, err).Dead {
			return nil, errors.Join(refusals, err)
		}
		refusals = errors.Join(refusals, err)
	}
	return refusals, nil
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
