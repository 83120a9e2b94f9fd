package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
)

// Moved tells whether the settings lead to another tenant than the ledger's, at either vendor. It logs in to both and writes
// nothing anywhere. An error says that it could not be asked: secrets that are refused prove no move.
func (m *Machine) Moved(ctx context.Context) (moved bool, err error) {
	s, err := m.open(true)
	if err != nil {
		return false, &fetch.SettingsError{Err: err}
	}
	if err := s.book.Check(ctx); err != nil {
		return false, err
	}
	seen, err := s.tenant(ctx)
	if err != nil {
		return false, err
	}
	_, autotask := s.book.BindAutotask(ctx, seen.Autotask)
	synthesize := s.book.BindSynthesize(ctx, seen.Synthesize)
	for _, err := range []error{autotask, synthesize} {
		var other *ledger.TenantError
		if err != nil && !errors.As(err, &other) {
			return false, err
		}
		moved = moved || err != nil
	}
	return moved, nil
}

// tenant asks both vendors whose the logins are.
func (s *session) tenant(ctx context.Context) (seen ledger.Tenant, err error) {
	login, err := s.autotask.Login(ctx)
	if err != nil {
		return seen, err
	}
	own, err := s.autotask.OwnCompany(ctx)
	if err != nil {
		return seen, fmt.Errorf("read company 0: %w", err)
	}
	organization, err := s.synthesize.Organization(ctx)
	if err != nil {
		return seen, err
	}
	seen.Autotask = ledger.AutotaskTenant{Database: login.Zone.Database, Name: own.Name}
	seen.Synthesize = ledger.SynthesizeTenant{OrganizationID: organization.OrganizationID, VendorID: organization.VendorID, Name: organization.Name}
	return seen, nil
}
