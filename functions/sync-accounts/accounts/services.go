package accounts

import (
	"context"
	"errors"
	"maps"
	"slices"

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
	ofRun := *s
	ofRun.Log = log
	unmade, err := ofRun.makeServices(ctx, look, m.ObservedAt, missing)
	if err != nil {
		return err
	}
	if look.Organization.Status == synthesize.Inactive {
		// One that stays inactive is asked again with the message; the counts need not wait for it.
		if err := s.Synthesize.SetPending(ctx); stopped(err) {
			return errors.Join(unmade, err)
		} else if err != nil {
			unmade = errors.Join(unmade, err)
		} else {
			log.InfoContext(ctx, "the integration was inactive and is pending now: map accounts and services in Synthesize")
		}
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
