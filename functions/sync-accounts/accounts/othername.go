package accounts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/queue"
	"github.com/synthsync/synthsync/shared/synthesize"
)

// underAnotherName looks for a service that Synthesize said to have made among those that have appeared since it was asked for,
// under whatever name: should Synthesize keep another one than it was given, it would look missing for ever, and be made anew
// with every run. Nothing is found (nil) where no answer came: then nothing tells it from somebody else's.
//
// It is taken for the one that has appeared only if there is no other, and no other of ours that this one may be. Everything
// else is for a person to say.
func (s *Stage) underAnotherName(ctx context.Context, listed []synthesize.Service, known ledger.Services, service ledger.Service) ([]ledger.Standing, error) {
	if !service.Making.Answered {
		return nil, nil
	}
	var appeared []synthesize.Service
	for _, at := range listed {
		if !slices.Contains(service.Making.Stood, at.ID) && !explained(known, at) {
			appeared = append(appeared, at)
		}
	}
	switch {
	case len(appeared) == 1 && anotherOpen(known, service):
		// That one may be found yet, and leave this one to be the service.
		return nil, queue.RetryAfter(whichIsIt(appeared, service), s.MakingLives)
	case len(appeared) == 1:
		s.Log.WarnContext(ctx, "Synthesize calls a service otherwise than it was asked to; it is known by its id from now on", "service", service.Name, "there", appeared[0].Name)
		standing := standings(listed)
		for i := range standing {
			if standing[i].ID == appeared[0].ID {
				standing[i].Name = service.Name
			}
		}
		return standing, nil
	case len(appeared) > 0:
		return nil, queue.Dead(whichIsIt(appeared, service))
	}
	// It may be listed in a while.
	return nil, queue.RetryAfter(fmt.Errorf("Synthesize said that it made it, and does not list it; nothing is made a second time: look for it there, and call the rule as it is called, with formerly: %q", service.Name), s.MakingLives)
}

func whichIsIt(appeared []synthesize.Service, service ledger.Service) error {
	names := make([]string, len(appeared))
	for i, at := range appeared {
		names[i] = fmt.Sprintf("%q", at.Name)
	}
	return fmt.Errorf("Synthesize said that it made it, and lists %s since; if one of these is it, call the rule so, with formerly: %q; nothing is made until then", strings.Join(names, ", "), service.Name)
}

// anotherOpen tells whether another service of ours has been asked for and was not found yet.
func anotherOpen(known ledger.Services, but ledger.Service) bool {
	return slices.ContainsFunc(known.List, func(s ledger.Service) bool {
		return s.Key != but.Key && s.ID == "" && s.Making != nil
	})
}

// explained tells whether a service at Synthesize is another one of ours: by its id, or by a name that the rules give or gave.
func explained(known ledger.Services, at synthesize.Service) bool {
	return slices.ContainsFunc(known.List, func(s ledger.Service) bool {
		return s.ID == at.ID || slices.ContainsFunc(append([]string{s.Name}, s.Formerly...), func(name string) bool {
			return sameName(name, at.Name)
		})
	})
}

func ids(services []synthesize.Service) []string {
	out := make([]string, len(services))
	for i, at := range services {
		out[i] = at.ID
	}
	return out
}
