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

// underAnotherName looks for a service that was asked for among those that have appeared since, under whatever name: should
// Synthesize keep another one than it was given, it would look missing for ever, and be made anew with every run. Nothing is
// found (nil) where nothing has appeared and Synthesize has not said that it made one.
//
// Only one that Synthesize said to have made is taken for it, and only if there is no other. Everything else is for a person
// to say.
func (s *Stage) underAnotherName(ctx context.Context, listed []synthesize.Service, known ledger.Services, service ledger.Service) ([]ledger.Standing, error) {
	var appeared []synthesize.Service
	for _, at := range listed {
		stood := slices.Contains(service.Making.Stood, at.ID) || slices.Contains(service.Making.Stood, at.Name) // ids are new when an integration is made anew
		if !stood && !explained(known, at) {
			appeared = append(appeared, at)
		}
	}
	switch {
	case len(appeared) == 1 && service.Making.Answered:
		s.Log.WarnContext(ctx, "Synthesize calls a service otherwise than it was asked to; it is known by its id from now on", "service", service.Name, "there", appeared[0].Name)
		standing := standings(listed)
		for i := range standing {
			if standing[i].ID == appeared[0].ID {
				standing[i].Name = service.Name
			}
		}
		return standing, nil
	case len(appeared) > 0:
		names := make([]string, len(appeared))
		for i, at := range appeared {
			names[i] = fmt.Sprintf("%q", at.Name)
		}
		return nil, queue.Dead(fmt.Errorf("it was asked for before, and since then %s appeared at Synthesize; if one of these is it, call the rule so, with formerly: %q; nothing is made until then", strings.Join(names, ", "), service.Name))
	case service.Making.Answered:
		// It may be listed in a while.
		return nil, queue.RetryAfter(fmt.Errorf("Synthesize said that it made it, and does not list it; nothing is made a second time: look for it there, and call the rule as it is called, with formerly: %q", service.Name), s.MakingLives)
	}
	return nil, nil
}

// explained tells whether a service at Synthesize is another one of ours: by its id, or by a name that the rules give or gave.
func explained(known ledger.Services, at synthesize.Service) bool {
	return slices.ContainsFunc(known.List, func(s ledger.Service) bool {
		return s.ID == at.ID || slices.ContainsFunc(append([]string{s.Name}, s.Formerly...), func(name string) bool {
			return strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(at.Name))
		})
	})
}

// namesAndIDs are what services can be recognised by.
func namesAndIDs(services []synthesize.Service) []string {
	out := make([]string, 0, 2*len(services))
	for _, at := range services {
		out = append(out, at.ID, at.Name)
	}
	return out
}
