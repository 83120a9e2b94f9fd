package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
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
	s.Log.InfoContext(ctx, "service stands at Synthesize; map it there", "service", wanted.Name)
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

// final marks the vendor's own no to a request: asked again it would be answered the same. A connection that was refused
// for its certificate has no answer of the vendor, and heals.
func final(err error) error {
	var e *vendorapi.Error
	if refused(err) && errors.As(err, &e) && e.Status >= 400 && e.Status < 500 {
		return queue.Dead(err)
	}
	return err
}
