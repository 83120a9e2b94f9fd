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
	for _, asks := range []func(context.Context) error{s.ownAutotask, s.ownTenant} { // both: one that refuses proves nothing
		err := asks(ctx)
		var other *ledger.TenantError
		if err != nil && !errors.As(err, &other) {
			return false, err
		}
		moved = moved || err != nil
	}
	return moved, nil
}

// ownAutotask is ownTenant for Autotask.
func (s *session) ownAutotask(ctx context.Context) error {
	login, err := s.autotask.Login(ctx)
	if err != nil {
		return err
	}
	own, err := s.autotask.OwnCompany(ctx)
	if err != nil {
		return fmt.Errorf("read company 0: %w", err)
	}
	_, err = s.book.BindAutotask(ctx, ledger.AutotaskTenant{Database: login.Zone.Database, Name: own.Name})
	return foreign(err)
}
