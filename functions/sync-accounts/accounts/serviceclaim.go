package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
)

// errBeingMade ends a claim on a creation that another worker has begun.
var errBeingMade = errors.New("another worker is making it")

func (s *Stage) alive(since time.Time) bool {
	age := s.Now().Sub(since)
	return age < s.MakingLives && age > -s.MakingLives
}

// underWay tells whether a service that was claimed may yet be made by it. Where the ledger is locked for the life of a
// process, a claim that an earlier one left unreported says little: it may have waited long for the vendor, and its request
// may have gone out just before the lock was taken. One from a time that lies ahead was made by a clock that has been set back.
func (s *Stage) underWay(m *ledger.Making) bool {
	locked, ahead := s.Ledger.Locked, m.Since.After(s.Now())
	return s.alive(m.Since) || (!m.Reported || ahead) && !locked.IsZero() && s.alive(locked)
}

// unclaim takes the claim back after a definite no.
func (s *Stage) unclaim(ctx context.Context, service ledger.Service) { s.setClaim(ctx, service, nil) }

// report says that the request has ended and may take effect yet: the claim began earlier, and may have waited long.
func (s *Stage) report(ctx context.Context, service ledger.Service) {
	claim := &ledger.Making{Token: service.Making.Token, Since: s.Now().UTC(), Reported: true}
	claim.Stood, claim.Answered = service.Making.Stood, service.Making.Answered
	s.setClaim(ctx, service, claim)
}

// answered says that Synthesize has made it, under whatever name, and what stood there before.
func (s *Stage) answered(ctx context.Context, service ledger.Service, look *Look) ledger.Service {
	claim := *service.Making
	claim.Stood, claim.Answered = ids(look.Vendor.Services), true
	service.Making = &claim
	s.setClaim(ctx, service, &claim)
	return service
}

// renewService has the claim on a service begin anew, if it is still this worker's.
func (s *Stage) renewService(ctx context.Context, service ledger.Service, observedAt, since time.Time) error {
	_, err := s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		at := known.Index(service.Name)
		if at < 0 || known.Intent != nil && known.Intent.ObservedAt.After(observedAt) {
			return errTakenOver
		}
		now := &known.List[at]
		if now.ID != "" || now.Making == nil || now.Making.Token != service.Making.Token {
			return errTakenOver
		}
		making := *now.Making
		making.Since = since
		now.Making = &making
		return nil
	})
	return err
}

func (s *Stage) setClaim(ctx context.Context, service ledger.Service, claim *ledger.Making) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		if at := known.Index(service.Name); at >= 0 && known.List[at].Making != nil && known.List[at].Making.Token == service.Making.Token {
			known.List[at].Making = claim
		}
		return nil
	})
	if err != nil {
		s.Log.WarnContext(ctx, "the claim on a service stays until it ends by itself", "service", service.Name, "error", err)
	}
}
