package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/synthsync/synthsync/cmd/synthsync/letters"
	"github.com/synthsync/synthsync/functions/fetch-configurations/fetch"
	"github.com/synthsync/synthsync/shared/ledger"
	"github.com/synthsync/synthsync/shared/message"
	"github.com/synthsync/synthsync/shared/queue"
)

// Replayed is what became of letters that were worked again.
type Replayed struct {
	Delivered int             `json:"delivered"` // letters that came to an end
	Left      int             `json:"left"`      // letters that are still undelivered
	Usage     ledger.Outcomes `json:"usage"`     // of their counts
	Reason    string          `json:"reason,omitempty"`
}

// Replay works letters again, without reading Autotask. The ledger decides what is still told. What cannot be delivered
// stays a letter, with its newest reason. The error is an *UndeliveredError also where only mappings were lost, as a run's is.
func (m *Machine) Replay(ctx context.Context, chosen []ledger.Letter) (Replayed, error) {
	s, err := m.open(false)
	if err != nil {
		return Replayed{}, &fetch.SettingsError{Err: err}
	}
	if err := s.book.Check(ctx); err != nil {
		return Replayed{}, err
	}
	hand, err := s.book.Hand(ctx)
	if err != nil {
		return Replayed{}, err
	}
	if silent := hand.Silent(m.Mode); silent != "" {
		return Replayed{}, &fetch.SettingsError{Err: fmt.Errorf("nobody may be told now: %s; the next run that tells tells what the letters were to tell", silent)}
	}
	if len(chosen) > 0 {
		if err := s.ownTenant(ctx); err != nil {
			return Replayed{Left: len(chosen), Reason: err.Error()}, err
		}
	}
	// A person replays when he has mended what was wrong: a refusal noted for the run does not hold for this.
	s.Keys.Version = "replay " + rand.Text()
	byID := map[string]map[string]ledger.Letter{}
	result := fetch.Result{}
	for name, q := range map[string]*queue.Local{string(letters.Accounts): s.accounts, string(letters.Usage): s.usage} {
		if byID[name], err = fill(ctx, q, name, chosen); err != nil {
			return Replayed{}, err
		}
	}
	for _, l := range byID[string(letters.Usage)] {
		if u, err := message.DecodeUsage(l.Body); err == nil {
			result.Due += len(u.Counts)
		}
	}
	s.makeAccounts(ctx)
	s.tell(ctx, &result)
	return s.settleLetters(ctx, byID, result)
}

// ownTenant makes sure that the settings lead to the ledger's own tenant: what letters say is nothing to tell another.
func (s *session) ownTenant(ctx context.Context) error {
	o, err := s.synthesize.Organization(ctx)
	if err != nil {
		return err
	}
	return foreign(s.book.BindSynthesize(ctx, ledger.SynthesizeTenant{OrganizationID: o.OrganizationID, VendorID: o.VendorID, Name: o.Name}))
}

// foreign makes a fault of the settings of another tenant than the ledger's.
func foreign(err error) error {
	var other *ledger.TenantError
	if errors.As(err, &other) {
		return &fetch.SettingsError{Err: err}
	}
	return err
}

// fill puts a queue's letters on it, and tells them by the ids that they have there.
func fill(ctx context.Context, q *queue.Local, name string, chosen []ledger.Letter) (map[string]ledger.Letter, error) {
	byID := map[string]ledger.Letter{}
	var messages []queue.Message
	for _, l := range chosen {
		if l.Queue == name {
			messages = append(messages, queue.Message{Group: l.Group, DeduplicationID: l.ID, Body: l.Body})
			byID[strconv.Itoa(len(messages))] = l // a local queue numbers what it is sent
		}
	}
	if err := q.Send(ctx, messages); err != nil {
		return nil, fmt.Errorf("replay %d letters of the %s queue: %w", len(messages), name, err)
	}
	return byID, nil
}

func (s *session) settleLetters(ctx context.Context, byID map[string]map[string]ledger.Letter, result fetch.Result) (Replayed, error) {
	ctx = context.WithoutCancel(ctx) // what was delivered is no letter any more, also when the command is being ended
	out := Replayed{Usage: result.Usage}
	var reasons []error
	for name, q := range map[string]*queue.Local{string(letters.Accounts): s.accounts, string(letters.Usage): s.usage} {
		for _, left := range append(q.Left(), q.Dead()...) {
			l, ok := byID[name][left.ID]
			if !ok {
				continue
			}
			delete(byID[name], left.ID)
			l.Reason, l.DiedAt, l.Receives = left.Reason, s.Now().UTC(), l.Receives+left.Receives
			if err := s.book.KeepLetter(ctx, l); err != nil {
				return out, err
			}
			out.Left++
			reasons = append(reasons, fmt.Errorf("company %s: %s", l.Group, l.Reason))
		}
		for _, l := range byID[name] {
			if err := s.book.DropLetter(ctx, l.ID); err != nil {
				return out, err
			}
			out.Delivered++
		}
	}
	if out.Usage.Lost > 0 {
		reasons = append(reasons, LostMappings(out.Usage.Lost))
	}
	if len(reasons) > 0 {
		out.Reason = summarize(reasons)
		return out, &UndeliveredError{Reason: out.Reason, Messages: out.Left, Lost: out.Usage.Lost, Stopped: s.synthesize.Stopped()}
	}
	return out, nil
}

// keepLetters keeps what a run left undelivered, and forgets the letters of earlier runs that a newer one has overtaken.
func (s *session) keepLetters(ctx context.Context, result *fetch.Result) error {
	ctx = context.WithoutCancel(ctx)
	kept := map[string]bool{}
	for name, q := range map[string]*queue.Local{string(letters.Accounts): s.accounts, string(letters.Usage): s.usage} {
		for _, left := range append(q.Left(), q.Dead()...) {
			l := ledger.Letter{
				ID:    fmt.Sprintf("%s-%d-%s", name, result.ObservedAt.UnixMilli(), left.Group),
				Queue: name, Group: left.Group, Body: left.Body, SentAt: left.SentAt.UTC(), DiedAt: s.Now().UTC(), Receives: left.Receives, Reason: left.Reason,
			}
			if err := s.book.KeepLetter(ctx, l); err != nil {
				return err
			}
			kept[l.ID] = true
		}
	}
	all, err := s.book.Letters(ctx)
	if err != nil || len(all) == len(kept) {
		return err
	}
	judge, err := letters.NewJudge(ctx, s.book)
	if err != nil {
		return err
	}
	for _, l := range all {
		switch judge.Of(letters.Kept(l)).Outcome {
		case letters.Superseded, letters.Unchanged:
			if !kept[l.ID] {
				if err := s.book.DropLetter(ctx, l.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
