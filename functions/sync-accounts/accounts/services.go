package accounts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// services works the one services message of a run: look, make what is missing, say that the look is done.
func (s *Stage) services(ctx context.Context, m message.Accounts) error {
	log := s.Log.With("runId", m.RunID)
	known, err := s.Ledger.Services(ctx)
	if err != nil {
		return err
	}
	if known.Intent != nil && known.Intent.ObservedAt.After(m.ObservedAt) {
		log.InfoContext(ctx, "services message superseded", "by", known.Intent.RunID)
		return nil
	}
	look := s.Looked
	if look == nil || unsettled(known) {
		taken, err := s.Take(ctx, nil)
		if err != nil {
			return err
		}
		look = &taken
	}
	missing := m.Services
	if known.Intent == nil || known.Intent.RunID != m.RunID || !known.Intent.ObservedAt.Equal(m.ObservedAt) {
		// A ledger that never heard of this run was restored from an older backup. The message does not say what its
		// services were called formerly, so making one here could make it twice; the next run makes what is missing.
		log.WarnContext(ctx, "the ledger does not know this run: looked, and made nothing")
		missing = nil
	}
	unmade, err := s.makeServices(ctx, look, m.ObservedAt, missing)
	if err != nil {
		return err
	}
	if look.Organization.Status == synthesize.Inactive {
		if err := s.Synthesize.SetPending(ctx); err != nil {
			return errors.Join(unmade, err)
		}
		log.InfoContext(ctx, "the integration was inactive and is pending now: map accounts and services in Synthesize")
	}
	_, err = s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		if known.LookedAt.Before(m.ObservedAt) {
			known.LookedAt = m.ObservedAt
		}
		if known.Intent != nil && known.Intent.ObservedAt.Equal(m.ObservedAt) {
			intent := *known.Intent
			intent.Ended = true
			known.Intent = &intent
		}
		return nil
	})
	if err != nil || s.Looked != nil {
		return errors.Join(unmade, err)
	}
	return errors.Join(unmade, s.remake(ctx, m))
}

// unsettled tells whether a service is being made and its outcome has not been seen: an earlier look says nothing of it.
func unsettled(known ledger.Services) bool {
	return slices.ContainsFunc(known.List, func(s ledger.Service) bool { return s.ID == "" && s.Making != nil })
}

// remake makes again the accounts that a disconnect deleted, so that a person can map them anew. Where the look comes
// before the comparison, the run has seen it and queued messages for them.
func (s *Stage) remake(ctx context.Context, m message.Accounts) error {
	known, err := s.Ledger.Accounts(ctx)
	if err != nil {
		return err
	}
	var batch []queue.Received
	decoded := map[string]message.Accounts{}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if a := known[id]; a.Wanted && !a.Exists && a.Incarnation > 0 {
			decoded[id] = message.Accounts{RunID: m.RunID, ObservedAt: m.ObservedAt, Account: &message.Account{ID: id, Name: a.Name}}
			batch = append(batch, queue.Received{ID: id, Group: id})
		}
	}
	var failed []error
	for _, f := range s.handleAccounts(ctx, batch, decoded) {
		failed = append(failed, f.Err)
	}
	return errors.Join(failed...)
}

// errBeingMade ends a claim on a creation that another worker has begun.
var errBeingMade = errors.New("another worker is making it")

// makeService makes a service that does not stand at Synthesize. The claim in the ledger goes first: a creation whose
// answer was lost must be visible to whoever comes next, who waits until it can no longer take effect and looks.
func (s *Stage) makeService(ctx context.Context, look *Look, observedAt time.Time, wanted message.Service) error {
	if err := look.Renamed(wanted.Name); err != nil {
		return queue.Dead(err)
	}
	token := s.Token()
	claimed, takenOver := false, false
	services, err := s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		claimed, takenOver = false, false
		if known.Intent != nil && known.Intent.ObservedAt.After(observedAt) {
			// A newer run's rules are in force since this message was begun. The look may have passed over a service that
			// they do not name, although it stands.
			return nil
		}
		at := known.Index(wanted.Name)
		if at < 0 {
			known.Apply(append(known.Rules(), ledger.Rule{Name: wanted.Name}))
			at = known.Index(wanted.Name)
		}
		service := &known.List[at]
		if service.ID != "" {
			return nil
		}
		if service.Making != nil && service.Making.Token != token && s.underWay(service.Making) {
			return errBeingMade
		}
		takenOver = service.Making != nil && service.Making.Token != token
		making := &ledger.Making{Token: token, Since: s.Now().UTC()}
		if earlier := service.Making; earlier != nil {
			making.Stood, making.Answered = earlier.Stood, earlier.Answered
		}
		service.Making = making
		claimed = true
		return nil
	})
	if errors.Is(err, errBeingMade) {
		return queue.RetryAfter(fmt.Errorf("make service %q: %w; it is looked for again when that can no longer take effect", wanted.Name, err), s.MakingLives)
	}
	if err != nil || !claimed {
		return err
	}
	service, _ := services.ByName(wanted.Name)
	standing, err := s.createOrFind(ctx, look, services, service, wanted, observedAt, takenOver)
	if err != nil {
		return fmt.Errorf("make service %q: %w", wanted.Name, err)
	}
	s.Log.InfoContext(ctx, "service made at Synthesize; map it there", "service", wanted.Name)
	if s.Stats != nil {
		s.Stats.Services++
	}
	look.Services, err = s.Ledger.UpdateServices(ctx, func(known *ledger.Services) error {
		known.Link(standing, ledger.Services{})
		if at := known.Index(wanted.Name); at < 0 || known.List[at].ID == "" {
			return queue.RetryAfter(fmt.Errorf("make service %q: Synthesize answered without it", wanted.Name), s.MakingLives)
		}
		return nil
	})
	return err
}

// Renamed is the error for a name at Synthesize that belongs to a service which the ledger knows under another name: somebody
// renamed it there, and the rules followed without saying so. Nil if there is none.
func (l *Look) Renamed(name string) error {
	for _, standing := range l.Vendor.Services {
		for _, service := range l.Services.List {
			if service.ID == standing.ID && service.Name != name && strings.EqualFold(standing.Name, name) {
				return fmt.Errorf("make service %q: it stands at Synthesize already, as the one that the rules called %q; say formerly: %q in its rule", name, service.Name, service.Name)
			}
		}
	}
	return nil
}

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

// createOrFind asks for the service, and lists again when the answer is not a clear yes: it may stand all the same. After
// another worker's claim was taken over it lists first: that worker may have made it since this one looked.
func (s *Stage) createOrFind(ctx context.Context, look *Look, known ledger.Services, service ledger.Service, wanted message.Service, observedAt time.Time, takenOver bool) ([]ledger.Standing, error) {
	if contains(look.Vendor.Services, wanted.Name) { // in a list that was read since, after another service's failure
		return standings(look.Vendor.Services), nil
	}
	if takenOver {
		vendor, err := s.Synthesize.Vendor(ctx)
		if err != nil {
			return nil, err
		}
		look.Vendor.Services = vendor.Services
		if contains(vendor.Services, wanted.Name) {
			return standings(vendor.Services), nil
		}
		if standing, err := s.underAnotherName(ctx, vendor.Services, known, service); standing != nil || err != nil {
			return standing, err
		}
	}
	c := &claim{since: service.Making.Since, renew: func(ctx context.Context, since time.Time) error {
		return s.renewService(ctx, service, observedAt, since)
	}}
	made, err := s.Synthesize.CreateService(ctx, synthesize.NewService{
		Name: wanted.Name, Description: wanted.Description, Category: wanted.Category, Subcategory: wanted.Subcategory,
	}, func(ctx context.Context) error { return s.hold(ctx, c) })
	answered := err == nil
	if answered && !contains(made, wanted.Name) {
		err = errors.New("the answer does not list it")
		service = s.answered(ctx, service, look)
	}
	if err != nil {
		if stopped(err) || refused(err) && !exists(err) {
			s.unclaim(ctx, service)
			return nil, final(err)
		}
		vendor, listErr := s.Synthesize.Vendor(ctx)
		if listErr != nil {
			s.report(ctx, service)
			return nil, errors.Join(err, listErr)
		}
		if !contains(vendor.Services, wanted.Name) {
			// The claim stays: the creation may still take effect.
			s.report(ctx, service)
			look.Vendor.Services = vendor.Services
			if answered {
				return s.underAnotherName(ctx, vendor.Services, known, service)
			}
			return nil, queue.RetryAfter(err, s.MakingLives)
		}
		made = vendor.Services
	}
	look.Vendor.Services = made
	return standings(made), nil
}

func standings(services []synthesize.Service) []ledger.Standing {
	standing := make([]ledger.Standing, len(services))
	for i, service := range services {
		standing[i] = ledger.Standing{ID: service.ID, Name: service.Name}
	}
	return standing
}

// sameName compares names of services as the ledger does.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func contains(services []synthesize.Service, name string) bool {
	for _, s := range services {
		if sameName(s.Name, name) {
			return true
		}
	}
	return false
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
